"""Hypothesis plays the adversary: any move at any time, and every promise after every one.

A failing example shrinks by itself, and its moves are printed as a schedule that
``python -m sim.adversary replay`` understands.
"""

from __future__ import annotations

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
from sim.adversary.settling import crisis
from sim.adversary.world import Situation, World
from sim.invariants import judge_all
from sim.mutants import find_mutant

LIMITS = Limits(waits=(1001, 5500), waiting=5, crashes=2, drops=3, cuts=1, kills=2)
FREE = ("deliver", "answer", "tick")


class Adversary(RuleBasedStateMachine):
    """Three Sentinels in the moment of crisis, and all that may befall them."""

    profile: Profile = MODERN
    worlds: ClassVar[dict[str, World]] = {}
    starts: ClassVar[dict[str, Situation]] = {}

    def __init__(self) -> None:
        super().__init__()
        world = Adversary.worlds.get(self.profile.name)
        if world is None:
            plan = Plan(replicas=2, limits=LIMITS, profile=self.profile)
            world = Adversary.worlds[self.profile.name] = World(plan)
            Adversary.starts[self.profile.name] = crisis(world)
        self.world = world
        self.start = self.situation = Adversary.starts[self.profile.name]
        self.moves = world.moves(self.situation, checked=False)
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
        run = replay(self.world, self.start, self.way)
        broken = [str(each) for each in judge_all(run.trace, HERE) if each.is_broken]
        assert not broken


class AdversaryOfForgetfulVoters(Adversary):
    """The same with a planted bug, which has to be found."""

    profile = find_mutant("votes-again").profile


TestAdversary = Adversary.TestCase
TestAdversary.settings = settings(
    max_examples=8, stateful_step_count=20, suppress_health_check=list(HealthCheck), deadline=None
)


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
