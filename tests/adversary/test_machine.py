"""Hypothesis plays the adversary: any move at any time, and every promise after every one.

A failing example shrinks by itself, and its moves are printed as a schedule that
``python -m sim.adversary replay`` understands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from minisentinel.core import MODERN, Profile
from sim.adversary.culprits import HERE
from sim.adversary.moves import Move
from sim.adversary.plan import Limits, Plan
from sim.adversary.runs import replay
from sim.adversary.settling import STARTS
from sim.adversary.world import Situation, World
from sim.invariants import judge_all
from sim.mutants import find_mutant
from sim.search import search_profile

LIMITS = Limits(waits=(1001, 5500), waiting=5, crashes=2, drops=3, cuts=1, kills=2)
PERIODS = Limits(waits=(1001, 2001, 5500, 10_001), waiting=12, crashes=2, drops=3, cuts=2, kills=2)
FREE = ("deliver", "answer", "tick")
PROFILE = search_profile()
LONG = PROFILE.name == "soak"


class Adversary(RuleBasedStateMachine):
    """Three Sentinels in the moment of crisis, and all that may befall them.

    Only what they ask each other about the master and its election takes time.
    """

    profile: Profile = MODERN
    plan = Plan(replicas=2, limits=LIMITS)
    start = "crisis"
    worlds: ClassVar[dict[tuple[str, str, bool], tuple[World, Situation]]] = {}

    def __init__(self) -> None:
        super().__init__()
        which = (self.profile.name, self.start, self.plan.only_votes)
        known = Adversary.worlds.get(which)
        if known is None:
            world = World(replace(self.plan, profile=self.profile))
            known = Adversary.worlds[which] = (world, STARTS[self.start](world))
        self.world, self.begun = known
        self.situation = self.begun
        self.moves = self.world.moves(self.situation, checked=False)
        self.way: list[Move] = []
        self.broken: list[str] = []

    def make(self, move: Move) -> None:
        note(str(move))
        outcome = self.world.apply(self.situation, move)
        self.situation = outcome.situation
        self.moves = self.world.moves(self.situation, checked=False)
        self.way.append(move)
        self.broken += [each.text for each in outcome.breaches]

    @precondition(lambda self: any(move.verb in FREE for move in self.moves))
    @rule(data=st.data())
    def something_arrives_or_a_timer_fires(self, data: Any) -> None:
        self.make(data.draw(st.sampled_from([m for m in self.moves if m.verb in FREE])))

    @precondition(lambda self: any(move.verb not in FREE for move in self.moves))
    @rule(data=st.data())
    def something_fails(self, data: Any) -> None:
        self.make(data.draw(st.sampled_from([m for m in self.moves if m.verb not in FREE])))

    @invariant()
    def promises_are_kept(self) -> None:
        assert not self.broken

    @invariant()
    def who_tells_a_configuration_has_it_on_disk(self) -> None:
        for number in self.situation.minds:
            mind = self.world.minds[number]
            disk = {each.name: each for each in mind.disk.masters}
            for name, epoch, address in mind.holds:
                # An epoch that came without another address is saved with the next thing that is.
                if (disk[name].host, disk[name].port) != address:
                    assert disk[name].config_epoch < epoch
                    raise AssertionError(f"{address} is told, and not on disk")

    def teardown(self) -> None:
        """The judge has the last word, on the whole trace."""
        run = replay(self.world, self.begun, self.way)
        broken = [str(each) for each in judge_all(run.trace, HERE) if each.is_broken]
        assert not broken


class AdversaryOfForgetfulVoters(Adversary):
    """The same with a planted bug, which has to be found."""

    profile = find_mutant("votes-again").profile


class AdversaryOfEverything(Adversary):
    """PING, INFO, hello and what servers are told are in flight as well; it begins in peace."""

    plan = Plan(replicas=2, limits=PERIODS, only_votes=False, instant_servers=False, lucky=False)
    start = "peace"


class AdversaryOfNews(AdversaryOfEverything):
    """A failover is over, and its news is on the way; the old master runs again."""

    start = "failed over"


class AdversaryOfFailovers(AdversaryOfEverything):
    """The moment of crisis, with everything in flight."""

    start = "crisis"


class AdversaryOfTheCredulous(AdversaryOfNews):
    """The same with a planted bug in how news spreads, which has to be found."""

    profile = find_mutant("old-news-believed").profile


def examples(few: int, steps: int) -> settings:
    """Few of them, unless the profile in force is the long one."""
    return settings(
        max_examples=PROFILE.stories if LONG else few,
        stateful_step_count=3 * steps if LONG else steps,
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )


TestAdversary = Adversary.TestCase
TestAdversary.settings = examples(8, 20)
TestAdversaryOfEverything = AdversaryOfEverything.TestCase
TestAdversaryOfEverything.settings = examples(4, 40)
TestAdversaryOfNews = AdversaryOfNews.TestCase
TestAdversaryOfNews.settings = examples(4, 40)
TestAdversaryOfFailovers = AdversaryOfFailovers.TestCase
TestAdversaryOfFailovers.settings = examples(4, 40)


def test_adversary_has_hellos_pings_and_what_servers_are_told_in_its_hands() -> None:
    machine = AdversaryOfNews()
    situation = machine.begun
    for _ in range(12):
        situation = machine.world.apply(situation, Move("tick", "s1", ms=2001)).situation
    flying = [machine.world.wires[number] for number in situation.wires]
    said = {command[0] for wire in flying for packet in wire.out for command in packet}
    assert {"PING", "INFO", "PUBLISH"} <= said
    assert {wire.key.target for wire in flying if wire.out} >= {"alpha-2", "s2", "s3"}


def test_machine_finds_a_planted_bug() -> None:
    few = settings(
        max_examples=100,
        stateful_step_count=12,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # shrinking is what takes long
    )
    with pytest.raises(AssertionError, match="voted twice"):
        run_state_machine_as_test(AdversaryOfForgetfulVoters, settings=few)
