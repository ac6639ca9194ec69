"""The one place where seconds, as asyncio and people give them, become integer microseconds."""

from __future__ import annotations

from typing import Final

__all__ = ["SECOND", "microseconds", "seconds"]

SECOND: Final = 1_000_000
"""Microseconds in a second."""


def seconds(time_us: int) -> float:
    """The float that is nearest to `time_us` microseconds; exact to read for 250 years."""
    return time_us / SECOND


def microseconds(time_seconds: float) -> int:
    """The first whole microsecond at which a clock that shows seconds has reached the time.

    Times are thus rounded up, and nothing fires early by the very clock that its owner reads. Float
    noise does not count: 0.0011 is 1100 µs, although the float is a trifle more than that.

    Raises OverflowError for an infinity and ValueError for a NaN.
    """
    whole = int(time_seconds * SECOND)
    return whole + 1 if whole / SECOND < time_seconds else whole
