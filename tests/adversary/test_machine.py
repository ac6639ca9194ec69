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
from sim.invariants import SAVED_BEFORE_SENT, Judgement, judge_all
from sim.mutants import find_mutant
from sim.search import search_profile

LIMITS = Limits(waits=(1001, 5500), waiting=5, crashes=2, drops=3, cuts=1, kills=2)
PERIODS = Limits(waits=(1001, 2001, 5500, 10_001), waiting=12, crashes=2, drops=3, cuts=2, kills=2)
FREE = ("deliver", "answer", "tick")
PROFILE = search_profile()
LONG = PROFILE.name == "soak"


class PromiseBroken(AssertionError):
    """An invariant is broken; the text says which, and how."""


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
        """What was seen at once is for the judge to name; he may know an explanation."""
        if self.broken:
            if not any(each.is_explained for each in self.judged()):
                raise PromiseBroken(f"no invariant, and yet: {self.broken[0]}")
            self.broken.clear()

    @invariant()
    def who_tells_a_configuration_has_it_on_disk(self) -> None:
        for name, number in zip(self.world.plan.sentinel_names, self.situation.minds, strict=True):
            for master, epoch, (host, port) in self.world.minds[number].unsaved:
                raise PromiseBroken(
                    f"{SAVED_BEFORE_SENT}: {name} tells that {master} is {host}:{port} since epoch "
                    f"{epoch}, and has another address on disk"
                )

    def teardown(self) -> None:
        """The judge has the last word, on the whole trace."""
        self.judged()

    def judged(self) -> tuple[Judgement, ...]:
        judgements = judge_all(replay(self.world, self.begun, self.way).trace, HERE)
        for each in judgements:
            if each.is_broken:
                raise PromiseBroken(f"{each.invariant}: {each.unexplained[0].reason}")
        return judgements


class AdversaryOfForgetfulVoters(Adversary):
    """The same with a planted bug, which has to be found."""

    profile = find_mutant("votes-again").profile


class AdversaryOfEverything(Adversary):
    """PING, INFO, hello and what servers are told are in flight as well; it begins in peace."""

    plan = Plan(replicas=2, limits=PERIODS, only_votes=False, instant_servers=False, lucky=False)
    start = "peace"


class AdversaryOfNews(AdversaryOfEverything):
    """A replica was promoted, and only its leader knows; what the others say is old news."""

    start = "promoted"


class AdversaryOfReturns(AdversaryOfEverything):
    """A failover is over; the old master runs again, and nobody has told it what it is now."""

    start = "failed over"


class AdversaryOfFailovers(AdversaryOfEverything):
    """The moment of crisis, with everything in flight."""

    start = "crisis"


class AdversaryOfTheCredulous(AdversaryOfNews):
    """The same with a planted bug in how news spreads, which has to be found."""

    profile = find_mutant("old-news-believed").profile


class AdversaryOfTheYielding(AdversaryOfNews):
    """The same with a planted bug in what becomes of equals, which has to be found."""

    profile = find_mutant("ties-believed").profile


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
TestAdversaryOfReturns = AdversaryOfReturns.TestCase
TestAdversaryOfReturns.settings = examples(4, 40)
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


def the_same_every_time(few: int, steps: int) -> settings:
    """Only looked for, since shrinking is what takes long."""
    return settings(
        max_examples=few,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate],
    )


@pytest.mark.parametrize(
    ("machine", "steps", "invariant"),
    [
        (AdversaryOfForgetfulVoters, 12, "one-vote-per-epoch: .* voted twice"),
        # The second, where it dies in the act: it comes back with what it has just saved.
        (AdversaryOfTheCredulous, 20, "(only-news-is-adopted|no-older-configuration): "),
        (AdversaryOfTheYielding, 20, "only-news-is-adopted: "),
    ],
    ids=["votes-again", "old-news-believed", "ties-believed"],
)
def test_machine_finds_a_planted_bug_by_an_invariant(
    machine: type[Adversary], steps: int, invariant: str
) -> None:
    with pytest.raises(PromiseBroken, match=f"^{invariant}"):
        run_state_machine_as_test(machine, settings=the_same_every_time(200, steps))


@pytest.mark.parametrize("machine", [Adversary, AdversaryOfNews])
def test_true_rules_survive_the_machine_that_finds_the_planted_bugs(
    machine: type[Adversary],
) -> None:
    run_state_machine_as_test(machine, settings=the_same_every_time(60, 20))


def test_only_its_leader_knows_a_configuration_when_its_news_begins_to_spread() -> None:
    machine = AdversaryOfNews()
    holds = [machine.world.minds[number].holds for number in machine.begun.minds]
    assert [epoch > 0 for ((_, epoch, _),) in holds].count(True) == 1
    assert {address for ((_, epoch, address),) in holds if not epoch} == {("10.0.1.1", 6379)}


def test_configuration_that_is_told_and_not_on_disk_breaks_a_promise_by_name() -> None:
    machine = AdversaryOfNews()
    machine.who_tells_a_configuration_has_it_on_disk()
    minds = machine.world.minds
    (leader,) = (n for n in machine.begun.minds if minds[n].holds[0][1])
    other = next(n for n in machine.begun.minds if n != leader)
    minds.table.append(replace(minds[leader], disk=minds[other].disk))
    machine.situation = machine.begun._replace(minds=(other, len(minds.table) - 1, other))
    with pytest.raises(
        PromiseBroken, match=r"^saved-before-sent: s2 tells that alpha is 10\.0\.1\."
    ):
        machine.who_tells_a_configuration_has_it_on_disk()


def test_breach_that_the_judge_does_not_see_is_not_passed_over() -> None:
    machine = Adversary()
    machine.broken.append("s1 did what nobody may")
    with pytest.raises(PromiseBroken, match=r"^no invariant, and yet: s1 did what nobody may"):
        machine.promises_are_kept()
