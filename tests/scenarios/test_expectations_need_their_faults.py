"""Every fault of a shipped scenario is needed: where it has no effect, some expectation fails.

So no scenario can pass without its story. A fault is not left out, since others may wait for it or
count from its name: something that changes nothing is done in its place, in the same moment and to
the same nodes. Faults that let a node join are not tried; later ones are about that node.

Only quick ones are tried here; with ``NEEDED_FAULTS_ALL=1`` all of them, and the exceptions too.
"""

from __future__ import annotations

import dataclasses
import os

import pytest

from sim.scenarios import run_scenario, shipped_scenarios
from sim.scenarios.scenario import Fault, Scenario
from sim.scenarios.verbs import VERBS
from sim.world import ImpossibleFault

ALL_OF_THEM = "NEEDED_FAULTS_ALL"
FOR_A_VARIANT = "does nothing here, and is there for a variant"
END_OF_STORY = "mends the network at the end; what is to be seen has happened by then"

TOGETHER: dict[str, tuple[tuple[int, ...], ...]] = {
    "all-masters-at-once": ((1, 2, 3, 4, 5, 6),),
    "two-addresses": ((6, 7, 8, 9), (11, 12), (13, 14, 15, 16)),
}
"""Faults (numbers from 1) that are one thing to people, and need to be needed only together."""

NOT_NEEDED: dict[tuple[str, int], str] = {
    ("assigned-epoch", 10): END_OF_STORY,
    ("blocked-loop", 1): FOR_A_VARIANT,
    ("blocked-loop", 3): FOR_A_VARIANT,
    ("stale-name", 3): "how long the cut lasts does not matter, once it has been noticed",
    ("stale-name", 4): "the damage stays although the name is right again: that is the story",
    ("tilt", 1): "a step of 1.9 s has no effect: that is the story, and the variants differ",
    ("two-addresses", 3): "makes sure that sentinel-3 has no part in it; not needed with this seed",
    ("two-operators", 4): END_OF_STORY,
    ("voter-restarts", 3): "makes sure that the other candidate asks; not needed with this seed",
    ("voter-restarts", 6): END_OF_STORY,
}
"""The faults of which the expectations of the base row tell nothing, and why that is right."""

SLOW = (
    "assigned-epoch",
    "blip",
    "enough-votes",
    "fast-restart",
    "grow-in-a-partition",
    "late-order",
    "many-sites",
    "merged-clusters",
    "minority-master",
    "old-data-returns",
    "overtaken-leader",
    "pause-master",
    "phantom-sentinels",
    "quorum-without-majority",
    "resync-storm",
    "stale-name",
    "stale-offset",
    "starved-sentinels",
    "too-old-replicas",
    "two-addresses",
    "two-against-two",
)
"""Scenarios that are left to the thorough run."""


def idle(fault: Fault) -> Fault:
    """Something that happens to the same nodes in the same moment, and changes nothing."""
    grouped = tuple(name for group in fault.groups for name in group)
    return dataclasses.replace(
        fault,
        do="drift_clock",
        node="",
        nodes=fault.targets or grouped or ("sentinels",),
        groups=(),
        to="",
        parts_per_million=0.0,
    )


def passes_without(scenario: Scenario, numbers: tuple[int, ...]) -> bool:
    """Whether all expectations hold in a run in which these faults have no effect."""
    faults = tuple(
        idle(fault) if number in numbers else fault
        for number, fault in enumerate(scenario.faults, start=1)
    )
    try:
        return run_scenario(dataclasses.replace(scenario, faults=faults), seed=1).passed
    except ImpossibleFault:
        return False


def is_quick(scenario: Scenario, numbers: tuple[int, ...]) -> bool:
    """Whether nobody waits for long: later faults may wait for events that now never come."""
    later = scenario.faults[max(numbers) :]
    return scenario.name not in SLOW and not any(fault.when for fault in later)


def things(scenario: Scenario) -> list[tuple[int, ...]]:
    """The faults by their numbers, those that belong together as one; without those that join."""
    together = TOGETHER.get(scenario.name, ())
    grouped = [number for numbers in together for number in numbers]
    alone = [
        (number,)
        for number, fault in enumerate(scenario.faults, start=1)
        if number not in grouped and not VERBS[fault.do].joins
    ]
    return sorted([*together, *alone])


THOROUGH = bool(os.environ.get(ALL_OF_THEM))
EVERY = [(scenario, numbers) for scenario in shipped_scenarios() for numbers in things(scenario)]
NEEDED = [each for each in EVERY if (each[0].name, each[1][0]) not in NOT_NEEDED]
CHOSEN = [each for each in NEEDED if THOROUGH or is_quick(*each)]
EXCEPTIONS = [each for each in EVERY if each not in NEEDED]


def told(thing: tuple[Scenario, tuple[int, ...]]) -> str:
    scenario, numbers = thing
    return f"{scenario.name}-{'+'.join(str(number) for number in numbers)}"


@pytest.mark.parametrize("thing", CHOSEN, ids=told)
def test_scenario_fails_where_a_fault_has_no_effect(
    thing: tuple[Scenario, tuple[int, ...]],
) -> None:
    scenario, numbers = thing
    assert not passes_without(scenario, numbers), [
        str(scenario.faults[number - 1]) for number in numbers
    ]


@pytest.mark.skipif(not THOROUGH, reason=f"with {ALL_OF_THEM}=1")
@pytest.mark.parametrize("thing", EXCEPTIONS, ids=told)
def test_exceptions_are_exceptions(thing: tuple[Scenario, tuple[int, ...]]) -> None:
    assert passes_without(*thing)


def test_what_is_said_of_faults_is_about_faults_that_there_are() -> None:
    known = {(scenario.name, numbers) for scenario, numbers in EVERY}
    names = {scenario.name for scenario in shipped_scenarios()}
    assert names >= set(SLOW)
    assert {(name, (number,)) for name, number in NOT_NEEDED} <= known
    assert {(name, group) for name, groups in TOGETHER.items() for group in groups} <= known


def test_nothing_has_changed_where_the_idle_fault_comes_on_top() -> None:
    """What stands in for a fault that is taken away has no effect of its own."""
    scenario = next(each for each in shipped_scenarios() if each.name == "kill-master")
    more = (idle(scenario.faults[0]), *scenario.faults)
    usual = run_scenario(scenario, seed=1)
    with_idle = run_scenario(dataclasses.replace(scenario, faults=more), seed=1)
    assert with_idle.passed
    assert with_idle.trace.entries[-1] == usual.trace.entries[-1]
