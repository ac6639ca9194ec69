"""What became of the numbers of one run, taken apart as the published run can be taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.jepsen.client import Attempt
from sim.jepsen.published import LAST_LOST, WRITES_BEFORE_CUT

__all__ = ["MINORITY", "SWITCH", "TO_LAST", "Outcome"]

SWITCH = "new master named by sentinel"
TO_LAST = "lost, had the old master stopped at the last published one"
"""The name of a figure: what is lost without what the old master took after the heal."""

MINORITY = 2
"""So many nodes, and their clients, stay on the side of the old master: the first ones."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of the experiment.

    `attempts` are those of each client, in order; `survivors` what the set held at the end.
    `cut_us` and `heal_us` are kernel times; `switched_us` is when each Sentinel first named another
    master than the first one, None if it never did; `final_master` is the server that was read.
    """

    variant: str
    seed: int
    attempts: tuple[tuple[Attempt, ...], ...]
    survivors: frozenset[int]
    cut_us: int
    heal_us: int
    switched_us: tuple[int | None, ...]
    final_master: str

    def lost_of(self, clients: Sequence[int]) -> list[int]:
        """The numbers that these clients (counted from 0) were told are done, and that are gone."""
        return [
            each.number
            for client in clients
            for each in self.attempts[client]
            if each.is_acknowledged and each.number not in self.survivors
        ]

    @property
    def lost(self) -> list[int]:
        """All acknowledged and lost numbers, in order."""
        return sorted(self.lost_of(range(len(self.attempts))))

    @property
    def found(self) -> list[int]:
        """The numbers that were not acknowledged and are there all the same."""
        return [
            each.number
            for each in self._all
            if not each.is_acknowledged and each.number in self.survivors
        ]

    @property
    def errors(self) -> Mapping[str, int]:
        """How many attempts ended with each kind of error."""
        return Counter(each.error for each in self._all if each.error)

    @property
    def _all(self) -> list[Attempt]:
        return [each for attempts in self.attempts for each in attempts]

    def seconds_to_switch(self, since_us: int) -> tuple[float | None, ...]:
        """Seconds from a moment until each Sentinel named another master; None if it never did."""
        return tuple(
            None if when is None else (when - since_us) / 1_000_000 for when in self.switched_us
        )

    @property
    def figures(self) -> dict[str, float]:
        """Everything that can be counted, by name; clients are counted from 1."""
        acknowledged = sum(each.is_acknowledged for each in self._all)
        minority = range(MINORITY)
        majority = range(MINORITY, len(self.attempts))
        lost, lost_here = self.lost, self.lost_of(minority)
        before = {each.number for all_of in self.attempts for each in all_of[:WRITES_BEFORE_CUT]}
        figures: dict[str, float] = {
            "attempted": len(self._all),
            "acknowledged": acknowledged,
            "surviving": len(self.survivors),
            "lost": len(lost),
            "loss rate": len(lost) / acknowledged if acknowledged else 0.0,
            TO_LAST: len(self.lost_of(majority)) + sum(each <= LAST_LOST for each in lost_here),
            "found": len(self.found),
            "not acknowledged": len(self._all) - acknowledged,
            "lost by clients 1 and 2": len(lost_here),
            "of these after the last published one": sum(each > LAST_LOST for each in lost_here),
            "lost by clients 3 to 5": len(self.lost_of(majority)),
            "surviving from before the cut": len(before & self.survivors),
            "surviving of clients 1 and 2, after the cut": self._kept(minority, before),
            "surviving of clients 3 to 5, after their switch": self._kept(majority, before),
        }
        for client in range(len(self.attempts)):
            figures[f"lost by client {client + 1}"] = len(self.lost_of([client]))
        for error, count in sorted(self.errors.items()):
            figures[f"error {error}"] = count
        for moment, since_us in (("cut", self.cut_us), ("heal", self.heal_us)):
            for number, seconds in enumerate(self.seconds_to_switch(since_us), start=1):
                if seconds is not None and (moment == "cut" or number <= MINORITY):
                    figures[f"{SWITCH} {number}, s from the {moment}"] = seconds
        return figures

    def _kept(self, clients: Sequence[int], before: set[int]) -> int:
        return sum(
            each.number in self.survivors and each.number not in before
            for client in clients
            for each in self.attempts[client]
        )
