"""The client that keeps to every guideline. A rule's id stands where it is kept (spec: clients §1).

Each guideline is a method, so that the wrong clients in `sim.clients.mistakes` are this one with
one method replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import ClassVar

from minisentinel.replies import Error, Reply
from sim.clients.answers import addresses_in, field_lists
from sim.clients.application import Application
from sim.clients.connection import Connection, ConnectionLost
from sim.clients.errors import (
    MasterUnknown,
    NoMaster,
    NoReplica,
    NoServer,
    SentinelsUnreachable,
)
from sim.clients.workload import Request, Server, Workload
from sim.network.network import Network
from sim.network.topology import Host
from sim.trace.recorder import Recorder

__all__ = ["Address", "TextbookClient", "introduce"]

Address = tuple[str, int]

SENTINEL_TIMEOUT_S = 0.3
CONNECT_TIMEOUT_S = 0.5
UNUSABLE = ("s_down", "o_down", "disconnected")
ROLES: Mapping[Server, str] = {"master": "master", "replica": "slave"}
"""What ROLE calls them."""


class TextbookClient(Application):
    """Asks the Sentinels, verifies what they say, and believes no connection that gave trouble.

    It is told the addresses of Sentinels and a name, never that of a master [CLT-1-1]. What it does
    not do is retry: a write that was not answered may have been done [CLT-1-14]. To Sentinels it
    says ``AUTH`` with `sentinel_auth` (a password, or a user and a password), to servers with
    `server_auth`, if there is any. `first_master` is for kinds that know better.
    """

    kind: ClassVar[str] = "textbook"

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        loop: asyncio.AbstractEventLoop,
        sentinels: Sequence[Address],
        master_name: str,
        random: Random,
        workload: Workload | None = None,
        first_master: Address = ("", 0),
        sentinel_auth: Sequence[str] = (),
        server_auth: Sequence[str] = (),
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(
            name, host, network, loop=loop, random=random, workload=workload, recorder=recorder
        )
        self.sentinels = list(sentinels)
        self.master_name = master_name
        self.first_master = first_master
        self.sentinel_auth = tuple(sentinel_auth)
        self.server_auth = tuple(server_auth)
        self.pool: dict[tuple[int, Server], Connection] = {}

    # What it does all day

    async def main(self) -> None:
        """Keep every connection of the pool busy."""
        self.pool.clear()
        for number in range(1, self.workload.connections):
            self.spawn(lambda number=number: self.work(number))  # type: ignore[misc]
        await self.work(0)

    async def work(self, number: int) -> None:
        """Rest, perform what is to be done, and so on for ever, over connection `number`."""
        went_wrong = False
        while True:
            await asyncio.sleep(self.requests.rest_s(after_error=went_wrong))
            batch = self.begin_batch()
            await self.perform(batch, number)
            went_wrong = any(request.outcome != "ok" for request in batch)

    async def perform(self, batch: Sequence[Request], number: int) -> None:
        """Send `batch` to whom it concerns, and see what comes of it."""
        try:
            connection = await self.connection(number, self.server_for(batch))
        except NoServer as problem:
            self.leave(batch, str(problem))
            return
        try:
            async with asyncio.timeout(self.patience(self.workload.answer_timeout_s)):
                error = await self.ask(connection, batch)
        except (ConnectionLost, TimeoutError) as problem:
            self.leave(batch, str(problem) or "timed out")
            self.give_up(connection)
        else:
            if error is not None:
                self.give_up(connection)

    # Connections

    async def connection(self, number: int, server: Server) -> Connection:
        """Connection `number` of the pool to the master, or to a replica; raises `NoServer`.

        Whatever ended the last one, the search begins anew: an address is never remembered.
        [CLT-1-11] [CLT-1-12]
        """
        connection = self.pool.get((number, server))
        if connection is None or connection.lost:
            connection = await self.search(server)
            if server == "master":
                self.leave_others_than(connection.address)
            self.pool[number, server] = connection
        return connection

    def give_up(self, connection: Connection) -> None:
        """Never trust a connection that timed out or that answered an error such as -READONLY.

        [CLT-1-11] [CLT-1-13]
        """
        connection.close()

    def leave_others_than(self, master: Address) -> None:
        """The master is at `master` now: close whatever of the pool leads to another. [CLT-1-17]

        It may be given by name or by address.
        """
        for (_, server), connection in self.pool.items():
            if server == "master" and master not in (connection.address, connection.asked):
                connection.close()

    def patience(self, seconds: float) -> float | None:
        """How long to wait for an answer that should come within `seconds`. [CLT-1-2]"""
        return seconds

    # Finding a server

    async def search(self, server: Server) -> Connection:
        """A connection to the master, or to a replica, its role verified; raises `NoServer`.

        What a Sentinel says may be a name, which is looked up now. [CLT-1-20]
        """
        host, port = await self.locate(server)
        error = NoMaster if server == "master" else NoReplica
        try:
            connection = await self.open(host, port, self.patience(CONNECT_TIMEOUT_S))
        except ConnectionLost as problem:
            raise error(f"{host}:{port}: {problem}") from None
        try:
            async with asyncio.timeout(self.patience(CONNECT_TIMEOUT_S)):
                await introduce(connection, self.server_auth)
                await self.verify(connection, server)
        except (ConnectionLost, TimeoutError) as problem:
            connection.close()
            raise error(f"{host}:{port}: {str(problem) or 'timed out'}") from None
        return connection

    async def verify(self, connection: Connection, server: Server) -> None:
        """Ask the server itself what it is; raises `ConnectionLost` if it is something else.

        [CLT-1-9] [CLT-1-10]
        """
        role = await connection.call("ROLE")
        if not (isinstance(role, tuple) and role and role[0] == ROLES[server]):
            raise ConnectionLost(f"no {server}")

    async def locate(self, server: Server) -> Address:
        """What the first Sentinel says that has an answer; raises `NoServer`.

        [CLT-1-2] [CLT-1-4] [CLT-1-7] [CLT-1-8]
        """
        answered = False
        for sentinel in self.sentinels_to_ask():
            try:
                async with asyncio.timeout(self.patience(SENTINEL_TIMEOUT_S)):
                    address = await self.ask_sentinel(sentinel, server)
            except (ConnectionLost, TimeoutError):
                continue
            answered = True
            if address is not None:
                self.sentinels.remove(sentinel)
                self.sentinels.insert(0, sentinel)  # [CLT-1-3]
                return address
        if not answered:
            raise SentinelsUnreachable("no Sentinel can be reached")
        if server == "replica":
            raise NoReplica("no Sentinel knows a replica to be used")
        raise MasterUnknown(f"no Sentinel knows {self.master_name!r}")

    def sentinels_to_ask(self) -> Sequence[Address]:
        """All of them, one after the other. [CLT-1-2]"""
        return tuple(self.sentinels)

    async def ask_sentinel(self, sentinel: Address, server: Server) -> Address | None:
        """What one Sentinel says; None if it knows nobody. [CLT-1-5] [CLT-1-6] [CLT-1-15]"""
        connection = await self.open(*sentinel, self.patience(SENTINEL_TIMEOUT_S))
        try:
            await introduce(connection, self.sentinel_auth)
            if server == "replica":
                replicas = usable(await connection.call("SENTINEL", "replicas", self.master_name))
                return self.random.choice(replicas) if replicas else None
            reply = await connection.call("SENTINEL", "get-master-addr-by-name", self.master_name)
        finally:
            connection.close()
        match reply:
            case (str(host), str(port)):
                return host, int(port)
        return None


async def introduce(connection: Connection, credentials: Sequence[str]) -> None:
    """Say who one is, if there is anything to say; raises `ConnectionLost` when refused.

    [CLT-1-21]
    """
    if credentials:
        reply = await connection.call("AUTH", *credentials)
        if isinstance(reply, Error):
            raise ConnectionLost(reply.text)


def usable(replicas: Reply) -> list[Address]:
    """The addresses in a reply to ``SENTINEL replicas`` of those that are up. [CLT-1-16]"""
    return addresses_in(
        [
            each
            for each in field_lists(replicas)
            if not any(flag in UNUSABLE for flag in each.get("flags", "").split(","))
            if each.get("master-link-status") != "err"
        ]
    )
