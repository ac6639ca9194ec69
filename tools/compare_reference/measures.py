"""How long each step took: recorded beside simulated.

The steps of a role in an attempt are found in the recordings: the events that nearly every sequence
has, in the order of their median times, those of one moment taken together. A step leads to such an
event from what came last before it: an event of the same Sentinel, a milestone of the leader, or
something that was done to the deployment (see `Sequence.anchors`). Two events that come in either
order make no step. Where a step is a wait for down-after to pass, down-after is subtracted.
"""

from __future__ import annotations

import random
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from tools.compare_reference.samples import quartiles
from tools.compare_reference.sequences import Sequence

__all__ = ["Measure", "Step", "find_steps", "measure"]

NEARLY_ALL = 0.8
FEWEST = 3
"""Quartiles of fewer recorded durations say nothing."""
SAME_MOMENT_MS = 5
TOLERANCE_MS = 30.0
TOLERANCE = 0.15
RESAMPLES = 1000
FAULT = "[fault]"

TWO_MODES = {("follower", "+odown master"), ("follower", "-odown master")}
"""Not steps: these come at once or a period later (see `tools.compare_reference.shares`)."""


@dataclass(frozen=True, slots=True)
class Step:
    """From `origin` to `label`; `less_ms` is the down-after that is subtracted."""

    role: str
    attempt: int
    origin: str
    label: str
    less_ms: int = 0

    @property
    def who(self) -> str:
        """The role, and in which attempt if it is not the first."""
        return self.role if self.attempt == 1 else f"{self.role} in attempt {self.attempt}"

    def __str__(self) -> str:
        less = " - down-after" if self.less_ms else ""
        return f"{self.who}: {self.origin} -> {self.label}{less}"

    def is_of(self, sequence: Sequence) -> bool:
        """Whether `sequence` is one of that role and attempt."""
        return (sequence.role, sequence.attempt) == (self.role, self.attempt)

    def duration_ms(self, sequence: Sequence) -> int | None:
        """How long it took in `sequence`; None if that does not have both."""
        end = sequence.times.get(self.label)
        begin = 0 if self.origin == FAULT else sequence.when(self.origin)
        return None if begin is None or end is None else end - begin - self.less_ms


@dataclass(frozen=True)
class Measure:
    """The durations of a step in ms, in recorded and in simulated sequences, grouped by run."""

    step: Step
    recorded: tuple[tuple[int, ...], ...] = field(repr=False)
    simulated: tuple[tuple[int, ...], ...] = field(repr=False)

    @property
    def recorded_quartiles(self) -> tuple[float, float, float]:
        """Of all recorded durations."""
        return quartiles([each for run in self.recorded for each in run])

    @property
    def simulated_quartiles(self) -> tuple[float, float, float]:
        """Of all simulated durations."""
        return quartiles([each for run in self.simulated for each in run])

    @cached_property
    def excess(self) -> float:
        """The worst difference of a quartile in units of what is allowed: up to 1 is agreement."""
        return _worst(self.simulated_quartiles, self.recorded_quartiles)

    @property
    def agrees(self) -> bool:
        """Whether every quartile lies within 30 ms or 15 %, whichever is more."""
        return self.excess <= 1

    @cached_property
    def chance(self) -> float:
        """How often as few *simulated* runs as were recorded are as far from the simulated whole.

        Quartiles of a handful of runs vary; this says by how much. Whole runs are drawn, because
        the Sentinels of one run are not independent of each other.
        """
        whole = self.simulated_quartiles
        recorded = _worst(self.recorded_quartiles, whole)
        dice = random.Random(1)
        worse = 0
        for _ in range(RESAMPLES):
            runs = dice.choices(self.simulated, k=len(self.recorded))
            some = quartiles([each for run in runs for each in run])
            worse += _worst(some, whole) >= recorded
        return worse / RESAMPLES


def _worst(found: Many[float], expected: Many[float]) -> float:
    """The largest difference, in units of what is allowed about `expected`."""
    return max(
        abs(a - b) / max(TOLERANCE_MS, TOLERANCE * abs(b))
        for a, b in zip(found, expected, strict=True)
    )


def find_steps(recorded: Many[Sequence], down_after_ms: int) -> list[Step]:
    """The steps of every role and attempt among the recorded attempts, in order."""
    found = []
    for role, attempt in sorted({(each.role, each.attempt) for each in recorded}):
        alike = [each for each in recorded if (each.role, each.attempt) == (role, attempt)]
        found += _steps_of(role, attempt, alike, down_after_ms)
    return found


def _steps_of(role: str, attempt: int, recorded: list[Sequence], down_after_ms: int) -> list[Step]:
    medians = _medians([each.times for each in recorded])
    anchors = {FAULT: 0.0, **_medians([each.anchors or {} for each in recorded])}
    steps = []
    latest, latest_at = FAULT, float("-inf")
    for label, at in sorted(medians.items(), key=lambda each: each[1]):
        if (role, label) in TWO_MODES or at - latest_at <= SAME_MOMENT_MS:
            continue
        known = {latest: latest_at} | {
            name: when for name, when in anchors.items() if when <= at + SAME_MOMENT_MS
        }
        origin = max(known, key=lambda each: known[each])
        waits = label.startswith("+sdown") and at - known[origin] >= down_after_ms
        step = Step(role, attempt, origin, label, down_after_ms if waits else 0)
        durations = [each for one in recorded if (each := step.duration_ms(one)) is not None]
        if len(durations) >= FEWEST and not _comes_either_way(step, durations):
            steps.append(step)
        latest, latest_at = label, at
    return steps


def _comes_either_way(step: Step, durations: list[int]) -> bool:
    waited = [each + step.less_ms for each in durations]
    return min(waited) < -SAME_MOMENT_MS and max(waited) > SAME_MOMENT_MS


def _medians(tables: list[dict[str, int]]) -> dict[str, float]:
    """The median time of what nearly every table has."""
    times: dict[str, list[int]] = {}
    for table in tables:
        for name, when in table.items():
            times.setdefault(name, []).append(when)
    return {
        name: median(each) for name, each in times.items() if len(each) >= NEARLY_ALL * len(tables)
    }


def measure(step: Step, recorded: Many[Sequence], simulated: Many[Sequence]) -> Measure:
    """A step's durations in the attempts of both sides."""
    return Measure(step, _by_run(step, recorded), _by_run(step, simulated))


def _by_run(step: Step, sequences: Many[Sequence]) -> tuple[tuple[int, ...], ...]:
    runs: dict[int, list[int]] = {}
    for each in sequences:
        duration = step.duration_ms(each) if step.is_of(each) else None
        if duration is not None:
            runs.setdefault(each.run, []).append(duration)
    return tuple(tuple(each) for each in runs.values())
