"""Running a story and judging it: what must hold, what is excused, and how to see it again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from minisentinel.core import MODERN, Profile
from minisentinel.trace import Trace
from sim.judge import INVARIANTS, ONE_LEADER_PER_EPOCH, ONE_MASTER_AT_THE_END, Truth
from sim.scenarios import run_scenario
from tests.properties.peculiarities import mixed_epochs, overtaken_leaders
from tests.properties.strategies import Story

__all__ = ["assert_all_well", "broken_invariants", "problems", "run", "why_not_calm"]


def run(story: Story, profile: Profile = MODERN) -> Trace:
    """The trace of a story."""
    return run_scenario(story.scenario, seed=story.seed, profile=profile).trace


def broken_invariants(trace: Trace) -> dict[str, str]:
    """The invariants that are broken and why, explained peculiarities excepted."""
    broken = {}
    for invariant in INVARIANTS:
        verdict = invariant.judge(trace)
        if verdict.truth is not Truth.FALSE:
            continue
        if invariant is ONE_LEADER_PER_EPOCH and any(
            entry in verdict.evidence for entry in mixed_epochs(trace)
        ):
            continue
        if invariant is ONE_MASTER_AT_THE_END and overtaken_leaders(trace):
            continue
        broken[invariant.name] = str(verdict)
    return broken


def why_not_calm(trace: Trace) -> str:
    """Empty if the run became calm (see `World.is_calm`) within the limit of its scenario."""
    reason = getattr(trace.entries[-1].data, "reason", "nothing")
    return "" if reason == "calm" or overtaken_leaders(trace) else f"ended by {reason}, not calm"


def problems(trace: Trace) -> list[str]:
    """Everything that is wrong with a run, in words."""
    found = [f"{name} is {why}" for name, why in broken_invariants(trace).items()]
    return found + [why for why in [why_not_calm(trace)] if why]


def assert_all_well(story: Story) -> None:
    """Run the story; what fails says how to run it again."""
    __tracebackhide__ = True
    found = problems(run(story))
    if found:
        path = Path(tempfile.mkdtemp(prefix="minisentinel-")) / "story.toml"
        path.write_text(str(story), encoding="utf-8")
        again = f"minisentinel-sim run {path} --seed {story.seed} --plot {path.with_suffix('.png')}"
        raise AssertionError("\n".join([*found, "", f"run it again: {again}", "", str(story)]))
