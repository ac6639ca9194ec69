"""Letting time pass: for a while, until something holds, until all is calm."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sim.trace import RunEnded
from sim.world import Deployment, World

SMALL = Deployment(clients=1, down_after_milliseconds=1000, failover_timeout=5000)


def test_run_lets_exactly_that_much_time_pass() -> None:
    world = World(SMALL)
    world.run(1.5)
    assert world.now == 1.5
    world.run(0.25)
    assert world.now == 1.75


def test_nothing_happens_before_time_passes() -> None:
    world = World(SMALL)
    assert world.now == 0
    assert {entry.time_us for entry in world.trace.entries} == {0}
    assert [s.state for s in world.sentinels.values()] == ["down"] * 3


def test_sentinels_do_not_start_at_the_same_instant() -> None:
    world = World(replace(SMALL, sentinels=5))
    world.run(3.0)
    started = [
        entry.time_us
        for entry in world.trace.of_kind("node-started")
        if entry.node.startswith("sentinel")
    ]
    assert len(set(started)) == 5
    assert all(1_000_000 <= at < 1_500_000 for at in started)


def test_run_until_looks_every_tenth_of_a_second() -> None:
    world = World(SMALL)
    looks: list[float] = []

    def condition() -> bool:
        looks.append(world.now)
        return len(looks) == 4

    assert world.run_until(condition)
    assert looks == [0.0, 0.1, 0.2, 0.3]


def test_run_until_gives_up_at_its_limit() -> None:
    world = World(SMALL)
    assert not world.run_until(lambda: False, limit=0.25)
    assert world.now == 0.25


def test_progress_is_told_after_each_look() -> None:
    world = World(SMALL)
    told: list[float] = []
    world.run_until(lambda: False, limit=0.3, progress=told.append)
    assert told == [0.1, 0.2, 0.3]


def test_world_becomes_calm_when_everybody_knows_everybody() -> None:
    world = World(SMALL)
    assert not world.is_calm()
    assert world.run_until_calm(calm_for=2.0, limit=60.0)
    since = world.now
    assert world.is_calm()
    assert since < 30.0
    for sentinel in world.sentinels.values():
        master = sentinel.sentinel.state.masters["mymaster"]
        assert len(master.replicas) == 2
        assert not master.subjectively_down


def test_calm_must_last() -> None:
    world = World(SMALL)
    world.run_until_calm(limit=60.0)
    world.pause("redis-2")
    world.run(0.5)
    world.resume("redis-2")
    before = world.now
    assert world.run_until_calm(calm_for=4.0, limit=60.0)
    assert world.now - before >= 4.0


@pytest.mark.parametrize(
    ("disturb", "when"),
    [
        (lambda world: world.kill("redis-2"), 0.0),
        (lambda world: world.kill("sentinel-2"), 0.0),
        (lambda world: world.kill("redis-1"), 0.9),
        (lambda world: world.pause("client-1"), 0.0),
        (lambda world: world.pause("redis-2"), 5.0),
        (lambda world: world.partition(["redis-3"]), 0.0),
        (lambda world: world.partition(["redis-3"]), 3.0),
        (lambda world: world.block("redis-1", 5.0), 0.1),
        (lambda world: world.block("sentinel-1", 5.0), 6.0),
    ],
    ids=[
        "replica",
        "Sentinel",
        "master",
        "paused",
        "long paused",
        "cut",
        "still cut",
        "blocked",
        "TILT",
    ],
)
def test_world_is_not_calm_while_something_is_wrong(disturb: object, when: float) -> None:
    world = World(SMALL)
    world.run_until_calm(limit=60.0)
    disturb(world)  # type: ignore[operator]
    world.run(when)
    assert not world.is_calm()


@pytest.mark.parametrize("verb", ["kill", "power_off"])
@pytest.mark.parametrize("node", ["redis-1", "redis-2", "sentinel-2", "client-1"])
def test_the_dead_do_not_keep_the_living_from_calm(verb: str, node: str) -> None:
    world = World(SMALL)
    world.run_until_calm(limit=60.0)
    getattr(world, verb)(node)
    assert world.run_until_calm(limit=20.0)
    assert (world.master != "redis-1") == (node == "redis-1")
    master = world.sentinels["sentinel-1"].sentinel.state.masters["mymaster"]
    down = [each.subjectively_down for each in (*master.replicas.values(), *master.peers.values())]
    assert down.count(True) == (node != "client-1")


def test_dead_master_that_nobody_can_replace_is_no_calm() -> None:
    world = World(replace(SMALL, replica_priorities=(0, 0)))
    world.run_until_calm(limit=60.0)
    world.kill("redis-1")
    assert not world.run_until_calm(limit=30.0)


def test_nobody_left_to_agree_is_no_calm() -> None:
    world = World(SMALL)
    world.run_until_calm(limit=60.0)
    for name in world.sentinels:
        world.kill(name)
    assert not world.run_until_calm(limit=10.0)


@pytest.mark.parametrize("forgotten", ["replicas", "peers"])
def test_sentinel_that_does_not_know_everybody_is_no_calm(forgotten: str) -> None:
    world = World(SMALL)
    world.run_until_calm(limit=60.0)
    known = getattr(world.sentinels["sentinel-3"].sentinel.state.masters["mymaster"], forgotten)
    del known[min(known)]
    assert not world.is_calm()


def test_world_is_not_calm_before_all_have_started() -> None:
    world = World(Deployment(sentinels=1, replicas=0, clients=1))
    assert world.run_until(world.is_calm, limit=30.0)
    assert world.clients["client-1"].state == "running"


def test_world_without_sentinels_to_agree_is_not_calm() -> None:
    world = World(SMALL)
    world.run(0.5)
    assert not world.is_calm()


def test_calm_without_replicas_and_clients() -> None:
    world = World(Deployment(sentinels=1, replicas=0, clients=0))
    assert world.run_until_calm(limit=30.0)


def test_end_closes_the_trace_once() -> None:
    world = World(SMALL)
    world.run(1.0)
    world.end("duration")
    assert world.trace.entries[-1].data == RunEnded(reason="duration")
    with pytest.raises(RuntimeError, match="ended already"):
        world.end("duration")


def test_trace_says_what_it_is_a_trace_of() -> None:
    world = World(SMALL, seed=9, scenario="mine", settings={"why": "a test"})
    header = world.trace.header
    assert (header.scenario, header.seed) == ("mine", 9)
    assert header.settings == {**SMALL.settings, "profile": "modern", "why": "a test"}
    assert json.loads(json.dumps(header.settings)) == header.settings
    assert header.started_at_ms == 1_700_000_000_000
    times = [entry.time_us for entry in world.trace.entries]
    assert times == sorted(times)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "5"])
def test_time_that_cannot_pass_is_refused_in_one_line(seconds: float) -> None:
    world = World(Deployment(clients=0))
    with pytest.raises(ValueError, match="expected a number of seconds, 0 or more"):
        world.run(seconds)


def test_an_ended_run_does_not_go_on() -> None:
    world = World(Deployment(clients=0))
    world.run(1)
    world.end("enough")
    with pytest.raises(RuntimeError, match="this run has ended"):
        world.run(1)
