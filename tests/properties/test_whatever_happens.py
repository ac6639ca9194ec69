"""Random deployments under random faults: what must always hold, and what must sometimes happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from minisentinel.trace import Trace
from sim.invariants.coverage import FAILOVER_STEPS, Coverage
from sim.scenarios.events import EVENT_NAMES
from sim.search import KINDS, Dice, Outcome, Problem, judge
from sim.search.grounds import GROUNDS
from sim.search.strategies import for_all_stories
from tests.properties.rare import RARE


@for_all_stories()
def test_no_promise_is_broken_and_all_is_well_in_the_end(trace: Trace) -> None:
    """Safety under faults; liveness after them.

    Safety, at every moment: what `sim.invariants` says.

    Liveness: suppose that every Sentinel knew all servers and Sentinels before the first fault, and
    that in the end all processes run, none is frozen, and the network is whole. Then within 240 s
    plus down-after plus three times failover-timeout everything is calm: all Sentinels name the
    same master and see nobody down, it is one, all other servers follow it, and their links are up.
    This holds for every quorum, also for one that is never reached: then no failover begins, and
    the old master's return is the remedy.

    Excused is what a peculiarity explains (`sim.invariants.peculiarities`), and nothing else.
    """


STORIES = {"any": 20, "election": 40, "wild": 20}
"""How many fixed stories of each kind."""

EACH_GROUND = 2
"""How many of each kind of narrow place."""


@dataclass
class Seen:
    """What happened in some runs, and what was wrong with them."""

    coverage: Coverage = field(default_factory=lambda: Coverage(EVENT_NAMES))
    wrong: dict[str, tuple[Problem, ...]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        if not outcome.is_well:
            self.wrong[str(outcome.story)] = outcome.problems
        self.coverage.add(outcome.trace, outcome.peculiarities)


FLOORS = {
    "+switch-master": 25,
    "+failover-end-for-timeout": 4,
    "+tilt": 5,
    "+reboot": 13,
    "+convert-to-slave": 25,
    "+fix-slave-config": 2,
    "attempt: completed": 25,
    "attempt: superseded": 4,
    "attempt: crashed": 4,
    "attempt: not-elected": 7,
    "attempt: no-good-slave": 14,
    "attempt: slave-timeout": 2,
    "step: none -> wait_start": 33,
    "step: wait_promotion -> none": 2,
    "happened: split vote": 1,
    "happened: two candidates": 8,
    "happened: several leaders": 13,
    "happened: leaders in consecutive epochs": 13,
    "happened: vote refused: already voted": 7,
    "happened: vote refused: old epoch": 4,
    "happened: acknowledged write lost": 3,
    "happened: write refused": 1,
    "happened: outcome unknown": 8,
    "record: full-sync-loaded": 36,
    "record: partial-sync": 14,
    "record: data-lost": 30,
}
"""In how many of the fixed stories something must happen: about half of what does."""


def test_interesting_things_happen_in_fixed_stories_that_keep_every_promise(
    show: Callable[[str, str], None],
) -> None:
    """Without them it would prove little that nothing breaks."""
    seen = Seen()
    for kind, count in STORIES.items():
        for number in range(count):
            seen.add(judge(KINDS[kind](Dice(number))))
    show("Coverage of the fixed stories", seen.coverage.table())
    assert seen.wrong == {}
    assert seen.coverage.below(FLOORS) == {}


RARE_FLOORS = {
    "+sentinel-address-switch": 1,
    "-slave-reconf-sent-timeout": 1,
    "attempt: reset": 1,
    "attempt: slave-timeout": 2,
    "attempt: superseded": 2,
    "attempt: not-elected": 5,
    "attempt: no-good-slave": 4,
    "happened: address switch": 1,
    "happened: forced leader": 2,
    "happened: down by role": 1,
    "happened: down by reboot": 1,
    "happened: split vote": 1,
    "happened: two candidates": 5,
    "happened: vote refused: already voted": 4,
    "happened: vote refused: old epoch": 2,
    "happened: leaders in consecutive epochs": 6,
    **{f"step: {before} -> {after}": 1 for before, after in FAILOVER_STEPS},
}
"""In how many of the stories in narrow places: of each step of the failover machine once."""


def test_rare_things_happen_in_narrow_places_where_every_promise_is_kept_too(
    show: Callable[[str, str], None],
) -> None:
    seen = Seen()
    for name, make in GROUNDS.items():
        for number in range(0 if name in KINDS else EACH_GROUND):
            seen.add(judge(make(Dice(number))))
    for rare in RARE:
        seen.add(judge(rare()))
    show("Coverage of narrow places", seen.coverage.table())
    assert seen.wrong == {}
    assert seen.coverage.below(RARE_FLOORS) == {}
