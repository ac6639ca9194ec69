"""Every invariant is shown false by a wrong protocol, or it is said why no Sentinel breaks it.

Each mutant names the one invariant by which it is found out. Some invariants are named by nobody,
since those who break them break a sharper one as well; here they are broken all the same.
"""

from __future__ import annotations

import dataclasses

import pytest

from minisentinel.core import MODERN
from sim.clients import ClientGroup, Workload
from sim.invariants import INVARIANTS, find_invariant
from sim.mutants import MUTANTS, find_mutant
from sim.search import Dice, Story
from sim.search.grounds import ground
from sim.search.hunting import violation

NAMED = {mutant.breaks for mutant in MUTANTS}

BROKEN_TOO = {
    "one-address-per-config-epoch": ("majority-of-the-living", None),
    "minority-never-promotes": ("majority-of-the-living", None),
    "clients-write-at-the-end": ("role-not-looked-at", 0),
    "waited-writes-survive": ("offset-reversed", 1),
}
"""A mutant that breaks it, and for how many replicas a client waits that is added to the story."""

BEYOND_SENTINEL = {
    "losses-are-explained": "a loss is explained by whatever Sentinels do; servers that lose what "
    "they have break it",
    "promotion-only-by-a-leader": "no rule decides upon the order of the steps of a failover; a "
    "log in which one is missing breaks it",
}
"""Those that a wrong rule of a Sentinel cannot break (`tests/invariants` shows traces that do)."""


def test_every_invariant_is_broken_by_a_planted_bug_or_it_is_said_why_not() -> None:
    tables = (NAMED, set(BROKEN_TOO), set(BEYOND_SENTINEL))
    assert set().union(*tables) == {each.name for each in INVARIANTS}
    assert sum(map(len, tables)) == len(INVARIANTS)


def with_client(story: Story, waits: int) -> Story:
    """The same story with a client that writes, and waits for so many replicas."""
    workload = Workload(rate=5.0, wait_replicas=waits)
    groups = (ClientGroup(kind="textbook", count=1, workload=workload),)
    where = dataclasses.replace(story.scenario.deployment, clients=1, groups=groups)
    scenario = dataclasses.replace(story.scenario, deployment=where)
    return dataclasses.replace(story, scenario=scenario)


@pytest.mark.parametrize("name", sorted(BROKEN_TOO))
def test_mutant_breaks_an_invariant_that_is_not_its_own_and_the_true_protocol_does_not(
    name: str,
) -> None:
    mutant, waits = find_mutant(BROKEN_TOO[name][0]), BROKEN_TOO[name][1]
    story = ground(mutant.hunt)(Dice(0))
    if waits is not None:
        story = with_client(story, waits)
    assert violation(story, mutant.profile, find_invariant(name))
    assert not violation(story, MODERN, find_invariant(name))
