"""The exceptions that the properties make: each one really happens, and is recognised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from minisentinel.core import MODERN, Profile
from minisentinel.trace import Trace
from sim.invariants import (
    LEADER_HAS_THE_VOTES,
    NO_OLDER_CONFIGURATION,
    ODOWN_HAS_A_QUORUM,
    OLD_MASTER_IS_DEMOTED,
    ONE_ADDRESS_PER_CONFIG_EPOCH,
    ONE_LEADER_PER_EPOCH,
    ONE_MASTER_AT_THE_END,
    PECULIARITIES,
    REPLICAS_FOLLOW_AT_THE_END,
    SAVED_BEFORE_SENT,
    Invariant,
    Truth,
    broken_invariants,
    judge_all,
)
from sim.invariants.coverage import Coverage
from sim.invariants.peculiarities import MIXED_EPOCHS, OVERTAKEN_LEADER
from sim.invariants.reconfigurations import RECONFIGURED_MEANS_FOLLOWING
from sim.invariants.views import NOBODY_IS_ITS_OWN_PEER
from sim.scenarios import find_scenario, run_scenario
from sim.scenarios.events import EVENT_NAMES
from sim.scenarios.expectations import CONDITIONAL_NAMES
from sim.versions import SAFER_LEADER, SAFER_TALLY


def traces(name: str, profile: Profile = MODERN, seeds: int = 3) -> list[Trace]:
    scenario = find_scenario(name)
    return [
        run_scenario(scenario, seed=seed, profile=profile).trace for seed in range(1, seeds + 1)
    ]


def explained_by(trace: Trace, invariant: Invariant) -> set[str]:
    """The peculiarities that explain what is broken; it must be broken, and explained."""
    (judgement,) = judge_all(trace, [invariant])
    assert judgement.is_explained, str(judgement)
    return {each.name for each in judgement.peculiarities}


def test_votes_of_two_epochs_can_make_a_second_leader_of_one_epoch() -> None:
    """[ELE-6-8]"""
    found = traces("mixed-epochs")
    broken = [t for t in found if ONE_LEADER_PER_EPOCH.judge(t).truth is Truth.FALSE]
    assert len(broken) == len(found)
    assert {name for t in broken for name in explained_by(t, ONE_LEADER_PER_EPOCH)} == {
        "mixed-epochs"
    }
    assert [broken_invariants(trace) for trace in found] == [()] * len(found)


def test_counting_in_the_epoch_of_the_attempt_would_be_safe() -> None:
    """[ELE-6-8]"""
    for trace in traces("mixed-epochs", SAFER_TALLY):
        assert ONE_LEADER_PER_EPOCH.judge(trace)


def test_overtaken_leader_gives_two_addresses_the_same_epoch() -> None:
    for trace in traces("overtaken-leader", seeds=2):
        assert explained_by(trace, ONE_ADDRESS_PER_CONFIG_EPOCH) == {"overtaken-leader"}


def test_giving_up_when_overtaken_would_be_safe() -> None:
    for trace in traces("overtaken-leader", SAFER_LEADER):
        assert ONE_ADDRESS_PER_CONFIG_EPOCH.judge(trace)


SHOWN_BY = {
    "unknown-sentinels": ("grow-in-a-partition", ONE_LEADER_PER_EPOCH),
    "forced-failover": ("two-operators", ONE_ADDRESS_PER_CONFIG_EPOCH),
    "mixed-epochs": ("mixed-epochs", LEADER_HAS_THE_VOTES),
    "overtaken-leader": ("overtaken-leader", ONE_ADDRESS_PER_CONFIG_EPOCH),
    "equal-epochs": ("three-truths", ONE_MASTER_AT_THE_END),
    "disk-failed": ("config-not-saved", SAVED_BEFORE_SENT),
    "done-elsewhere": ("overtaken-leader", RECONFIGURED_MEANS_FOLLOWING),
    "adopted-epoch-unsaved": ("adopted-epoch-unsaved", NO_OLDER_CONFIGURATION),
    "assigned-epoch": ("assigned-epoch", NO_OLDER_CONFIGURATION),
    "opinions-freeze": ("old-opinions", ODOWN_HAS_A_QUORUM),
    "own-address": ("own-address", NOBODY_IS_ITS_OWN_PEER),
    "stale-name": ("stale-name", REPLICAS_FOLLOW_AT_THE_END),
    "unwatched-server": ("reset-in-a-failover", OLD_MASTER_IS_DEMOTED),
}
"""The scenario in which each peculiarity happens with seed 1, and what it breaks there."""


def test_each_peculiarity_happens_and_explains_what_it_breaks(
    show: Callable[[str, str], None],
) -> None:
    coverage = Coverage(EVENT_NAMES)
    for name in sorted({name for name, _ in SHOWN_BY.values()}):
        # Some show only in what is true at the end.
        scenario = replace(find_scenario(name), invariants=CONDITIONAL_NAMES)
        result = run_scenario(scenario)
        coverage.add(result.trace, result.peculiarities)
        for peculiarity, (where, invariant) in SHOWN_BY.items():
            if where == name:
                assert peculiarity in explained_by(result.trace, invariant)
                assert peculiarity in result.peculiarities
    show("Coverage of peculiar scenarios", coverage.table())
    floors = {f"explained by: {each.name}": 1 for each in PECULIARITIES}
    assert coverage.below({**floors, "happened: not saved": 1}) == {}


def test_every_peculiarity_has_a_scenario_that_shows_it() -> None:
    assert set(SHOWN_BY) == {each.name for each in PECULIARITIES}


def test_nothing_peculiar_is_seen_in_an_ordinary_failover() -> None:
    (trace,) = traces("kill-master", seeds=1)
    assert [each.name for each in PECULIARITIES if each.recognise(trace)] == []


@pytest.mark.parametrize("name", ["mixed-epochs", "overtaken-leader"])
def test_peculiarities_are_recognised_only_where_they_are(name: str) -> None:
    other = {"mixed-epochs": OVERTAKEN_LEADER, "overtaken-leader": MIXED_EPOCHS}[name]
    assert not any(other.recognise(trace) for trace in traces(name, seeds=2))
