"""Supervisors: what starts a dead process again, as systemd or an orchestrator does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

from sim.kernel.kernel import Ticket
from sim.network.latency import Latency
from sim.process import Process

__all__ = ["Supervisor"]


class Supervisor:
    """Starts `process` again some time after each of its deaths.

    `delay` is the time from a death to the start (µs). A process that has been started `limit`
    times within `window_us` before its death stays dead (None: never; systemd's default is 5 in
    10 s). With `failures_only` a process that ended in order (a stop, exit status 0) stays dead,
    too. While its host has no power nothing happens; when it is back it is a boot, which takes
    `delay` as well, and everything is forgotten, a surrender too. `start` is called to start it, if
    more is to be done than ``process.start()``.

    It supervises from its making until `leave`. One that is down at the making has died then.
    """

    def __init__(
        self,
        process: Process,
        delay: Latency,
        random: Random,
        *,
        limit: int | None = None,
        window_us: int = 10_000_000,
        failures_only: bool = False,
        start: Callable[[], object] | None = None,
    ) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"expected a limit of one start or more, found {limit}")
        self.process = process
        self.starts = 0
        """How often it has started the process."""
        self.has_given_up = False
        self._delay = delay
        self._random = random
        self._limit = limit
        self._window_us = window_us
        self._failures_only = failures_only
        self._start = start if start is not None else process.start
        self._recent: deque[int] = deque()
        self._ticket: Ticket | None = None
        process.watchers.append(self)
        if process.state == "down" and process.host.powered:
            self._schedule()

    @property
    def is_waiting(self) -> bool:
        """Whether the process is dead and about to be started."""
        return self._ticket is not None

    def leave(self) -> None:
        """Supervise no more; a start that was to come does not."""
        self._cancel()
        if self in self.process.watchers:
            self.process.watchers.remove(self)

    # What the process tells.

    def died(self, process: Process, change: str, status: int) -> None:
        """The process is down: start it later, unless this is too often."""
        in_order = change == "stopped" or (change == "exited" and status == 0)
        if not process.host.powered or (in_order and self._failures_only):
            return
        now = process.kernel.now
        while self._recent and self._recent[0] < now - self._window_us:
            self._recent.popleft()
        if self._limit is not None and len(self._recent) >= self._limit:
            self.has_given_up = True
        else:
            self._schedule()

    def power_returned(self, process: Process) -> None:
        """The machine boots."""
        self._recent.clear()
        self.has_given_up = False
        self._schedule()

    def _schedule(self) -> None:
        self._cancel()
        kernel = self.process.kernel
        wait_us = self._delay.draw(self._random)
        self._ticket = kernel.call_at(kernel.now + wait_us, self._begin)

    def _begin(self, _: None) -> None:
        self._ticket = None
        if self.process.state == "down" and self.process.host.powered:
            self._recent.append(self.process.kernel.now)
            self.starts += 1
            self._start()

    def _cancel(self) -> None:
        if self._ticket is not None:
            self.process.kernel.cancel(self._ticket)
            self._ticket = None
