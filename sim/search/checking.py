"""Running a story and judging it: what must hold, what is excused, and how to see it again.

A run has two phases. While faults happen, and after them, every safety invariant must hold. When
all is mended the world must become calm, and what must be true at the end must be true. Excused is
what a named peculiarity of the protocol explains (`sim.invariants.peculiarities`), nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from minisentinel.core import Profile
from minisentinel.trace import Trace, write_trace
from sim.invariants import (
    INVARIANTS,
    ONE_MASTER_AT_THE_END,
    PECULIARITIES,
    Invariant,
    Kind,
    Truth,
    Verdict,
    judge_all,
)
from sim.scenarios.expectations import Cast, judge_expectation
from sim.scenarios.profiles import PROFILES
from sim.scenarios.stage import Stage
from sim.scenarios.writing import write_scenario
from sim.search.stories import Story
from sim.trace import RunEnded
from sim.world import World

__all__ = ["CALM", "Claim", "Outcome", "Problem", "StoryFailed", "check", "judge", "play", "save"]

Claim: TypeAlias = Callable[[Trace], "Verdict | bool | None"]
"""What somebody claims of every run: a verdict, or whether it holds; an AssertionError says no."""

CALM = "becomes-calm"
"""The name of the promise that a world in which all is mended becomes calm (`World.is_calm`)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is wrong with a run: what was promised, by name, and why it is not so.

    `time_us` is when it was seen to be wrong, if that was at one moment.
    """

    name: str
    reason: str
    time_us: int | None = None

    def __str__(self) -> str:
        when = "" if self.time_us is None else f"at {self.time_us / 1e6:.3f} s: "
        return f"{self.name}: {when}{self.reason}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run of a story: its trace, what is wrong with it, and what was excused.

    `peculiarities` are the names of those that explain a violation.
    """

    story: Story
    trace: Trace = field(repr=False)
    problems: tuple[Problem, ...]
    peculiarities: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class StoryFailed(AssertionError):
    """A story in which a promise is broken; the text says which, and holds the scenario file."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome

    def __str__(self) -> str:
        told = "\n".join(map(str, self.outcome.problems))
        story = self.outcome.story
        return f"{told}\n\nwith seed {story.seed} in the scenario\n\n{story}"


def play(story: Story, profile: Profile | None = None) -> Trace:
    """The trace of a story; `profile` replaces the rules that its scenario names."""
    return _played(story, profile)[0]


def _played(story: Story, profile: Profile | None) -> tuple[Trace, Cast, tuple[Problem, ...]]:
    scenario = story.scenario
    world = World(
        scenario.deployment,
        seed=story.seed,
        profile=profile or PROFILES[scenario.profile],
        scenario=scenario.full_name,
    )
    stage = Stage(world, scenario, None, None)
    missed = tuple(Problem(name, verdict.reason) for name, verdict in stage.play())
    world.end(stage.watch())
    return world.trace, stage.cast(), missed


def judge(
    story: Story,
    *claims: Claim | Invariant,
    profile: Profile | None = None,
    invariants: Sequence[Invariant] = INVARIANTS,
) -> Outcome:
    """Run a story and judge it: by the invariants, by what it expects, and by claims of yours."""
    trace, cast, missed = _played(story, profile)
    problems = list(missed)
    excused: dict[str, None] = {}
    if not story.comes_to_rest:
        invariants = [each for each in invariants if each.kind is not Kind.LIVENESS]
    for judgement in judge_all(trace, invariants):
        excused.update(dict.fromkeys(each.name for each in judgement.peculiarities))
        if judgement.is_broken:
            first = judgement.unexplained[0]
            problems.append(Problem(judgement.invariant.name, first.reason, first.entry.time_us))
    problems += _not_calm(trace, excused)
    broken = {each.name for each in problems}
    for expectation in story.scenario.expectations:
        # The invariant of that name has been judged, and may be excused.
        if expectation.name == ONE_MASTER_AT_THE_END.name and expectation.value is True:
            continue
        verdict = judge_expectation(trace, expectation, cast)
        if not verdict and expectation.name not in broken:
            problems.append(Problem(str(expectation), verdict.reason))
    problems += [problem for claim in claims for problem in _refuted(claim, trace)]
    return Outcome(story, trace, tuple(problems), tuple(excused))


def _not_calm(trace: Trace, excused: dict[str, None]) -> list[Problem]:
    ended = trace.entries[-1].data
    if not isinstance(ended, RunEnded) or ended.reason != "limit":
        return []
    for each in PECULIARITIES:
        if each.may_excuse(ONE_MASTER_AT_THE_END) and each.recognise(trace):
            excused[each.name] = None
            return []
    return [Problem(CALM, f"all is mended, and the run ended by its {ended.reason}")]


def _refuted(claim: Claim | Invariant, trace: Trace) -> list[Problem]:
    if isinstance(claim, Invariant):
        verdict = claim.judge(trace)
        return [Problem(claim.name, verdict.reason)] if verdict.truth is Truth.FALSE else []
    name = getattr(claim, "__name__", str(claim))
    try:
        found = claim(trace)
    except AssertionError as problem:
        return [Problem(name, str(problem) or "it does not hold")]
    if isinstance(found, Verdict):
        return [Problem(name, found.reason)] if found.truth is Truth.FALSE else []
    return [Problem(name, "it does not hold")] if found is False else []


def check(story: Story, *claims: Claim | Invariant, profile: Profile | None = None) -> Trace:
    """Run a story that must be well; returns its trace. Raises `StoryFailed`."""
    outcome = judge(story, *claims, profile=profile)
    if not outcome.is_well:
        raise StoryFailed(outcome)
    return outcome.trace


def save(outcome: Outcome, folder: str | Path, name: str = "story") -> str:
    """Write a story's file and its timeline into `folder`; returns the command that replays it.

    The timeline is a picture if matplotlib is there, else the trace, which can be drawn elsewhere.
    Raises OSError.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    scenario = dataclasses.replace(outcome.story.scenario, name=name)
    write_scenario(scenario, path)
    try:
        from sim.timeline import save_figure, timeline
    except ImportError:
        shown = folder / f"{name}.jsonl"
        write_trace(outcome.trace, shown)
        option = "--trace"
    else:
        shown = folder / f"{name}.png"
        save_figure(timeline(outcome.trace), shown)
        option = "--plot"
    rules = "" if scenario.profile == "modern" else f" --variant {scenario.profile}"
    return f"minisentinel-sim run {path}{rules} --seed {outcome.story.seed} {option} {shown}"
