"""One run of a campaign: which story has a number, and what is kept of its run."""

from __future__ import annotations

import dataclasses
import shlex
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minisentinel.trace import Entry, Trace
from sim.invariants.coverage import witnessed
from sim.scenarios import ScenarioError
from sim.scenarios.writing import write_scenario
from sim.search.checking import Outcome, judge, save
from sim.search.choosing import Dice
from sim.search.stories import KINDS, Story
from sim.trace import FaultInjected

__all__ = ["EXCEPTION", "Failure", "RunRecord", "run_number", "story_number"]

KIND_ORDER = ("any", "election", "wild", "any", "wild")
"""The kinds of five stories that follow each other; elections are short, and deployments large."""

EXCEPTION = "no-exception"
"""What a run breaks that ends in an error of the simulator."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A broken promise of a run: its name, why, and the command that shows the run again."""

    name: str
    reason: str
    command: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is kept of one run, plain enough for a line of JSON.

    `virtual_us` is how long it lasted, `faults` counts what was done, by verb, `seen` what happened
    (`sim.invariants.coverage.witnessed`); `peculiarities` name what explained a violation.
    """

    number: int
    kind: str
    seed: int
    virtual_us: int
    entries: int
    faults: Mapping[str, int]
    seen: Mapping[str, int]
    peculiarities: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> RunRecord:
        """The record in a JSON object; raises KeyError or TypeError for what is none."""
        failures = tuple(Failure(**each) for each in found["failures"])
        peculiarities = tuple(found["peculiarities"])
        return cls(**{**found, "failures": failures, "peculiarities": peculiarities})


def story_number(number: int) -> tuple[str, Story]:
    """The kind and the story of that number in every campaign."""
    kind = KIND_ORDER[number % len(KIND_ORDER)]
    return kind, KINDS[kind](Dice(number))


def run_number(number: int, folder: str | Path) -> RunRecord:
    """Run a story and judge it; the file and the timeline of a bad one go into `folder`.

    An error of the simulator is a failure of that run, and nothing else.
    """
    kind, story = story_number(number)
    name = f"story-{number}"
    try:
        outcome = judge(story)
        failures: tuple[Failure, ...] = ()
        if not outcome.is_well:
            command = save(outcome, folder, name)
            failures = tuple(Failure(each.name, str(each), command) for each in outcome.problems)
        return _record(number, kind, outcome, failures)
    except Exception as problem:
        return _broken_off(number, kind, story, Path(folder), problem)


def _record(number: int, kind: str, outcome: Outcome, failures: tuple[Failure, ...]) -> RunRecord:
    trace = outcome.trace
    return RunRecord(
        number=number,
        kind=kind,
        seed=outcome.story.seed,
        virtual_us=trace.entries[-1].time_us,
        entries=len(trace.entries),
        faults=_faults(trace),
        seen=witnessed(trace, outcome.peculiarities),
        peculiarities=outcome.peculiarities,
        failures=failures,
    )


def _broken_off(
    number: int, kind: str, story: Story, folder: Path, problem: Exception
) -> RunRecord:
    path = folder / f"story-{number}.toml"
    command = f"minisentinel-sim run {shlex.quote(str(path))} --seed {story.seed}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_scenario(dataclasses.replace(story.scenario, name=path.stem), path)
    except (OSError, ScenarioError):
        command = f"python -m sim.search story {number}"
    place = traceback.extract_tb(problem.__traceback__)[-1]
    reason = f"{type(problem).__name__}: {problem} ({Path(place.filename).name}:{place.lineno})"
    failure = Failure(EXCEPTION, reason, command)
    return RunRecord(number, kind, story.seed, 0, 0, {}, {}, failures=(failure,))


def _faults(trace: Trace) -> dict[str, int]:
    """How often each thing was done, by its verb; of repairs, by what was wrong."""
    counts = Counter(
        _repaired(entry, data.detail) if data.verb == "repair" else data.verb
        for entry, data in trace.of(FaultInjected)
    )
    return dict(sorted(counts.items()))


def _repaired(entry: Entry, detail: str) -> str:
    """What a repair has ended: the trace calls all of them by one verb."""
    if entry.node != "network":
        return "repair: disk"
    what = next((word for said, word in _REPAIRS.items() if detail.startswith(said)), "network")
    return f"repair: {what}"


_REPAIRS = {"as fast as": "delay", "no more loss": "loss", "as wide as": "rate"}
"""What the details of repairs of the network begin with, and what they are about."""
