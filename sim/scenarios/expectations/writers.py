"""Who writes, and for how long a success of theirs shows that writing works."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge import ClientOperation, find_clients

__all__ = ["WRITE_GRACE_US", "Writer", "find_writers"]

WRITE_GRACE_US = 2_000_000
"""How long a success counts, at least."""

_TRIES = 3
"""It counts for as long as so many attempts usually take, if that is longer."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A client that tried to write; `attempts` are its writes in order of their end."""

    name: str
    attempts: tuple[ClientOperation, ...]

    @property
    def grace_us(self) -> int:
        """For how long after a success writing is taken to work."""
        first = min(attempt.started_us for attempt in self.attempts)
        last = max(attempt.started_us for attempt in self.attempts)
        usual_us = (last - first) // max(len(self.attempts) - 1, 1)
        return max(WRITE_GRACE_US, _TRIES * usual_us)

    def fresh_us(self) -> list[tuple[int, int]]:
        """The (start, end) intervals in which a success is recent enough; they may overlap."""
        grace_us = self.grace_us
        return [
            (attempt.ended_us, attempt.ended_us + grace_us)
            for attempt in self.attempts
            if attempt.outcome == "ok"
        ]

    def fresh_until_us(self) -> int:
        """Until when the last success counts; -1 without any."""
        return max((end for _, end in self.fresh_us()), default=-1)


def find_writers(trace: Trace) -> tuple[Writer, ...]:
    """Every client that tried to write, in the order in which they started."""
    writers = []
    for client in find_clients(trace):
        attempts = tuple(each for each in client.operations if each.write)
        if attempts:
            writers.append(Writer(client.name, attempts))
    return tuple(writers)
