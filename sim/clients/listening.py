"""A client that also does what the guidelines call optional (spec: clients §1, rules 16 and 17)."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from minisentinel.replies import Reply
from sim.clients.answers import addresses_in, field_lists
from sim.clients.connection import Connection, ConnectionLost
from sim.clients.errors import NoServer
from sim.clients.textbook import SENTINEL_TIMEOUT_S, Address, TextbookClient, introduce

__all__ = ["ListeningClient"]

CHANNEL = "+switch-master"
SILENCE_S = 5.0
"""After so long without a message the Sentinel is asked whether it is still there."""

RETRY_S = 1.0


class ListeningClient(TextbookClient):
    """The textbook client that also listens to ``+switch-master``, and learns of more Sentinels.

    What it hears only makes it look again: messages may be missed. It gains most where the old
    master still works and no connection breaks: after a manual failover the textbook client goes
    on writing to it until it is demoted, ten seconds later, and this one does not.
    """

    kind: ClassVar[str] = "listening"

    async def main(self) -> None:
        """Work and listen."""
        self.spawn(self.keep_listening)
        await super().main()

    async def keep_listening(self) -> None:
        """Listen to one Sentinel after the other, for as long as it lives."""
        while True:
            for sentinel in tuple(self.sentinels):
                try:
                    await self.listen_to(sentinel)
                except (ConnectionLost, TimeoutError):
                    continue
            await asyncio.sleep(RETRY_S)

    async def listen_to(self, sentinel: Address) -> None:
        """Act on the messages of one Sentinel until its connection ends. [CLT-1-19]"""
        connection = await self.open(*sentinel, self.patience(SENTINEL_TIMEOUT_S))
        try:
            async with asyncio.timeout(self.patience(SENTINEL_TIMEOUT_S)):
                await introduce(connection, self.sentinel_auth)
                known = await connection.call("SENTINEL", "sentinels", self.master_name)
                await connection.call("SUBSCRIBE", CHANNEL)
            self.learn(known)
            await self.look_again()  # A message may have been missed meanwhile.
            while True:
                match await self.next_message(connection):
                    case (_, _, str(payload)):
                        await self.heard(payload)
        finally:
            connection.close()

    async def next_message(self, connection: Connection) -> Reply:
        """The next message, after however many times the Sentinel said that it is still there."""
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    return await connection.message()
            except TimeoutError:
                async with asyncio.timeout(self.patience(SENTINEL_TIMEOUT_S)):
                    await connection.call("PING")

    async def heard(self, payload: str) -> None:
        """``name old-ip old-port new-ip new-port``: whatever it says, it only triggers a look."""
        match payload.split(" "):
            case (self.master_name, _, _, _, _):
                await self.look_again()

    async def look_again(self) -> None:
        """Ask where the master is, and leave every connection that leads elsewhere."""
        try:
            self.leave_others_than(await self.locate("master"))
        except NoServer:
            return

    def learn(self, sentinels: Reply) -> None:
        """Append the Sentinels that were unknown so far, from ``SENTINEL sentinels``. [CLT-1-18]"""
        for address in addresses_in(field_lists(sentinels)):
            if address not in self.sentinels:
                self.sentinels.append(address)
