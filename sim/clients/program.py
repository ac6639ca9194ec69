"""A coroutine that stands still while the process that runs it is frozen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from sim.process import Process

__all__ = ["Program"]


class Program(Coroutine[Any, Any, None]):
    """Runs the coroutine function `main` step by step, but no step while `process` is paused.

    The loop knows nothing of processes: timers go off and replies count as read while a process is
    frozen. The step that follows is held back until `resume`; of several, a cancellation (a timeout
    that has passed) wins, as it does for any task that has yet to run.
    """

    def __init__(self, process: Process, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._process = process
        self._main = main
        # Called with the first step: a world may be thrown away before it.
        self._started: Coroutine[Any, Any, None] | None = None
        self._held: Callable[[], Any] | None = None
        self._holds_error = False
        self._resumed: asyncio.Future[None] | None = None

    @property
    def cr_frame(self) -> object:
        """The frame of the coroutine, for whoever asks what a task waits for."""
        return getattr(self._started, "cr_frame", None)

    def resume(self) -> None:
        """The process goes on: so does the coroutine, if a step was held back."""
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)

    def send(self, value: Any) -> Any:
        """The next step; called by the task."""
        return self._step(lambda: self._coroutine.send(value), is_error=False)

    def throw(self, *error: Any) -> Any:
        """The next step is an exception; called by the task."""
        return self._step(lambda: self._coroutine.throw(*error), is_error=True)

    def close(self) -> None:
        """End the coroutine."""
        if self._started is not None:
            self._started.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._coroutine.__await__()

    @property
    def _coroutine(self) -> Coroutine[Any, Any, None]:
        if self._started is None:
            self._started = self._main()
        return self._started

    def _step(self, step: Callable[[], Any], *, is_error: bool) -> Any:
        if self._held is None or (is_error and not self._holds_error):
            self._held, self._holds_error = step, is_error
        if self._process.state == "paused":
            self._resumed = asyncio.get_running_loop().create_future()
            # What `await` does; the task waits for the future that a step yields.
            self._resumed._asyncio_future_blocking = True
            return self._resumed
        held, self._held, self._holds_error = self._held, None, False
        return held()
