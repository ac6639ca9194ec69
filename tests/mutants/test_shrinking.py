"""A story that catches a planted bug is made smaller in every respect, and still catches it."""

from __future__ import annotations

import dataclasses
import re

import pytest

from minisentinel.core import MODERN
from sim.invariants import broken_invariants, find_invariant
from sim.mutants import find_mutant
from sim.scenarios import Fault, Repetition
from sim.search import Dice, Story, any_story, play, wild_story
from sim.search.deployments import names_of
from sim.search.hunting import Catch, Hunter, violation
from sim.search.shrinking import simplest
from sim.search.simplifying import (
    STEPS,
    fewer_masters,
    fewer_replicas,
    fewer_sentinels,
    milder_faults,
    sooner,
    with_faults,
)
from sim.world.deployment import Deployment

NODE = re.compile(r"(redis|sentinel|client)-\d+")


def in_a(where: Deployment, *faults: Fault) -> Story:
    """A story in that deployment."""
    story = with_faults(any_story(Dice(0)), faults)
    return dataclasses.replace(
        story, scenario=dataclasses.replace(story.scenario, deployment=where)
    )


def size(story: Story) -> tuple[int, ...]:
    """Nodes of each kind, and faults."""
    where = story.scenario.deployment
    faults = len(story.scenario.faults)
    return (where.sentinels, where.masters, where.replicas, where.clients, faults)


MUTANT = find_mutant("no-desynchronisation")
HUNTER = Hunter()


@pytest.fixture(scope="module")
def found() -> Catch:
    """How the planted bug is caught at first."""
    catch = HUNTER.hunt(MUTANT)
    assert catch is not None
    return catch


def test_counterexample_of_a_planted_bug_gets_as_small_as_the_bug_allows(found: Catch) -> None:
    """Whoever draws no lots shows it alone, as soon as there is something to do."""
    shrunk = HUNTER.shrink(found)
    assert all(
        one >= other for one, other in zip(size(found.story), size(shrunk.story), strict=True)
    )
    assert size(shrunk.story) == (1, 1, 0, 0, 1)
    assert (found.nodes, found.length) > (shrunk.nodes, shrunk.length) == (2, 1)
    assert violation(shrunk.story, MUTANT.profile, find_invariant(MUTANT.breaks)) == shrunk.reason
    assert not broken_invariants(play(shrunk.story, MODERN))


def test_result_is_broken_by_the_same_invariant_with_any_budget(found: Catch) -> None:
    sizes = []
    for budget in (0, 3, 8):
        shrunk = HUNTER.shrink(found, most_runs=budget)
        assert violation(shrunk.story, MUTANT.profile, find_invariant(MUTANT.breaks))
        sizes.append(shrunk.nodes + shrunk.length)
    assert sizes[0] == found.nodes + found.length
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0]


def test_no_more_stories_are_tried_than_the_budget_allows_and_none_twice() -> None:
    tried: list[Story] = []

    def refuse(story: Story) -> bool:
        tried.append(story)
        return False

    story = wild_story(Dice(3))
    assert simplest(story, refuse, most_runs=7) is story
    assert len(tried) == 7
    tried.clear()
    assert simplest(story, refuse, most_runs=10_000) is story
    assert all(each not in tried[:place] for place, each in enumerate(tried))


def test_story_that_cannot_be_played_is_not_good() -> None:
    def crash(_: Story) -> bool:
        raise RuntimeError("a wrong rule")

    story = any_story(Dice(1))
    assert simplest(story, crash) is story


def test_whatever_is_not_needed_goes() -> None:
    """What is needed: two Sentinels, of which one is killed, which may be any."""

    def is_good(story: Story) -> bool:
        sentinels = names_of(story.scenario.deployment)[1]
        killed = [each.node for each in story.scenario.faults if each.do == "kill"]
        return len(sentinels) > 1 and bool(set(killed) & set(sentinels))

    shrunk = 0
    for number in range(150):
        story = wild_story(Dice(number))
        if not is_good(story):
            continue
        found = simplest(story, is_good, most_runs=10_000)
        assert size(found) == (2, 1, 0, 0, 1)
        where = Deployment(sentinels=2, replicas=0, clients=0)
        chosen = found.scenario.deployment
        where = dataclasses.replace(
            where,
            quorum=chosen.quorum,
            down_after_milliseconds=min(chosen.down_after_milliseconds, 1000),
            failover_timeout=min(chosen.failover_timeout, 3000),
        )
        assert chosen == where
        (kill,) = found.scenario.faults
        assert kill.at == 15.0 or kill.at is None
        shrunk += 1
    assert shrunk > 3


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_simpler_stories_speak_only_of_nodes_that_are_there(step: object) -> None:
    assert callable(step)
    found = 0
    for number in range(60):
        story = wild_story(Dice(number))
        joining = ("add", "reuse_address")
        newcomers = {each.node for each in story.scenario.faults if each.do in joining}
        for simpler in step(story):
            where = simpler.scenario.deployment
            known = {each for group in names_of(where) for each in group} | newcomers
            named = {name for fault in simpler.scenario.faults for name in fault.names}
            assert {name for name in named if NODE.fullmatch(name)} <= known
            assert not where.topology.unknown_nodes(known)
            assert simpler != story
            found += 1
    assert found > 20


def test_those_who_are_left_move_up_and_keep_their_faults() -> None:
    where = Deployment(sentinels=3, replicas=2, masters=2, clients=0, quorum=3)
    story = in_a(
        where,
        Fault("kill", 15.0, node="sentinel-3"),
        Fault("partition", 16.0, groups=(("redis-3", "sentinel-1"), ("redis-6",))),
        Fault("pause", 17.0, node="redis-6"),
    )
    fewer = list(fewer_sentinels(story))
    alone = fewer[0].scenario
    assert (alone.deployment.sentinels, alone.deployment.quorum) == (1, 1)
    assert alone.faults[0].node == "sentinel-1"
    assert alone.faults[1].groups == (("redis-3",), ("redis-6",))
    without_the_first = next(each.scenario for each in fewer_replicas(story) if each)
    assert without_the_first.deployment.replicas == 0
    assert [each.do for each in without_the_first.faults] == ["kill"]
    *_, last = fewer_replicas(story)
    assert last.scenario.faults[1].groups == (("redis-2", "sentinel-1"), ("redis-4",))
    assert last.scenario.faults[2].node == "redis-4"
    (first_master,) = fewer_masters(story)
    assert [str(each) for each in first_master.scenario.faults] == ["kill sentinel-3"]


def test_priorities_stay_with_the_replicas_that_have_them() -> None:
    where = Deployment(replicas=3, clients=0, replica_priorities=(10, 20, 30))
    _, *one_less = fewer_replicas(in_a(where))
    told = [each.scenario.deployment.replica_priorities for each in one_less]
    assert told == [(10, 20), (10, 30), (20, 30)]


def test_times_become_whole_and_short_and_keep_their_order() -> None:
    story = in_a(
        Deployment(clients=0),
        Fault("kill", 15.3, node="redis-1"),
        Fault("restart", 20.8, node="redis-1", repeat=Repetition(1.0, until=23.5)),
    )
    times = [[each.at for each in simpler.scenario.faults] for simpler in sooner(story)]
    assert times == [[15.0, 21.0], [15.3, 15.3], [15.3, 17.3]]
    until = [simpler.scenario.faults[1].repeat for simpler in sooner(story)]
    assert [each.until for each in until if each is not None] == [24.0, 18.0, 20.0]


def test_milder_fault_happens_once_and_both_ways_and_for_half_as_long() -> None:
    groups = (("redis-1",), ("redis-2",), ("redis-3",))
    fault = Fault("partition", 15.0, groups=groups, one_way=True, repeat=Repetition(2.0, times=2))
    story = in_a(Deployment(clients=0), fault, Fault("block", 16.0, node="redis-1", seconds=5.0))
    (once, both_ways, halved, shorter) = [each.scenario.faults for each in milder_faults(story)]
    assert once[0].repeat is None
    assert not both_ways[0].one_way
    assert halved[0].groups == (("redis-1",), ("redis-2", "redis-3"))
    assert shorter[1].seconds == 2.0
