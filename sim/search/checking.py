"""Running a story and judging it: what must hold, what is excused, and how to see it again.

A run has two phases. While faults happen, and after them, every safety invariant must hold. When
all is mended the world must become calm, and what must be true at the end must be true. Excused is
what a named peculiarity of the protocol explains (`sim.invariants.peculiarities`), nothing else.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from minisentinel.core import Profile
from minisentinel.trace import Trace, write_trace
from sim.invariants import INVARIANTS, Invariant, Kind, Truth, Verdict
from sim.scenarios import Result, Scenario, run_scenario
from sim.scenarios.profiles import PROFILES
from sim.scenarios.stage import Stage
from sim.scenarios.writing import write_scenario
from sim.search.stories import Story
from sim.world import World

__all__ = ["Claim", "Outcome", "Problem", "StoryFailed", "check", "judge", "play", "save"]

Claim: TypeAlias = Callable[[Trace], "Verdict | bool | None"]
"""What somebody claims of every run: a verdict, or whether it holds; an AssertionError says no."""

CLAIMED_HERE = (
    "a scenario file cannot hold this claim: the command shows the run, and the claim judges its "
    "trace again, run_scenario(find_scenario(FILE), seed=N).trace"
)
RULES_HERE = (
    "a scenario file cannot name these rules: run_scenario(find_scenario(FILE), seed=N, "
    "profile=...) plays by them"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is wrong with a run: what was promised, by name, and why it is not so.

    `time_us` is when it was seen to be wrong, if that was at one moment. `only_here` says why the
    command that replays the run does not tell this, if it does not.
    """

    name: str
    reason: str
    time_us: int | None = None
    only_here: str = ""

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
        told = "\n".join(
            f"{each}\n  ({each.only_here})" if each.only_here else str(each)
            for each in self.outcome.problems
        )
        story = self.outcome.story
        return f"{told}\n\nwith seed {story.seed} in the scenario\n\n{story}"


def play(story: Story, profile: Profile | None = None) -> Trace:
    """The trace of a story; `profile` replaces the rules that its scenario names."""
    scenario = story.scenario
    world = World(
        scenario.deployment,
        seed=story.seed,
        profile=profile or PROFILES[scenario.profile],
        scenario=scenario.full_name,
    )
    stage = Stage(world, scenario, None, None)
    stage.play()
    world.end(stage.watch())
    return world.trace


def judge(story: Story, *claims: Claim | Invariant, profile: Profile | None = None) -> Outcome:
    """Run a story and judge it as its file says, and by claims of yours.

    What a file can say goes into the story of the outcome, so that it can be replayed: the rules of
    `profile`, if they have a name in `sim.scenarios.profiles`, and claims that are invariants of
    `sim.invariants`.
    """
    named = profile is not None and PROFILES.get(profile.name) is profile
    known = [each for each in claims if isinstance(each, Invariant) and each in INVARIANTS]
    story = _with_more(story, profile.name if profile is not None and named else "", known)
    result = run_scenario(story.scenario, seed=story.seed, profile=profile)
    only_here = "" if profile is None or named else RULES_HERE
    problems = [_problem(result, name, only_here) for name in result.failures]
    for claim in claims:
        if claim not in known:
            problems += _refuted(claim, result.trace)
    return Outcome(story, result.trace, tuple(problems), result.peculiarities)


def _with_more(story: Story, profile: str, invariants: list[Invariant]) -> Story:
    """The same story by the rules of `profile`, if given, and judged by these invariants too."""
    scenario: Scenario = story.scenario
    further = [each.name for each in invariants if each.kind is not Kind.SAFETY]
    names = dict.fromkeys((*scenario.invariants, *further))
    scenario = dataclasses.replace(
        scenario, profile=profile or scenario.profile, invariants=tuple(names)
    )
    return dataclasses.replace(story, scenario=scenario)


def _problem(result: Result, name: str, only_here: str) -> Problem:
    """What is wrong with the claim of that name, which fails."""
    for judgement in result.judgements:
        if judgement.invariant.name == name and judgement.is_broken:
            first = judgement.unexplained[0]
            return Problem(name, first.reason, first.entry.time_us, only_here)
    reasons = [verdict.reason for each, verdict in result.verdicts if each == name and not verdict]
    return Problem(name, reasons[-1], None, only_here)


def _refuted(claim: Claim | Invariant, trace: Trace) -> list[Problem]:
    """What is wrong with a claim that no file can hold."""
    name = claim.name if isinstance(claim, Invariant) else getattr(claim, "__name__", str(claim))
    try:
        found = claim.judge(trace) if isinstance(claim, Invariant) else claim(trace)
    except AssertionError as problem:
        return [Problem(name, str(problem) or "it does not hold", None, CLAIMED_HERE)]
    if isinstance(found, Verdict):
        broken = found.truth is Truth.FALSE
        return [Problem(name, found.reason, None, CLAIMED_HERE)] if broken else []
    return [Problem(name, "it does not hold", None, CLAIMED_HERE)] if found is False else []


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
    story, view = shlex.quote(str(path)), shlex.quote(str(shown))
    return f"minisentinel-sim run {story}{rules} --seed {outcome.story.seed} {option} {view}"
