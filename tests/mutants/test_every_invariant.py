"""Every invariant is shown false by a planted bug, of Sentinels or of servers.

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
    "one-address-per-config-epoch": ("majority-of-the-living", False),
    "minority-never-promotes": ("majority-of-the-living", False),
    "clients-write-at-the-end": ("role-not-looked-at", True),
}
"""A mutant that breaks it, and whether a client is added to the story."""


def test_every_invariant_is_broken_by_a_planted_bug() -> None:
    assert NAMED | set(BROKEN_TOO) == {each.name for each in INVARIANTS}
    assert not NAMED & set(BROKEN_TOO)


def with_client(story: Story) -> Story:
    """The same story with a client that writes."""
    groups = (ClientGroup(kind="textbook", count=1, workload=Workload(rate=5.0)),)
    where = dataclasses.replace(story.scenario.deployment, clients=1, groups=groups)
    scenario = dataclasses.replace(story.scenario, deployment=where)
    return dataclasses.replace(story, scenario=scenario)


@pytest.mark.parametrize("name", sorted(BROKEN_TOO))
def test_mutant_breaks_an_invariant_that_is_not_its_own_and_the_true_protocol_does_not(
    name: str,
) -> None:
    mutant, needs_client = find_mutant(BROKEN_TOO[name][0]), BROKEN_TOO[name][1]
    story = ground(mutant.hunt)(Dice(0))
    if needs_client:
        story = with_client(story)
    assert violation(story, mutant.profile, find_invariant(name))
    assert not violation(story, MODERN, find_invariant(name))
