"""What every kind of client shares and no guideline is about: its work, and writing down its fate.

Every request that was begun is written down once, with the outcome ok, failed (definitely not
done) or unknown; also those that a kill, or the end of the run, cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from random import Random
from typing import ClassVar

from minisentinel.replies import Error, Reply
from sim.clients.answers import error_code
from sim.clients.connection import ClientProcess, Connection
from sim.clients.workload import Request, Requests, Server, Workload
from sim.network.network import Network
from sim.network.topology import Host
from sim.trace.recorder import Recorder
from sim.trace.records import ClientStarted, NodeStarted, Operation, ValueRead

__all__ = ["Application"]

SAYS_NOTHING = ClientStarted()


class Application(ClientProcess):
    """A client process with a workload; subclasses say in `main` how it is done.

    `kind` is the name under which scenario files and tables know a class.
    """

    kind: ClassVar[str] = ""

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        loop: asyncio.AbstractEventLoop,
        random: Random,
        workload: Workload | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(name, host, network, loop=loop, recorder=recorder)
        self.workload = workload or Workload()
        self.random = random
        self.requests = Requests(name, self.workload, random)
        self._begun: dict[Request, None] = {}

    def on_start(self) -> None:
        """Say who this is, and begin the program."""
        if self.recorder is not None:
            host = self.host.address
            self.recorder.record(self.name, NodeStarted(type="client", host=host, port=0, runid=""))
            said = ClientStarted(
                client=self.kind,
                rate=float(self.workload.rate),
                period_us=round(self.workload.pipeline / self.workload.rate * 1_000_000),
                wait_replicas=self.workload.wait_replicas,
            )
            if said != SAYS_NOTHING:
                self.recorder.record(self.name, said)
        super().on_start()

    def kill(self) -> None:
        """Die at once; what was on its way has an unknown outcome."""
        super().kill()
        self.cut_off("killed")

    def power_lost(self) -> None:
        """Die with the host; what was on its way has an unknown outcome."""
        super().power_lost()
        self.cut_off("killed")

    def on_stop(self) -> None:
        """End in order; what was on its way has an unknown outcome."""
        super().on_stop()
        self.cut_off("stopped")

    def cut_off(self, why: str) -> None:
        """Nobody will learn any more what came of the requests that were begun: write that down."""
        self.leave(list(self._begun), why)

    def begin_batch(self) -> tuple[Request, ...]:
        """The next requests, which begin now."""
        batch = self.requests.next_batch(self.kernel.now)
        self._begun.update(dict.fromkeys(batch))
        return batch

    def server_for(self, batch: Sequence[Request]) -> Server:
        """Whom to send this batch to."""
        reads = batch[0].value is None
        return "replica" if reads and self.workload.read_from == "replica" else "master"

    async def ask(self, connection: Connection, batch: Sequence[Request]) -> Error | None:
        """Send `batch` and write down the replies as they come; returns the last error among them.

        With WAIT a write counts when enough replicas have it. If they have not, or WAIT is refused,
        it may be lost or not: nobody knows. Raises `ConnectionLost`.
        """
        answers = []
        for request in batch:
            answers.append(connection.send(*request.command))
            request.target = connection.target
        waiting = self._wait(connection) if batch[0].value is not None else None
        error = None
        for request, answer in zip(batch, answers, strict=True):
            reply = await answer
            if isinstance(reply, Error):
                error = reply
            if waiting is None or isinstance(reply, Error):
                self.end_with(request, reply)
        if waiting is not None:
            reached = await waiting
            if isinstance(reached, Error):
                error = reached
            for request in batch:
                self.end(request, *waited(reached, self.workload.wait_replicas))
        return error

    def _wait(self, connection: Connection) -> asyncio.Future[Reply] | None:
        workload = self.workload
        if not workload.wait_replicas:
            return None
        return connection.send("WAIT", str(workload.wait_replicas), str(workload.wait_milliseconds))

    def leave(self, batch: Iterable[Request], why: str) -> None:
        """No answer will come: write down that the outcome is unknown, or that nothing was sent."""
        for request in batch:
            self.end(request, "unknown" if request.target else "failed", why)  # [CLT-1-14]

    def end(self, request: Request, outcome: str, error: str = "") -> None:
        """Write down what came of a request, unless that has been done."""
        if request.outcome:
            return
        request.outcome = outcome
        self._begun.pop(request, None)
        if self.recorder is not None:
            self.recorder.record(
                self.name,
                Operation(
                    name=request.name,
                    write=request.write,
                    target=request.target,
                    started_us=request.started_us,
                    outcome=outcome,
                    error=error,
                ),
            )

    def end_with(self, request: Request, reply: Reply) -> None:
        """Write down the reply to a request: an error means that it was definitely not done."""
        if isinstance(reply, Error):
            self.end(request, "failed", error_code(reply))
            return
        if request.value is None and self.recorder is not None:
            self.recorder.record(
                self.name,
                ValueRead(
                    key=request.key,
                    value=reply if isinstance(reply, str) else None,
                    target=request.target,
                    started_us=request.started_us,
                ),
            )
        self.end(request, "ok")


def waited(reached: Reply, needed: int) -> tuple[str, str]:
    """Outcome and error of a write, given what WAIT answered."""
    if isinstance(reached, Error):
        return "unknown", f"WAIT: {error_code(reached)}"
    if isinstance(reached, int) and reached >= needed:
        return "ok", ""
    return "unknown", f"{reached} of {needed} replicas have it"
