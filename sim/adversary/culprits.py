"""The planted bugs in elections, and the small world in which each is caught."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from sim.adversary.chance import Walk, one_run
from sim.adversary.exploring import explore
from sim.adversary.moves import Move
from sim.adversary.plan import Limits, Plan
from sim.adversary.runs import Run, replay, shrink
from sim.adversary.settling import crisis
from sim.adversary.world import Situation, World
from sim.invariants import SAFETY, first_violation, judge_all
from sim.mutants import find_mutant

__all__ = ["CULPRIT_HUNTS", "HERE", "Catch", "Culprit", "catch"]


@dataclass(frozen=True)
class Culprit:
    """A mutant by name, and where it is looked for.

    `breaks` are the breaches by which systematic exploration knows it; empty: it is looked for by
    chance in `runs` walks, and every trace is judged by the invariants.
    """

    mutant: str
    plan: Plan
    breaks: tuple[str, ...] = ()
    runs: int = 300
    steps: int = 40


@dataclass(frozen=True)
class Catch:
    """How a culprit was caught: after how many states or runs, by what, in how many moves."""

    culprit: Culprit
    tried: int
    by: tuple[str, ...]
    way: tuple[Move, ...]
    reason: str

    def text(self, seconds: float) -> str:
        """One line, and the shortest schedule."""
        what = "states" if self.culprit.breaks else "walks"
        head = f"{self.culprit.mutant:<24} {self.tried:>7} {what}, {seconds:5.1f} s: "
        if not self.by:
            return head + "not caught: bound reached"
        names = " and ".join(self.by)
        lines = [f"{head}{names}, {len(self.way)} moves: {self.reason}"]
        return "\n".join([*lines, "      " + " · ".join(str(move) for move in self.way)])


_UNTIMED = frozenset(
    (
        "one-leader-per-epoch",
        "leader-has-the-votes",
        "one-vote-per-epoch",
        "own-vote-counts",
        "all-known-are-voters",
        "epochs-never-go-back",
        "one-address-per-config-epoch",
        "no-older-configuration",
        "only-news-is-adopted",
        "saved-before-sent",
        "opinions-are-ones-own",
        "failover-only-from-odown",
        "promotion-only-by-a-leader",
    )
)

HERE = tuple(each for each in SAFETY if each.name in _UNTIMED)
"""The invariants by which a trace of this world is judged: those in which no time is measured.

Here every clock goes by itself, and may jump over many ticks.
"""

_SMALL = Plan(until_elected=True)
_CRASHES = replace(_SMALL, limits=Limits(crashes=1, in_flight=2))

CULPRIT_HUNTS = (
    Culprit("majority-ignored", replace(_SMALL, quorum=1), ("two-leaders",)),
    Culprit("anybody-leads", _SMALL, ("two-leaders",)),
    Culprit("votes-again", _SMALL, ("two-votes",)),
    Culprit("vote-not-saved", _CRASHES, ("two-votes",)),
    Culprit("quorum-of-votes-ignored", replace(_SMALL, sentinels=3, quorum=3)),
    Culprit(
        "tally-without-epoch",
        replace(_SMALL, limits=Limits(waits=(11_000, 41_000), waiting=3, in_flight=2)),
        runs=1500,
    ),
)
"""In the order of the lessons. Other planted bugs need what this world leaves out: the course of
time, hello messages, servers that answer late."""


def catch(culprit: Culprit, *, max_states: int = 100_000) -> Catch:
    """Look for a planted bug; what it breaks is said by the invariants, on the shortest run."""
    plan = replace(culprit.plan, profile=find_mutant(culprit.mutant).profile, name=culprit.mutant)
    world = World(plan, watch=culprit.breaks)
    start = crisis(world)
    if not culprit.breaks:
        return _by_chance(culprit, world, start)
    found = explore(world, start, max_states=max_states, stop=lambda breach: True)
    for _, way in found.found.values():
        return _told(culprit, found.states, replay(world, start, way))
    return Catch(culprit, found.states, (), (), found.claim)


def _by_chance(culprit: Culprit, world: World, start: Situation) -> Catch:
    for seed in range(culprit.runs):
        way, _ = one_run(world, start, Walk(Random(seed)), culprit.steps, lambda breach: False)
        run = replay(world, start, way)
        found = first_violation(run.trace, HERE)
        if found is not None:
            name = found[0].name
            way = shrink(world, start, way, lambda run, name=name: name in _broken(run))  # type: ignore[misc]
            return _told(culprit, seed + 1, replay(world, start, way))
    return Catch(culprit, culprit.runs, (), (), "")


def _broken(run: Run) -> dict[str, str]:
    return {
        each.invariant.name: each.unexplained[0].reason
        for each in judge_all(run.trace, HERE)
        if each.is_broken
    }


def _told(culprit: Culprit, tried: int, run: Run) -> Catch:
    broken = _broken(run)
    reason = next(iter(broken.values()), "") or "; ".join(each.text for each in run.breaches)
    by = tuple(broken) or tuple(each.what for each in run.breaches)
    return Catch(culprit, tried, by, run.moves, reason)
