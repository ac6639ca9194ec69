"""The backlog: the last bytes of the replication stream, for replicas that were away briefly."""

from __future__ import annotations

from collections import deque

from sim.redis.replication.messages import Unit

__all__ = ["Backlog"]


class Backlog:
    """The last `limit` bytes of stream, from offset `first` on, `length` bytes long.

    A new backlog is empty and starts at the next byte to come (spec: redis-node §4).
    """

    __slots__ = ("_units", "first", "length", "limit")

    def __init__(self, limit: int, offset: int) -> None:
        self.limit = limit
        self.first = offset + 1
        self.length = 0
        self._units: deque[Unit] = deque()

    def append(self, unit: Unit) -> None:
        """Keep `unit`, which follows the last one, and drop what no longer fits."""
        units = self._units
        units.append(unit)
        self.length += unit.size
        if self.length > self.limit:
            self.first += self.length - self.limit
            self.length = self.limit
            while units and units[0].end - units[0].size + 1 < self.first:
                units.popleft()

    def resize(self, limit: int) -> None:
        """Change the limit; as in a real server that starts the backlog afresh."""
        self.limit = limit
        self.first += self.length
        self.length = 0
        self._units.clear()

    def covers(self, offset: int) -> bool:
        """Is every byte from `offset` on still here? The next byte to come counts."""
        return self.first <= offset <= self.first + self.length

    def since(self, offset: int) -> tuple[Unit, ...]:
        """The units from byte `offset` on; the backlog must cover it."""
        missing: list[Unit] = []
        for unit in reversed(self._units):
            if unit.end < offset:
                break
            missing.append(unit)
        missing.reverse()
        return tuple(missing)
