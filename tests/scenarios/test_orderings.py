"""The simulated failover keeps to the order of events that real Sentinels never departed from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

import pytest

from minisentinel.trace import SentinelEvent, Trace
from sim.invariants import Truth, judge_all
from sim.judge import find_attempts
from sim.scenarios import find_scenario, run_scenario
from sim.world import Deployment, World
from tests.scenarios.orderings import FOLLOWER, LEADER, Said, Timing, events_of, leader_of

SEEDS = range(1, 13)
DOWN_AFTER_MS = 5000
SENTINELS = ("sentinel-1", "sentinel-2", "sentinel-3")


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    scenario = find_scenario("kill-master")
    return [run_scenario(scenario, seed=seed).trace for seed in SEEDS]


def failover(said: list[Said]) -> list[Said]:
    """From the first word on the dead master to the last ``+slave`` of the switch."""
    names = [event.name for _, event in said]
    switch = names.index("+switch-master")
    end = switch + 1
    while names[end] == "+slave":
        end += 1
    return said[:end]


def followers(trace: Trace) -> Iterator[list[Said]]:
    """Of Sentinels that made no attempt of their own."""
    candidates = {attempt.sentinel for attempt in find_attempts(trace)}
    for sentinel in SENTINELS:
        if sentinel not in candidates:
            yield events_of(trace, sentinel)


def within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def time_of(said: list[Said], name: str) -> float:
    return next(time for time, event in said if event.name == name)


def test_leader_speaks_in_the_order_of_real_leaders(traces: list[Trace]) -> None:
    expected = [name for group in LEADER for name in group]
    for trace in traces:
        said = failover(events_of(trace, leader_of(trace)))
        # That the others stop agreeing, having switched, may come at any point or not at all.
        assert [event.name for _, event in said if event.name != "-odown"] == expected


def test_what_the_leader_says_in_one_tick_comes_together_and_groups_do_not(
    traces: list[Trace],
) -> None:
    for trace in traces:
        said = failover(events_of(trace, leader_of(trace)))
        times = iter(time for time, event in said if event.name != "-odown")
        groups = [[next(times) for _ in group] for group in LEADER]
        for group in groups:
            assert group[-1] - group[0] < 40, "one tick, flushes included"
        for earlier, later in pairwise(groups):
            assert later[0] - earlier[-1] > 20


def test_followers_speak_in_the_order_of_real_followers(traces: list[Trace]) -> None:
    checked = 0
    for trace in traces:
        for said in followers(trace):
            names = [event.name for _, event in failover(said)]
            positions = [names.index(name) for name in FOLLOWER]
            assert positions == sorted(positions)
            assert positions[3] == positions[2] + 1, "adjacent"
            assert "+elected-leader" not in names
            checked += 1
    assert checked > len(traces)


def test_follower_is_not_odown_before_it_has_voted(traces: list[Trace]) -> None:
    for trace in traces:
        for said in followers(trace):
            names = [event.name for _, event in failover(said)]
            if "+odown" in names:
                assert names.index("+odown") > names.index("+vote-for-leader")


def test_switch_is_followed_by_every_other_node_the_old_master_last(traces: list[Trace]) -> None:
    for trace in traces:
        for sentinel in SENTINELS:
            said = failover(events_of(trace, sentinel))
            switch = [event.name for _, event in said].index("+switch-master")
            _, _, _, new, _ = said[switch][1].payload.split()
            hosts = [event.host for _, event in said[switch + 1 :]]
            assert sorted([*hosts, new]) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
            assert hosts[-1] == "10.0.0.1"
            assert {time for time, _ in said[switch:]} == {said[switch][0]}, "at once"


def test_followers_switch_before_the_leader_about_a_tick_after_the_promotion(
    traces: list[Trace],
) -> None:
    for trace in traces:
        led = events_of(trace, leader_of(trace))
        promoted, switched = time_of(led, "+promoted-slave"), time_of(led, "+switch-master")
        for sentinel in SENTINELS:
            if sentinel != leader_of(trace):
                time = time_of(events_of(trace, sentinel), "+switch-master")
                assert time < switched
                assert within(time - promoted, Timing.PROMOTED_TO_FOLLOWERS_SWITCH)


def test_invariants_hold(traces: list[Trace]) -> None:
    for trace in traces:
        found = judge_all(trace)
        assert [str(each) for each in found if each.verdict.truth is Truth.FALSE] == []
        assert sum(bool(each.verdict) for each in found) > len(found) / 2


def test_returned_master_shows_its_role_before_it_is_up_again(traces: list[Trace]) -> None:
    """Its run id is not known, so no ``+reboot``; ten seconds later somebody demotes it."""
    for trace in traces:
        demoted = 0
        for sentinel in SENTINELS:
            about = [
                (time, event)
                for time, event in events_of(trace, sentinel)
                if event.subject == "slave" and event.host == "10.0.0.1"
            ]
            names = [event.name for _, event in about]
            assert names[:4] == ["+slave", "+sdown", "-role-change", "-sdown"]
            assert "+reboot" not in names
            if "+convert-to-slave" in names:
                demoted += 1
                wait = time_of(about, "+convert-to-slave") - time_of(about, "-role-change")
                assert within(wait, Timing.ROLE_CHANGE_TO_CONVERT)
        assert demoted >= 1


def test_times_are_those_of_real_sentinels(traces: list[Trace]) -> None:
    sdown: list[float] = []
    for trace in traces:
        for sentinel in SENTINELS:
            sdown.append(time_of(events_of(trace, sentinel), "+sdown") - DOWN_AFTER_MS)
        led = events_of(trace, leader_of(trace))
        promotion = time_of(led, "+promoted-slave") - time_of(led, "+odown")
        assert within(promotion, Timing.ODOWN_TO_PROMOTED)
        reconfiguration = time_of(led, "+slave-reconf-inprog") - time_of(led, "+slave-reconf-sent")
        assert within(reconfiguration, Timing.RECONF_SENT_TO_INPROG)
    assert all(within(each, Timing.SDOWN_AFTER_DOWN_AFTER) for each in sdown)
    assert within(median(sdown), Timing.SDOWN_MEDIAN)


@pytest.mark.parametrize("seed", range(1, 6))
def test_master_that_returns_before_a_failover_is_up_in_one_tick(seed: int) -> None:
    """Its -sdown and -odown come together."""
    deployment = Deployment(replicas=1, replica_priorities=(0,), down_after_milliseconds=1000)
    world = World(deployment, seed=seed)
    world.run(15.0)
    world.kill("redis-1")
    world.run(4.0)
    world.restart("redis-1")
    world.run(6.0)
    seen = 0
    for sentinel in SENTINELS:
        said = [(t, e) for t, e in events_of(world.trace, sentinel) if e.subject == "master"]
        names = [event.name for _, event in said]
        if "-odown" in names:
            assert time_of(said, "-odown") - time_of(said, "-sdown") < 5
            seen += 1
    assert seen >= 1


def test_events_are_those_of_the_catalogue(traces: list[Trace]) -> None:
    known = {name for group in LEADER for name in group} | {*FOLLOWER, "-sdown", "-odown"}
    known |= {"+monitor", "+sentinel", "+convert-to-slave", "+role-change"}
    for trace in traces:
        assert {
            entry.data.name for entry in trace.entries if isinstance(entry.data, SentinelEvent)
        } <= known
