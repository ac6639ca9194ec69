"""The clients of the experiment: they believe their own node's Sentinel, and nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from minisentinel.replies import Error, Reply
from sim.clients.answers import error_code
from sim.clients.connection import ClientProcess, Connection, ConnectionLost
from sim.network.network import Network
from sim.network.topology import Host
from sim.trace.records import NodeStarted, Operation

__all__ = ["KEY", "Attempt", "Reader", "SetClient"]

KEY = "test"
PAUSE_S = 0.1
PAUSE_AFTER_ERROR_S = 1.0
SETUP_S = 1.0
PATIENCE_S = 5.0
WAIT_MS = 1000

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One number that was tried: when (kernel time in µs), on which server, and what came of it.

    `error` is empty if it was acknowledged, else the kind of error.
    """

    number: int
    started_us: int
    ended_us: int
    target: str
    error: str

    @property
    def is_acknowledged(self) -> bool:
        """Whether the client was told that it is done."""
        return not self.error


class Asking(ClientProcess):
    """Whoever asks one Sentinel where the master is; connections stay open for the next time."""

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        loop: asyncio.AbstractEventLoop,
        sentinel: Address,
        master_name: str,
    ) -> None:
        super().__init__(name, host, network, loop=loop)
        self.sentinel = sentinel
        self.master_name = master_name
        self._pool: dict[Address, Connection] = {}

    def on_start(self) -> None:
        """Say who this is, and begin."""
        if self.recorder is not None:
            host = self.host.address
            self.recorder.record(self.name, NodeStarted(type="client", host=host, port=0, runid=""))
        super().on_start()

    async def connection(self, address: Address) -> Connection:
        """A connection to a server, the one from before if it still stands."""
        connection = self._pool.get(address)
        if connection is None or connection.lost:
            connection = self._pool[address] = await self.open(*address, PATIENCE_S)
        return connection

    async def locate(self) -> Address | Error:
        """Where the Sentinel says that the master is, or what it says instead."""
        sentinel = await self.connection(self.sentinel)
        reply = await sentinel.call("SENTINEL", "get-master-addr-by-name", self.master_name)
        match reply:
            case (str(host), str(port)):
                return host, int(port)
            case Error():
                return reply
        return Error("UNKNOWN no such master")


class SetClient(Asking):
    """Adds `first`, `first` + 5, … to a set, one number after the other, each one once.

    Whatever goes wrong, the number is given up. With `wait_replicas` a write is acknowledged when
    so many replicas have it within a second.
    """

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        loop: asyncio.AbstractEventLoop,
        sentinel: Address,
        master_name: str,
        numbers: range,
        wait_replicas: int = 0,
    ) -> None:
        super().__init__(name, host, network, loop=loop, sentinel=sentinel, master_name=master_name)
        self.numbers = numbers
        self.wait_replicas = wait_replicas
        self.attempts: list[Attempt] = []
        self.is_done = False

    async def main(self) -> None:
        """Delete the set, as all do, and then write."""
        await self._empty()
        await asyncio.sleep(SETUP_S)
        for number in self.numbers:
            acknowledged = await self._attempt(number)
            await asyncio.sleep(PAUSE_S if acknowledged else PAUSE_AFTER_ERROR_S)
        self.is_done = True

    async def _empty(self) -> None:
        address = await self.locate()
        assert not isinstance(address, Error)
        await (await self.connection(address)).call("DEL", KEY)

    async def _attempt(self, number: int) -> bool:
        """Add one number; whether that was acknowledged."""
        started_us, target, outcome, error = self.kernel.now, "", "failed", ""
        try:
            async with asyncio.timeout(PATIENCE_S):
                address = await self.locate()
                if isinstance(address, Error):
                    error = error_code(address)
                else:
                    master = await self.connection(address)
                    target, outcome = master.target, "unknown"
                    outcome, error = await self._add(master, number)
        except (ConnectionLost, TimeoutError) as problem:
            error = str(problem) or "timed out"
        self.attempts.append(Attempt(number, started_us, self.kernel.now, target, error))
        if self.recorder is not None:
            self.recorder.record(
                self.name,
                Operation(
                    name="sadd",
                    write=f"sadd {KEY} {number}",
                    target=target,
                    started_us=started_us,
                    outcome=outcome,
                    error=error,
                ),
            )
        return outcome == "ok"

    async def _add(self, master: Connection, number: int) -> tuple[str, str]:
        """Outcome and error of an SADD, and of the WAIT after it."""
        reply = await master.call("SADD", KEY, str(number))
        if isinstance(reply, Error):
            return "failed", error_code(reply)
        if not self.wait_replicas:
            return "ok", ""
        reached = await master.call("WAIT", str(self.wait_replicas), str(WAIT_MS))
        if isinstance(reached, Error):
            return "unknown", f"WAIT: {error_code(reached)}"
        if not isinstance(reached, int) or reached < self.wait_replicas:
            return "unknown", "WAIT: too few"
        return "ok", ""


class Reader(Asking):
    """Reads the whole set once; `members` is None as long as that has not been done."""

    members: frozenset[int] | None = None

    async def main(self) -> None:
        """Ask until there is an answer."""
        while self.members is None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    address = await self.locate()
                    if not isinstance(address, Error):
                        reply = await (await self.connection(address)).call("SMEMBERS", KEY)
                        self.members = _numbers(reply)
            except (ConnectionLost, TimeoutError):
                pass
            await asyncio.sleep(PAUSE_AFTER_ERROR_S)


def _numbers(reply: Reply) -> frozenset[int] | None:
    """The numbers in a reply to SMEMBERS; None if it is something else."""
    if isinstance(reply, Error) or not isinstance(reply, tuple):
        return None
    return frozenset(int(str(member)) for member in reply)
