"""An application that writes without a pause, and keeps to every guideline for clients.

Each write has a key of its own, so that a lost one can be told from an overwritten one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from minisentinel.replies import Error
from sim.clients.connection import ClientProcess, Connection, ConnectionLost
from sim.clients.discovery import Discovery, MasterUnknown, NoMaster, SentinelsUnreachable
from sim.network.network import Network
from sim.network.topology import Host
from sim.trace.recorder import Recorder
from sim.trace.records import NodeStarted, Operation

__all__ = ["WriterClient"]


class WriterClient(ClientProcess):
    """Writes a new key about every `interval_s` seconds (±50 %), one at a time.

    A write that is not answered within `timeout_s` counts as unknown, and the connection is given
    up; after any trouble the master is looked up anew (spec: clients §1, rules 9 to 12).
    """

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        loop: asyncio.AbstractEventLoop,
        sentinels: Sequence[tuple[str, int]],
        master_name: str,
        random: Random,
        interval_s: float = 0.1,
        timeout_s: float = 1.0,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(name, host, network, loop=loop, recorder=recorder)
        self.interval_s = interval_s
        self.timeout_s = timeout_s
        self._discovery = Discovery(self, sentinels, master_name)
        self._random = random
        self._connection: Connection | None = None
        self._writes = 0

    def on_start(self) -> None:
        """Begin to write."""
        if self.recorder is not None:
            started = NodeStarted(type="client", host=self.host.address, port=0, runid="")
            self.recorder.record(self.name, started)
        super().on_start()

    async def main(self) -> None:
        """Write, record what came of it, rest, for ever."""
        self._connection = None
        while True:
            await asyncio.sleep(self.interval_s * (0.5 + self._random.random()))
            await self._write()

    async def _write(self) -> None:
        started_us = self.kernel.now
        number = self._writes = self._writes + 1
        key, value = f"{self.name}:{number}", str(number)
        target, outcome, error = "", "ok", ""
        try:
            if self._connection is None or self._connection.lost:
                self._connection = await self._discovery.connect()
            target = "{}:{}".format(*self._connection.address)
            try:
                async with asyncio.timeout(self.timeout_s):
                    reply = await self._connection.call("SET", key, value)
            except (ConnectionLost, TimeoutError) as problem:
                outcome, error = "unknown", str(problem) or "timed out"
                self._give_up()
            else:
                if isinstance(reply, Error):
                    outcome, error = "failed", reply.text.partition(" ")[0]
                    self._give_up()
        except (SentinelsUnreachable, MasterUnknown, NoMaster) as problem:
            outcome, error = "failed", str(problem)
        self._record_operation(started_us, f"{key}={value}", target, outcome, error)

    def _give_up(self) -> None:
        """Never trust a connection again that has shown trouble."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _record_operation(
        self, started_us: int, write: str, target: str, outcome: str, error: str
    ) -> None:
        if self.recorder is None:
            return
        self.recorder.record(
            self.name,
            Operation(
                name="SET",
                write=write,
                target=target,
                started_us=started_us,
                outcome=outcome,
                error=error,
            ),
        )
