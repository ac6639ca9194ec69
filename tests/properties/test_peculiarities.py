"""The exceptions that the properties make: each one really happens, and is recognised."""

from __future__ import annotations

from pathlib import Path

import pytest

from minisentinel.core import MODERN, Profile
from minisentinel.core.rules import ElectionRules
from minisentinel.core.state import Master, State
from minisentinel.trace import Trace
from sim.judge import ONE_LEADER_PER_EPOCH, Truth
from sim.scenarios import find_scenario, run_scenario
from tests.properties.checking import broken_invariants
from tests.properties.peculiarities import mixed_epochs, overtaken_leaders

FILES = Path(__file__).with_name("peculiarities")


class SaferTally(ElectionRules):
    """Counts votes in the epoch of the attempt, as the specification suggests."""

    __slots__ = ()

    def tally_epoch(self, state: State, master: Master) -> int:
        return master.failover_epoch


def traces(name: str, profile: Profile = MODERN, seeds: int = 6) -> list[Trace]:
    scenario = find_scenario(str(FILES / f"{name}.toml"))
    return [
        run_scenario(scenario, seed=seed, profile=profile).trace for seed in range(1, seeds + 1)
    ]


def test_votes_of_two_epochs_can_make_a_second_leader_of_one_epoch() -> None:
    """[ELE-6-8]"""
    found = traces("mixed-epochs")
    broken = [t for t in found if ONE_LEADER_PER_EPOCH.judge(t).truth is Truth.FALSE]
    assert len(broken) >= 2
    assert all(mixed_epochs(trace) for trace in broken)
    assert [broken_invariants(trace) for trace in found] == [{}] * len(found)


def test_counting_in_the_epoch_of_the_attempt_would_be_safe() -> None:
    """[ELE-6-8]"""
    for trace in traces("mixed-epochs", Profile("safer-tally", election=SaferTally())):
        assert ONE_LEADER_PER_EPOCH.judge(trace)


def test_overtaken_leader_gives_two_addresses_the_same_epoch() -> None:
    for trace in traces("overtaken-leader", seeds=2):
        ((first, second),) = overtaken_leaders(trace)
        assert (first.selected, second.selected) == (second.old, first.old)
        assert (first.epoch, second.epoch) == (1, 2)
        # It is not told by hellos: whoever has the epoch believes its own address.
        assert first.ended_us > (second.promoted_us or 0)


@pytest.mark.parametrize("name", ["mixed-epochs", "overtaken-leader"])
def test_peculiarities_are_recognised_only_where_they_are(name: str) -> None:
    other = {"mixed-epochs": overtaken_leaders, "overtaken-leader": mixed_epochs}[name]
    assert not any(other(trace) for trace in traces(name, seeds=2))
