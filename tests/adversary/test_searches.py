"""The searches: what they exhaust, what they find, and that the judge agrees."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sim import adversary
from sim.adversary.chance import Pct, Walk, hunt, one_run
from sim.adversary.culprits import CULPRIT_HUNTS, HERE, Culprit, catch
from sim.adversary.exploring import explore
from sim.adversary.moves import parse_moves
from sim.adversary.plan import Limits, Plan
from sim.adversary.questions import Answer, ask, find_question, world_of
from sim.adversary.runs import replay
from sim.adversary.settling import crisis
from sim.adversary.variants import SAFER_TALLY
from sim.adversary.world import World
from sim.invariants import ONE_LEADER_PER_EPOCH, find_peculiarity, judge_all


def test_one_election_is_exhausted_and_clean() -> None:
    answer = ask(find_question("one-election"))
    assert answer.claim == "exhausted"
    assert answer.states == 1852
    assert answer.breach is None


def test_bounds_are_said_honestly() -> None:
    world = World(Plan(until_elected=True), watch=("two-leaders",))
    start = crisis(world)
    assert explore(world, start, max_states=500).claim == "bound reached: 500 states"
    shallow = explore(world, start, max_depth=3)
    assert shallow.claim == "bound reached: 3 moves"
    assert shallow.layers == [1, 3, 9, 28]
    assert explore(world, start, max_depth=50).claim == "exhausted"


def test_merging_situations_loses_none() -> None:
    """A search that keeps every way apart comes to the same situations."""
    world = World(Plan(until_elected=True, candidates=("s1", "s2")), watch=("two-leaders",))
    start = crisis(world)
    reached, stack, ways = {start}, [(start, 0)], 0
    while stack:
        situation, depth = stack.pop()
        ways += 1
        if depth < 6:
            for move in world.moves(situation):
                after = world.apply(situation, move).situation
                reached.add(after)
                stack.append((after, depth + 1))
    merged = explore(world, start, max_depth=6)
    assert merged.states == len(reached)
    assert ways > 5 * len(reached)


def test_a_crash_at_any_moment_breaks_nothing() -> None:
    """With one candidate, so that it is quick; `make explore` does it with three."""
    limits = Limits(crashes=2, in_flight=2)
    plan = Plan(until_elected=True, candidates=("s1",), limits=limits)
    world = World(plan, watch=("two-leaders", "two-votes"))
    result = explore(world, crisis(world), max_states=100_000)
    assert result.exhausted
    assert result.found == {}


@pytest.fixture(scope="module")
def mixed() -> Answer:
    return ask(find_question("two-masters"))


def test_votes_of_two_epochs_elect_two_leaders_when_two_masters_die(mixed: Answer) -> None:
    """[ELE-6-8]"""
    assert mixed.breach is not None
    assert mixed.breach.what == "two-leaders"
    run = replay(mixed.world, mixed.start, mixed.way)
    judged = {each.invariant: each for each in judge_all(run.trace, HERE)}
    assert judged[ONE_LEADER_PER_EPOCH].is_explained
    assert judged[ONE_LEADER_PER_EPOCH].peculiarities == (find_peculiarity("mixed-epochs"),)
    assert not any(each.is_broken for each in judged.values())


def test_nothing_can_be_left_out_of_what_was_found(mixed: Answer) -> None:
    for n in range(len(mixed.way)):
        without = mixed.way[:n] + mixed.way[n + 1 :]
        assert not replay(mixed.world, mixed.start, without, skip=True).breaches


def test_counting_in_the_epoch_of_the_attempt_survives_the_same_search() -> None:
    """[ELE-6-8]"""
    answer = ask(find_question("two-masters"), SAFER_TALLY)
    assert answer.claim == "exhausted"
    assert answer.breach is None


def test_candidate_with_a_majority_of_votes_may_fail_when_two_masters_die() -> None:
    """[ELE-6-3]"""
    answer = ask(find_question("enough-votes"))
    assert [str(move) for move in answer.way] == [
        "tick s1",
        "deliver s1>s2",
        "deliver s1<s2",
        "tick s1 +1001",
        "tick s1 +1001",
        "tick s1 +1001",
    ]


def test_growing_during_a_partition_makes_two_majorities() -> None:
    five = ask(find_question("growing-to-5"))
    assert five.breach is not None
    assert len(five.way) == 8


def test_safer_tally_does_not_help_when_the_ensemble_grows() -> None:
    four = ask(find_question("growing-to-4"), SAFER_TALLY)
    assert four.breach is not None
    assert four.breach.what == "two-addresses"


@pytest.mark.parametrize("culprit", CULPRIT_HUNTS, ids=lambda each: each.mutant)
def test_planted_bug_is_caught(culprit: Culprit) -> None:
    found = catch(culprit)
    assert found.by
    assert len(found.way) <= 12


@pytest.mark.parametrize("culprit", CULPRIT_HUNTS, ids=lambda each: each.mutant)
def test_true_protocol_survives_where_the_planted_bug_is_caught(culprit: Culprit) -> None:
    world = World(culprit.plan, watch=("two-leaders", "two-votes"))
    start = crisis(world)
    for seed in range(30):
        way, breach = one_run(world, start, Walk(Random(seed)), 40, lambda breach: True)
        assert breach is None
        judged = judge_all(replay(world, start, way).trace, HERE)
        assert not any(each.is_broken for each in judged)


@pytest.mark.parametrize("name", ["two-addresses", "growing-to-4", "enough-votes"])
def test_schedule_of_the_documentation_leads_where_it_says(name: str) -> None:
    text = Path(adversary.__file__).with_name("schedules").joinpath(f"{name}.moves").read_text()
    question = find_question(name)
    world, start = world_of(question)
    run = replay(world, start, parse_moves(text))
    assert run.breaches[-1].what == (question.stages or question.watch)[-1]


def test_invariants_that_judge_here_exist() -> None:
    assert len(HERE) == 13


def test_chance_finds_what_exploration_finds() -> None:
    world, start = world_of(find_question("growing-to-5"))
    found = hunt(world, start, runs=200, steps=30, depth=2)
    assert found.breach is not None
    again = hunt(world, start, runs=1, steps=30, depth=2, first_seed=found.seed)
    assert again.way == found.way
    run = replay(world, start, found.way)
    assert found.breach in run.breaches


def test_agent_of_the_highest_priority_goes_first_until_a_change() -> None:
    world = World(Plan(), watch=())
    start = crisis(world)
    chooser = Pct(Random(1), depth=1, steps=10)
    first = chooser.choose(world.moves(start), 0)
    assert all(chooser.choose(world.moves(start), n) == first for n in range(1, 5))
    always = Pct(Random(1), depth=2, steps=1)
    assert always.choose(world.moves(start), 0) != first
