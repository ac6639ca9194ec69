"""Connections that coroutines can await, over the simulated network."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine
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

    def __init__(
        self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop, asked: tuple[str, int]
    ) -> None:
        self._endpoint = endpoint
        self._loop = loop
        self.asked = asked
        """Host, perhaps by name, and port, as they were asked for."""
        self.target = "{}:{}".format(*endpoint.remote)
        """Host and port of the server as a text."""
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._messages: deque[Reply] = deque()
        self._listener: asyncio.Future[None] | None = None
        self.opened: asyncio.Future[None] = loop.create_future()
        self.lost = ""
        """Why the connection is over, empty while it is not."""

    @property
    def address(self) -> tuple[str, int]:
        """Address and port of the server."""
        return self._endpoint.remote

    def send(self, *words: str) -> asyncio.Future[Reply]:
        """Send a command; the future is its reply. Raises `ConnectionLost`, as the future may.

        An error reply is a reply. When the connection is lost after the command was sent, nobody
        knows whether it was carried out.
        """
        if self.lost:
            raise ConnectionLost(self.lost)
        answer: asyncio.Future[Reply] = self._loop.create_future()
        self._waiting.append(answer)
        self._endpoint.send(words, command_size(words))
        return answer

    async def call(self, *words: str) -> Reply:
        """Send a command and await its reply, see `send`."""
        return await self.send(*words)

    async def message(self) -> Reply:
        """The next Pub/Sub message: its kind, channel and payload. Raises `ConnectionLost`.

        For one coroutine at a time.
        """
        while not self._messages:
            if self.lost:
                raise ConnectionLost(self.lost)
            self._listener = self._loop.create_future()
            await self._listener
        return self._messages.popleft()

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
        self._wake_listener()

    def answered(self, reply: Reply) -> None:
        """A message, or the reply to the oldest unanswered command, arrived."""
        if isinstance(reply, tuple) and reply and reply[0] in ("message", "pmessage"):
            self._messages.append(reply)
            self._wake_listener()
        elif self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(reply)

    def _wake_listener(self) -> None:
        if self._listener is not None and not self._listener.done():
            self._listener.set_result(None)


def _fail(future: asyncio.Future[Any], why: str) -> None:
    if not future.done():
        future.set_exception(ConnectionLost(why))
        future.exception()  # Seen: nobody may be waiting for it any more.


def _raise(problem: BaseException) -> NoReturn:
    raise problem


class ClientProcess(Process):
    """A process whose program is the coroutine `main`, a task on the virtual event loop.

    `main` may `spawn` others, which live and die with the process.
    """

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
        self._tasks: dict[asyncio.Task[None], Program] = {}

    @abstractmethod
    async def main(self) -> None:
        """What the application does; cancelled when the process is killed.

        An exception that leaves it ends the run, and is raised to whoever runs the world.
        """

    def on_start(self) -> None:
        """Begin the program."""
        self.spawn(self.main)

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a further coroutine of this program beside those that run."""
        program = Program(self, main)
        task: asyncio.Task[None] = self.loop.create_task(program, name=self.name)
        # A world that is thrown away leaves its applications in the middle of something: no news.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        task.add_done_callback(self._ended)
        self._tasks[task] = program

    def _ended(self, task: asyncio.Task[None]) -> None:
        """An error that the program did not handle ends the run."""
        self._tasks.pop(task, None)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            self.kernel.call_soon(_raise, problem)

    def on_stop(self) -> None:
        """End in order: the program is cancelled."""
        self._end_tasks()

    def resume(self) -> None:
        """Go on after `pause`, the program where it was frozen."""
        super().resume()
        for program in self._tasks.values():
            program.resume()

    def kill(self) -> None:
        """Die at once, as by SIGKILL."""
        super().kill()
        self._end_tasks()

    def power_lost(self) -> None:
        """Die with the host."""
        super().power_lost()
        self._end_tasks()

    def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, {}
        for task in tasks:
            task.cancel()

    async def open(self, host: str, port: int, timeout_s: float | None) -> Connection:
        """Connect within `timeout_s` seconds (None: whenever); raises `ConnectionLost`."""
        endpoint = self.connect(host, port)
        connection = endpoint.context = Connection(endpoint, self.loop, (host, port))
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
