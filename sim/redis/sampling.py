"""Samples of the replication offset for the trace: cheap, and only when something changed."""

from __future__ import annotations

from sim.redis.environment import Environment, Timer
from sim.redis.replication.history import History
from sim.trace import ReplicationOffset

__all__ = ["OffsetSampler"]


class OffsetSampler:
    """Records the offset at most every `period_us`, beginning with that of the start.

    There is no timer while nothing changes: a change within the period of the last sample asks
    for one call at its end.
    """

    __slots__ = ("_environment", "_history", "_last_offset", "_next_us", "_period_us", "_timer")

    def __init__(self, environment: Environment, history: History, period_us: int) -> None:
        self._environment = environment
        self._history = history
        self._period_us = period_us
        self._last_offset: int | None = None
        self._next_us = 0
        self._timer: Timer | None = None

    def changed(self) -> None:
        """The offset may have changed."""
        if self._timer is not None:
            return
        now_us = self._environment.now_us()
        if now_us >= self._next_us:
            self._sample(None)
        elif self._history.offset != self._last_offset:
            self._timer = self._environment.after(self._next_us - now_us, self._sample)

    def _sample(self, _: object) -> None:
        self._timer = None
        offset = self._history.offset
        if offset != self._last_offset:
            self._last_offset = offset
            self._next_us = self._environment.now_us() + self._period_us
            self._environment.record(ReplicationOffset(offset=offset))
