"""Random deployments under random faults: what must always hold, and what must sometimes happen."""

from __future__ import annotations

from collections.abc import Iterator

from minisentinel.trace import Trace
from sim.invariants.coverage import Coverage
from sim.scenarios.events import EVENT_NAMES
from sim.search import KINDS, Dice, Outcome, judge
from sim.search.strategies import for_all_stories


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


STORIES = {"any": 40, "election": 25, "wild": 25}
"""How many fixed stories of each kind."""


def outcomes() -> Iterator[Outcome]:
    for kind, count in STORIES.items():
        for number in range(count):
            yield judge(KINDS[kind](Dice(number)))


FLOORS = {
    "+switch-master": 25,
    "+failover-end-for-timeout": 5,
    "+tilt": 8,
    "+reboot": 14,
    "+convert-to-slave": 25,
    "+fix-slave-config": 4,
    "attempt: completed": 25,
    "attempt: superseded": 6,
    "attempt: crashed": 4,
    "attempt: not-elected": 7,
    "attempt: no-good-slave": 10,
    "step: none -> wait_start": 35,
    "happened: several leaders": 8,
    "happened: vote refused: already voted": 9,
    "happened: vote refused: old epoch": 3,
    "happened: acknowledged write lost": 5,
    "record: full-sync-loaded": 35,
    "record: partial-sync": 15,
    "record: data-lost": 10,
}
"""In how many of the fixed stories something must happen: about half of what does."""


def test_interesting_things_happen_in_fixed_stories_that_keep_every_promise() -> None:
    """Without them it would prove little that nothing breaks."""
    coverage = Coverage(EVENT_NAMES)
    wrong = {}
    for outcome in outcomes():
        if not outcome.is_well:
            wrong[str(outcome.story)] = outcome.problems
        coverage.add(outcome.trace, outcome.peculiarities)
    assert wrong == {}
    assert coverage.below(FLOORS) == {}, coverage.table()
