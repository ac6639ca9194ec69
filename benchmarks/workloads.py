"""The work that all contestants do: its sizes, periods and delays, the same for everyone.

Times are integer microseconds. A contestant whose clock is in seconds divides by a million outside
of its inner loop where it can.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from typing import Final

__all__ = ["WORKLOADS", "PingPong", "Timers", "Workload"]

_SEED: Final = 20_240_229


@dataclass(frozen=True, kw_only=True)
class Timers:
    """`count` timers, each with its own period, until about `events` firings have happened.

    The workload *sleepers* is the same, with a coroutine that sleeps in place of each timer.
    """

    events: int
    count: int = 1_000

    @cached_property
    def periods(self) -> list[int]:
        """The period of each timer (µs), between a millisecond and a second."""
        draw = random.Random(_SEED)
        return [draw.randrange(1_000, 1_000_000) for _ in range(self.count)]

    @cached_property
    def end(self) -> int:
        """The virtual time (µs) at which `events` firings have happened, nearly."""
        # A timer is on average half a period short of its next firing when the time is over.
        return int((self.events + self.count / 2) / sum(1 / period for period in self.periods))


@dataclass(frozen=True, kw_only=True)
class PingPong:
    """Each node sends a request to another one, gets its answer, and sends the next request.

    About `events` messages are delivered, each after a random delay.
    """

    events: int
    nodes: int = 50

    @cached_property
    def _drawn_delays(self) -> list[int]:
        draw = random.Random(_SEED)
        return [draw.randrange(100, 2_000) for _ in range(10_007)]

    @cached_property
    def _drawn_partners(self) -> list[int]:
        draw = random.Random(_SEED + 1)
        return [draw.randrange(self.nodes) for _ in range(5_003)]

    def delays(self) -> Iterator[int]:
        """The delays of the messages (µs); drawn in advance, so that drawing is not measured."""
        return cycle(self._drawn_delays)

    def delays_seconds(self) -> Iterator[float]:
        """The same in seconds."""
        return cycle([delay / 1_000_000 for delay in self._drawn_delays])

    def partners(self) -> Iterator[int]:
        """To whom the requests go."""
        return cycle(self._drawn_partners)

    @cached_property
    def end(self) -> int:
        """The virtual time (µs) at which `events` messages have been delivered, nearly."""
        mean = sum(self._drawn_delays) / len(self._drawn_delays)
        return int(self.events * mean / self.nodes)


Workload = Timers | PingPong

WORKLOADS: Final[dict[str, Workload]] = {
    "timers": Timers(events=1_000_000),
    "ping_pong": PingPong(events=300_000),
    "sleepers": Timers(events=500_000),
}
"""By the name of the function that does it in a contestant's module."""
