"""The history that a server's data is a prefix of: ids, offset and backlog.

Every stretch of replication stream has an id (*replid*) that a master invents. An offset counts
its bytes. After a promotion the old id remains valid up to where the histories part
(``replid2`` and ``second_offset``), so that replicas of the old master can continue with the new
one (spec: redis-node §4).
"""

from __future__ import annotations

from random import Random

from minisentinel.replies import Command
from sim.redis.replication.backlog import Backlog
from sim.redis.replication.messages import Unit, unit_size

__all__ = ["NO_ID", "History", "random_id"]

NO_ID = "0" * 40


def random_id(random: Random) -> str:
    """Forty random hexadecimal characters, as run ids and replication ids have."""
    return f"{random.getrandbits(160):040x}"


class History:
    """One server's replication ids, offset and backlog."""

    __slots__ = ("_random", "backlog", "offset", "replid", "replid2", "second_offset")

    def __init__(self, random: Random) -> None:
        self._random = random
        self.replid = random_id(random)
        self.replid2 = NO_ID
        self.second_offset = -1
        self.offset = 0
        self.backlog: Backlog | None = None

    def extend(self, commands: tuple[Command, ...]) -> Unit:
        """Append new commands as a master does; returns the unit to send."""
        size = unit_size(commands)
        unit = Unit(commands, size, self.offset + size)
        self.append(unit)
        return unit

    def append(self, unit: Unit) -> None:
        """Append a unit that begins where this history ends."""
        self.offset += unit.size
        if self.backlog is not None:
            self.backlog.append(unit)

    def create_backlog(self, limit: int) -> None:
        """Start to keep the stream from the next byte on."""
        self.backlog = Backlog(limit, self.offset)

    def start_new(self) -> None:
        """A new id that is nobody's continuation."""
        self.replid = random_id(self._random)
        self.forget_second()

    def forget_second(self) -> None:
        """No earlier id is valid any more."""
        self.replid2 = NO_ID
        self.second_offset = -1

    def shift(self) -> None:
        """A new id which continues the old one: what a promotion does."""
        self.continue_as(random_id(self._random))

    def continue_as(self, replid: str) -> None:
        """Follow `replid`, the old id staying valid up to here."""
        self.replid2 = self.replid
        self.second_offset = self.offset + 1
        self.replid = replid

    def replace(self, replid: str, offset: int) -> None:
        """Become a copy of another history: after a full resynchronisation."""
        self.replid = replid
        self.offset = offset
        self.forget_second()

    def can_continue(self, replid: str, offset: int) -> bool:
        """May a replica that wants byte `offset` of `replid` get a partial resynchronisation?

        Spec: redis-node §4.2.
        """
        known = replid == self.replid or (replid == self.replid2 and offset <= self.second_offset)
        return known and self.backlog is not None and self.backlog.covers(offset)
