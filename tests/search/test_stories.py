"""What stories are made of: all verbs, all sizes, mended at the end, the same for a number."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import pytest

from sim.clients import CLIENT_KINDS
from sim.invariants import INVARIANTS, Kind
from sim.scenarios import Fault
from sim.scenarios.verbs import VERBS
from sim.search import (
    KINDS,
    MAKERS,
    Dice,
    any_deployment,
    judge,
    random_story,
    story_in,
    wild_story,
)
from sim.search.schedules import AGAIN, CUES, Schedule
from sim.trace import FaultInjected
from sim.world import Deployment, World

T = TypeVar("T")
MANY = 400
WILD = [wild_story(Dice(number)).scenario for number in range(MANY)]


class Simplest:
    """Always gives the simplest answer."""

    def integer(self, low: int, high: int) -> int:
        return low

    def choice(self, options: Sequence[T]) -> T:
        return options[0]


def test_there_is_a_maker_for_every_verb_of_the_world() -> None:
    """Whoever adds a verb adds a maker, and a mending if it needs one."""
    assert set(MAKERS) == set(VERBS)


def test_every_verb_is_used() -> None:
    used = Counter(fault.do for scenario in WILD for fault in scenario.faults)
    assert set(used) == set(VERBS)
    assert min(used.values()) >= 2


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ("sentinels", range(1, 8)),
        ("replicas", range(7)),
        ("masters", range(1, 6)),
        ("quorum", (None, *range(1, 9))),
        ("parallel_syncs", (1, 2, 6)),
        ("down_after_milliseconds", (500, 1000, 2000, 5000)),
    ],
)
def test_deployments_have_every_size_and_setting(attribute: str, values: range) -> None:
    found = {getattr(scenario.deployment, attribute) for scenario in WILD}
    assert found == set(values)


def test_deployments_have_all_that_may_be_particular() -> None:
    places = [scenario.deployment for scenario in WILD]
    groups = [group for where in places for group in where.groups]
    assert {group.kind for group in groups} == set(CLIENT_KINDS)
    assert {group.workload.wait_replicas for group in groups} == {0, 1, 2}
    assert any(0 in where.replica_priorities for where in places)
    assert any(where.topology.boxes for where in places)
    assert {len(where.topology.sites) for where in places} >= {0, 2, 3}
    nodes = [node for where in places for node in where.topology.nodes]
    assert any(node.quorum for node in nodes)
    assert any(node.follows for node in nodes)
    assert {node.announces for node in nodes if node.published_port} == {True, False}
    assert {where.announce_hostnames for where in places if where.host_names} == {True, False}
    directives = {name for where in places for name, _ in where.directives}
    assert {"min-replicas-to-write", "min-replicas-max-lag", "appendonly"} <= directives


def test_some_quorums_are_never_reached() -> None:
    assert any(
        (where.quorum or 0) > where.sentinels for where in (each.deployment for each in WILD)
    )


def test_every_deployment_can_be_built() -> None:
    for number in range(60):
        World(any_deployment(Dice(number)), seed=number)


@pytest.mark.parametrize("kind", KINDS)
def test_number_gives_the_same_story_every_time(kind: str) -> None:
    for number in range(20):
        assert KINDS[kind](Dice(number)) == KINDS[kind](Dice(number))
    assert len({str(KINDS[kind](Dice(number))) for number in range(20)}) > 15


def test_stories_of_all_kinds_are_told() -> None:
    sizes = {random_story(number).scenario.deployment.clients for number in range(50)}
    assert len(sizes) > 2


def test_faults_stand_in_the_order_of_time_with_room_for_those_that_wait() -> None:
    for scenario in WILD:
        now = 0.0
        for fault in scenario.faults:
            if fault.at is None:
                assert fault.within is not None
                now += fault.within + fault.after
            else:
                assert fault.at >= round(now, 3)
                now = fault.at
            if fault.repeat is not None:
                assert fault.repeat.until is not None
                now = fault.repeat.until


def test_some_faults_wait_for_what_is_said_and_some_happen_again() -> None:
    faults = [fault for scenario in WILD for fault in scenario.faults]
    cues = {fault.when for fault in faults if fault.when}
    assert cues == set(CUES)
    assert {fault.at_once for fault in faults if fault.when} == {True, False}
    assert {fault.do for fault in faults if fault.repeat} == set(AGAIN)
    assert {fault.repeat.random for fault in faults if fault.repeat} == {True, False}


def test_fault_that_nobody_gives_the_cue_for_is_left_out() -> None:
    cue = Fault("kill", when="+tilt", within=2.0, node="redis-1")
    story = story_in(Deployment(clients=0), Dice(1))
    mended = Fault("heal", at=20.0)
    faults = (Fault("heal", at=15.0), cue, mended)
    scenario = dataclasses.replace(story.scenario, faults=faults, expectations=())
    outcome = judge(dataclasses.replace(story, scenario=scenario))
    assert outcome.is_well
    verbs = [data.verb for _, data in outcome.trace.of(FaultInjected)]
    assert "kill" not in verbs


def test_clients_are_hit_too_and_stand_on_one_side_of_a_cut_or_see_all() -> None:
    aimed: Counter[str] = Counter()
    cut = Counter[bool]()
    for scenario in WILD:
        for fault in scenario.faults:
            names = (*fault.targets, fault.to, *(name for group in fault.groups for name in group))
            if any(name.startswith("client-") for name in names):
                aimed[fault.do] += 1
            if fault.do == "partition" and scenario.deployment.clients:
                cut[any("client" in name for name in names)] += 1
    assert set(cut) == {True, False}
    assert {"kill", "pause", "block", "partition", "delay", "lose", "hold", "power_off"} <= set(
        aimed
    )


def test_networks_fall_into_two_parts_or_three() -> None:
    cuts = [fault for scenario in WILD for fault in scenario.faults if fault.do == "partition"]
    assert {len(fault.groups) for fault in cuts} == {2, 3}
    assert {fault.one_way for fault in cuts} == {True, False}


def test_what_is_particular_about_a_deployment_comes_together() -> None:
    places = [scenario.deployment for scenario in WILD]
    assert any(where.topology.boxes and where.topology.sites for where in places)
    assert any(where.host_names and where.topology.sites for where in places)
    assert any(where.host_names and where.topology.boxes for where in places)
    ported = [w for w in places if any(node.published_port for node in w.topology.nodes)]
    assert any(where.topology.sites for where in ported)
    assert any(where.topology.boxes for where in ported)
    chained = [w for w in places if any(node.follows for node in w.topology.nodes)]
    assert any(where.masters > 1 for where in chained)
    assert any(where.topology.sites for where in chained)


def test_chained_replicas_are_judged_by_what_must_be_true_at_the_end() -> None:
    for scenario in WILD:
        nodes = scenario.deployment.topology.nodes
        if any(node.published_port and not node.announces for node in nodes):
            assert scenario.invariants == ("calm-without-faults",)
        elif any(node.follows for node in nodes):
            assert "one-master-at-the-end" in scenario.invariants
            assert "replicas-follow-at-the-end" not in scenario.invariants
            assert scenario.watch_for is not None
        else:
            assert set(scenario.invariants) == {
                each.name for each in INVARIANTS if each.kind is not Kind.SAFETY
            }
            assert scenario.expectations[0].name == "becomes-calm"


def test_what_was_hit_is_mended() -> None:
    """By the book: of every fault that lasts, the verb that undoes it comes later."""
    undone_by = {
        "kill": "restart",
        "pause": "resume",
        "partition": "heal",
        "power_off": "power_on",
        "hold": "release",
        "break_disk": "repair_disk",
        "stall": "end_stalls",
        "slow_disk": "slow_disk",
        "stop": "supervise",
    }
    for scenario in WILD:
        gone = {fault.to for fault in scenario.faults if fault.do == "reuse_address"}
        for place, fault in enumerate(scenario.faults):
            if fault.do in undone_by and fault.node not in gone:
                if (fault.do, fault.factor) == ("slow_disk", 1.0):
                    continue
                later = scenario.faults[place + 1 :]
                assert any(
                    each.do == undone_by[fault.do] and each.node == fault.node for each in later
                ), fault


def test_a_machine_without_power_gets_all_of_its_processes_back() -> None:
    for scenario in WILD:
        boxes = {
            node: box.nodes for box in scenario.deployment.topology.boxes for node in box.nodes
        }
        started = {fault.node for fault in scenario.faults if fault.do == "restart"}
        gone = {fault.to for fault in scenario.faults if fault.do == "reuse_address"}
        for fault in scenario.faults:
            if fault.do == "power_off" and fault.node not in gone:
                assert set(boxes.get(fault.node, [fault.node])) <= started


def test_simplest_answers_give_the_simplest_story() -> None:
    """That is what shrinking leads to: one fault, three Sentinels, one replica, and the mending."""

    story = KINDS["any"](Simplest())
    assert story.scenario.faults == (
        Fault("kill", 15.0, node="redis-1"),
        Fault("restart", 17.0, node="redis-1"),
    )
    where = story.scenario.deployment
    assert (where.sentinels, where.replicas, where.masters) == (3, 1, 1)


def test_machines_are_never_cut_in_two() -> None:
    for scenario in WILD:
        for box in scenario.deployment.topology.boxes:
            for fault in scenario.faults:
                sides = [group for group in fault.groups if set(box.nodes) & set(group)]
                assert len(sides) <= 1


def test_story_in_a_given_deployment_leaves_it_as_it_is() -> None:
    where = Deployment(sentinels=5, replicas=1, clients=1)
    stories = [story_in(where, Dice(number)) for number in range(100)]
    assert {story.scenario.deployment for story in stories} == {where}
    verbs = {fault.do for story in stories for fault in story.scenario.faults}
    of_names = {verb for verb in VERBS if verb.endswith(("_name", "_names"))}
    assert verbs == set(VERBS) - of_names - {"add", "command", "reuse_address"}


def test_undoing_finds_only_what_was_done() -> None:
    empty = Schedule(Dice(1), Deployment(), 15.0)
    for verb in ("release", "power_on", "repair_disk"):
        empty.inflict(verb)
    assert empty.faults == []
