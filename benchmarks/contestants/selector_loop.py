"""The usual hand-written loop: asyncio's selector loop, whose selector moves a virtual clock."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

from benchmarks.contestants import asyncio_programs
from benchmarks.workloads import PingPong, Timers


class _ClockSelector(selectors.SelectSelector):
    """Where a real selector would wait, time passes."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout:
            self.now += timeout
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _ClockSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def timers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return _Loop().run_until_complete(asyncio_programs.timers(work))


def ping_pong(work: PingPong) -> int:
    """See `asyncio_programs`."""
    return _Loop().run_until_complete(asyncio_programs.ping_pong(work))


def sleepers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return _Loop().run_until_complete(asyncio_programs.sleepers(work))
