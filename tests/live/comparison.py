"""What runs of real Sentinels and of ours are judged by: the order of events, and their times.

Runs come in pairs: those of the same number had their fault at the same place within a second of
the clock (`tests.live.compare` says why that matters). So a time is compared within pairs: what
counts is the median of the differences. The medians of either side are shown too; those of a
measure that repeats every second waver by much more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from statistics import fmean, median

from tools.compare_reference import sequences
from tools.compare_reference.orders import Order, count_orders, held_orders, varied_orders
from tools.compare_reference.recordings import Moment, Run, read_all

__all__ = [
    "DOWN_AFTER_MS",
    "MEASURES",
    "TOLERANCE_MS",
    "Compared",
    "broken_orders",
    "measure",
    "median_interval",
    "note",
    "noted",
    "recorded_variations",
]

DOWN_AFTER_MS = 1500
TOLERANCE_MS = 50.0
CHANCE = 0.05
"""How often the interval around a median may miss the true one."""

PARTS = 5
"""Into so many parts the second is divided, to show how the times depend on the phase."""

Times = dict[str, float]
"""By the name of a measure what a run took, in milliseconds."""

PROMOTED = "+promoted-slave slave P"
FIRST_DOWN = "fault -> first +sdown, less down-after"
PROMOTION = "leader: +elected-leader -> +promoted-slave"
AFTER_TURN = "turn of the second -> +promoted-slave"
FOLLOWER_SWITCH = "+promoted-slave -> followers' +switch-master"
LAST_SWITCH = "fault -> last +switch-master, less down-after"
LEADER_STEPS = {
    "leader: +sdown -> +odown": ("+sdown master", "+odown master"),
    "leader: +odown -> +elected-leader": ("+odown master", "+elected-leader master"),
    PROMOTION: ("+elected-leader master", PROMOTED),
    "leader: +promoted-slave -> +switch-master": (PROMOTED, "+switch-master"),
}
MEASURES = (FIRST_DOWN, *LEADER_STEPS, AFTER_TURN, FOLLOWER_SWITCH, LAST_SWITCH)


def note(name: str, value: float) -> Moment:
    """A number to keep with a run, such as its ``phase``."""
    return Moment(0, "harness", "note", name, f"{value:.3f}")


def noted(run: Run, name: str) -> float:
    """A number that was kept with a run; raises KeyError if none was."""
    for each in run.moments:
        if each.sort == "note" and each.event == name:
            return float(each.payload)
    raise KeyError(name)


def elections(run: Run) -> int:
    """How many attempts were made; more than one after a split vote."""
    return sum(each.event == "+try-failover" and each.time_ms >= 0 for each in run.moments)


def measure(run: Run, down_after_ms: int = DOWN_AFTER_MS) -> Times:
    """What each step of a run took, in milliseconds.

    Only the first of `MEASURES` if there was more than one attempt: whether votes are split is
    chance, and waiting for the next attempt takes seconds.
    """
    said = sequences.sequences(run)
    downs = [each.times["+sdown master"] for each in said if "+sdown master" in each.times]
    found = {FIRST_DOWN: float(min(downs) - down_after_ms)}
    if elections(run) != 1:
        return found
    leader = next(each.times for each in said if each.role == "leader")
    for name, (first, then) in LEADER_STEPS.items():
        found[name] = leader[then] - leader[first]
    found[AFTER_TURN] = (leader[PROMOTED] + noted(run, "phase") * 1000) % 1000
    switches = [each.times["+switch-master"] for each in said if each.role == "follower"]
    found[FOLLOWER_SWITCH] = fmean(switches) - leader[PROMOTED]
    found[LAST_SWITCH] = max(*switches, leader["+switch-master"]) - down_after_ms
    return found


def broken_orders(
    held_by: Mapping[Order, int],
    other: Mapping[Order, int],
    varied: Iterable[Order],
    at_least: int,
) -> dict[Order, int]:
    """The orders that the one side always kept, and how often the other had them swapped."""
    varied = set(varied)
    return {
        order: other[order.swapped]
        for order in held_orders(held_by, at_least)
        if order not in varied and order.swapped not in varied and other.get(order.swapped)
    }


def recorded_variations() -> frozenset[Order]:
    """The orders, either way, that came both ways in the recordings of real Sentinels."""
    recorded = _orders(run for recording in read_all() for run in recording.runs)
    pairs = [each.order for each in varied_orders(recorded)]
    return frozenset(pairs) | {order.swapped for order in pairs}


@dataclass(frozen=True)
class Compared:
    """The runs of both sides. Orders in `varied` came both ways in recordings of real ones."""

    real: Sequence[Run]
    ours: Sequence[Run]
    varied: frozenset[Order] = frozenset()

    @property
    def agrees(self) -> bool:
        """Whether ours keeps every order and every time."""
        return not self.broken() and self.is_within()

    def broken(self) -> dict[Order, int]:
        """What the real ones always kept and ours did not: how often."""
        return self._broken(self.real, self.ours)

    def broken_by_the_real(self) -> dict[Order, int]:
        """What ours always kept and the real ones did not: how often."""
        return self._broken(self.ours, self.real)

    def medians(self, name: str) -> tuple[list[float], list[float]]:
        """What the real runs and ours took for a measure; runs without it are left out."""
        real, ours = (
            [times[name] for times in side.values() if name in times] for side in self._times
        )
        return real, ours

    def differences(self, name: str) -> list[float]:
        """How much longer ours took than the real run of the same number, pair by pair."""
        real, ours = self._times
        return [
            ours[number][name] - times[name]
            for number, times in real.items()
            if name in times and name in ours.get(number, {})
        ]

    def is_within(self) -> bool:
        """Whether the median difference of every measure is small enough, and there is one."""
        return not any(_remark(self.differences(name)) for name in MEASURES)

    def lines(self) -> Iterator[str]:
        """The report."""
        yield from _table(self._rows())
        split = [sum(elections(run) != 1 for run in runs) for runs in (self.real, self.ours)]
        yield f"runs with more than one attempt: real {split[0]}, ours {split[1]}"
        yield ""
        yield from _table(self._rows_by_phase())
        yield ""
        held = held_orders(_orders(self.real), _enough(self.real))
        yield f"orders that all real runs kept: {sum(o not in self.varied for o in held)}"
        yield from _listed("of these ours broke", self.broken())
        yield from _listed(
            "orders that ours always kept and the real ones broke", self.broken_by_the_real()
        )

    @cached_property
    def _times(self) -> tuple[dict[int, Times], dict[int, Times]]:
        """By the number of a run what it took."""
        real, ours = ({run.number: measure(run) for run in side} for side in (self.real, self.ours))
        return real, ours

    def _rows(self) -> Iterator[Sequence[str]]:
        sides = "real", "ours", "ours - real"
        yield "median, ms", *sides, "in pairs", "95 %", "runs", "pairs", ""
        for name in MEASURES:
            real, ours = self.medians(name)
            pairs = self.differences(name)
            within = " to ".join(f"{end:+.0f}" for end in median_interval(pairs)) or "-"
            counts = f"{len(real)}, {len(ours)}", str(len(pairs))
            medians = _medians(real, ours)
            yield name, *medians, _median(pairs, "+.0f"), within, *counts, _remark(pairs)

    def _rows_by_phase(self) -> Iterator[Sequence[str]]:
        sides = "ours", "ours - real"
        yield "phase, s", "promotion: real", *sides, "all of it: real", *sides
        for part in range(PARTS):
            chosen = Compared(self._in_part(self.real, part), self._in_part(self.ours, part))
            cells = [_medians(*chosen.medians(name)) for name in (PROMOTION, LAST_SWITCH)]
            yield f"{part / PARTS:.1f} to {(part + 1) / PARTS:.1f}", *cells[0], *cells[1]

    def _in_part(self, runs: Iterable[Run], part: int) -> list[Run]:
        return [run for run in runs if int(noted(run, "phase") % 1 * PARTS) == part]

    def _broken(self, one: Sequence[Run], other: Sequence[Run]) -> dict[Order, int]:
        return broken_orders(_orders(one), _orders(other), self.varied, _enough(one))


def median_interval(values: Sequence[float]) -> tuple[float, ...]:
    """Where the true median is in 95 cases of 100; empty if there are too few values to say.

    By order alone: of n values a number has the distribution of n coins below the true median.
    """
    count, below, tail = len(values), 0, 0.0
    while (tail := tail + comb(count, below) / 2**count) <= CHANCE / 2:
        below += 1
    if not below:
        return ()
    ordered = sorted(values)
    return ordered[below - 1], ordered[count - below]


def _enough(runs: Sequence[Run]) -> int:
    """So many logs must show an order: what is rarer may have kept it by chance."""
    return max(1, len(runs) // 2)


def _orders(runs: Iterable[Run]) -> Counter[Order]:
    return count_orders(each for run in runs for each in sequences.attempts(run))


def _remark(differences: Sequence[float]) -> str:
    """What is wrong with a measure; empty if nothing is."""
    if not differences:
        return "NO PAIRS"
    return f"MORE THAN {TOLERANCE_MS:.0f}" if abs(median(differences)) > TOLERANCE_MS else ""


def _median(values: Sequence[float], form: str = ".0f") -> str:
    return format(median(values), form) if values else "-"


def _medians(real: Sequence[float], ours: Sequence[float]) -> tuple[str, str, str]:
    difference = f"{median(ours) - median(real):+.0f}" if real and ours else "-"
    return _median(real), _median(ours), difference


def _table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _listed(title: str, orders: Mapping[Order, int]) -> Iterator[str]:
    yield f"{title}: {len(orders) or 'none'}"
    for order, times in orders.items():
        yield f"  {order}  (swapped {times} times)"
