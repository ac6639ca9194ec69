"""The clocks of this machine, asked here and nowhere else in the server."""

from __future__ import annotations

import time

__all__ = ["TraceClock", "monotonic_us", "wall_clock_ms", "wall_clock_us"]


def wall_clock_ms() -> int:
    """Unix time in whole milliseconds, the only time that the protocol knows."""
    return time.time_ns() // 1_000_000  # noqa: TID251 - a live Sentinel lives by its host's clock


def wall_clock_us() -> int:
    """Unix time in whole microseconds."""
    return time.time_ns() // 1_000  # noqa: TID251 - as above


def monotonic_us() -> int:
    """Microseconds since some moment; never goes back, whatever is done to the wall clock."""
    return time.monotonic_ns() // 1_000  # noqa: TID251 - measures how long the process works


class TraceClock:
    """Microseconds since `started_at_ms` (Unix milliseconds), for the entries of a trace.

    It starts by the wall clock and goes on by the monotonic one, so that a step of the wall clock
    does not put the entries out of order.
    """

    def __init__(self, started_at_ms: int) -> None:
        self._offset_us = wall_clock_us() - started_at_ms * 1000 - monotonic_us()

    def now_us(self) -> int:
        """The time of the run."""
        return max(monotonic_us() + self._offset_us, 0)
