"""Connections that coroutines can await, over the simulated network."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from typing import Any, NoReturn

from minisentinel.replies import Reply
from minisentinel.wire import command_size
from sim.clients.program import Program
from sim.network.endpoint import CloseReason, Endpoint, FailReason
from sim.network.network import Network
from sim.network.topology import Host
from sim.process import Process
from sim.trace.recorder import Recorder

__all__ = ["ClientProcess", "Connection", "ConnectionLost"]


class ConnectionLost(ConnectionError):
    """The connection was refused, closed, reset or timed out; the text says which."""


class Connection:
    """A connection to a server: commands go out in order, and replies come back in order."""

    def __init__(self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self._endpoint = endpoint
        self._loop = loop
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.lost = ""
        """Why the connection is over, empty while it is not."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the server, as it was asked for."""
        return self._endpoint.remote

    async def call(self, *words: str) -> Reply:
        """Send a command and await its reply; raises `ConnectionLost`.

        An error reply is returned, not raised. When the connection is lost after the command was
        sent, nobody knows whether it was carried out.
        """
        if self.lost:
            raise ConnectionLost(self.lost)
        answer: asyncio.Future[Reply] = self._loop.create_future()
        self._waiting.append(answer)
        self._endpoint.send(words, command_size(words))
        return await answer

    def close(self) -> None:
        """Close in order; calls that still wait fail."""
        self._endpoint.close()
        self.end("closed by the client")

    def end(self, why: str) -> None:
        """The connection is over: tell everybody who waits."""
        if self.lost:
            return
        self.lost = why
        _fail(self.opened, why)
        for waiting in self._waiting:
            _fail(waiting, why)
        self._waiting.clear()

    def answered(self, reply: Reply) -> None:
        """The reply to the oldest unanswered command arrived."""
        if self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(reply)


def _fail(future: asyncio.Future[Any], why: str) -> None:
    if not future.done():
        future.set_exception(ConnectionLost(why))
        future.exception()  # Seen: nobody may be waiting for it any more.


def _raise(problem: BaseException) -> NoReturn:
    raise problem


class ClientProcess(Process):
    """A process whose program is the coroutine `main`, a task on the virtual event loop."""

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        loop: asyncio.AbstractEventLoop,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(name, host, network, recorder=recorder)
        self.loop = loop
        self._task: asyncio.Task[None] | None = None
        self._program: Program | None = None

    @abstractmethod
    async def main(self) -> None:
        """What the application does; cancelled when the process is killed.

        An exception that leaves it ends the run, and is raised to whoever runs the world.
        """

    def on_start(self) -> None:
        """Begin the program."""
        self._program = Program(self, self.main)
        self._task = self.loop.create_task(self._program, name=self.name)
        # A world that is thrown away leaves its applications in the middle of something: no news.
        self._task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """An error that the program did not handle ends the run."""
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            self.kernel.call_soon(_raise, problem)

    def on_stop(self) -> None:
        """End in order: the program is cancelled."""
        self._end_task()

    def resume(self) -> None:
        """Go on after `pause`, the program where it was frozen."""
        super().resume()
        if self._program is not None:
            self._program.resume()

    def kill(self) -> None:
        """Die at once, as by SIGKILL."""
        super().kill()
        self._end_task()

    def power_lost(self) -> None:
        """Die with the host."""
        super().power_lost()
        self._end_task()

    def _end_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def open(self, host: str, port: int, timeout_s: float) -> Connection:
        """Connect within `timeout_s` seconds; raises `ConnectionLost`."""
        endpoint = self.connect(host, port)
        connection = endpoint.context = Connection(endpoint, self.loop)
        try:
            async with asyncio.timeout(timeout_s):
                await connection.opened
        except BaseException as problem:
            # Also when it is the caller's own timeout that has passed: nobody else will close it.
            connection.close()
            if isinstance(problem, TimeoutError):
                raise ConnectionLost("timed out") from None
            raise
        return connection

    def on_open(self, endpoint: Endpoint) -> None:
        """Wake the coroutine that waits in `open`."""
        opened: asyncio.Future[None] = endpoint.context.opened
        if not opened.done():
            opened.set_result(None)

    def on_failed(self, endpoint: Endpoint, reason: FailReason) -> None:
        """The connection was not made."""
        endpoint.context.end(reason)

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        """A reply arrived."""
        endpoint.context.answered(message)

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        """The server, or the network, ended the connection."""
        endpoint.context.end(reason)
