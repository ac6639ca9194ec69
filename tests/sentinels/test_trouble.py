"""Sentinels whose clock drifts, whose host stalls, whose disk is slow, whose names are gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minisentinel.core import MODERN, Profile
from minisentinel.core.rules import MonitoringRules
from minisentinel.trace import SentinelEvent
from sim.network import Constant, LogNormal, Uniform
from sim.world import Deployment, World

SMALL = Deployment(clients=0, down_after_milliseconds=1000, failover_timeout=5000)
NAMED = Deployment.from_conf(
    "sentinel resolve-hostnames yes\n"
    "sentinel monitor m db-1.example 6379 2\n"
    "sentinel down-after-milliseconds m 1000\n",
    base=Deployment(clients=0),
)


class Visiting(MonitoringRules):
    """The same rules, which no tick is left out for because the core does not know them."""

    __slots__ = ()


VISITING = Profile("visiting", monitoring=Visiting())


def events(world: World, name: str, node: str) -> list[float]:
    """When (s) a Sentinel said so."""
    return [
        entry.time_us / 1_000_000
        for entry in world.recorder.entries
        if entry.node == node and isinstance(entry.data, SentinelEvent) and entry.data.name == name
    ]


def drift(world: World) -> None:
    world.network.drifts.set(world.node("sentinel-1").host, 5000)
    world.network.drifts.set(world.node("sentinel-2").host, -300)


def stall(world: World) -> None:
    for name in ("sentinel-1", "redis-1"):
        world.network.stalls.begin(
            world.node(name).host, Uniform(50_000, 3_000_000), LogNormal(80_000, 1.0)
        )


def lose(world: World) -> None:
    for name in ("sentinel-1", "sentinel-3"):
        world.network.set_loss(world.node(name).host, world.node("redis-1").host, 0.2)


def narrow(world: World) -> None:
    for name in ("sentinel-1", "redis-2"):
        world.network.set_bandwidth(world.node(name).host, world.node("redis-1").host, 20_000)


@pytest.mark.parametrize("trouble", [drift, stall, lose, narrow])
def test_leaving_ticks_out_changes_nothing_whatever_is_wrong_with_hosts_and_links(
    trouble: Callable[[World], None],
) -> None:
    def run(profile: Profile) -> World:
        world = World(SMALL, seed=7, profile=profile)
        world.run(6)
        trouble(world)
        world.run(20)
        world.kill("redis-1")
        world.run(20)
        for sentinel in world.sentinels.values():
            sentinel.pause()  # which makes up for what was left out
        return world

    skipping, visiting = run(MODERN), run(VISITING)
    assert skipping.trace.digest() == visiting.trace.digest()
    for name, sentinel in skipping.sentinels.items():
        assert sentinel.sentinel.state == visiting.sentinels[name].sentinel.state
    assert events(skipping, "+switch-master", "sentinel-3")


def test_a_drift_alone_sends_nobody_into_tilt() -> None:
    world = World(SMALL, seed=3)
    world.network.drifts.set(world.node("sentinel-1").host, -50_000)
    world.run(120)
    assert events(world, "+tilt", "sentinel-1") == []
    assert events(world, "+sdown", "sentinel-1") == []


def test_a_fast_clock_finds_the_master_down_earlier() -> None:
    def found_down_after(parts_per_million: float) -> float:
        deployment = Deployment(clients=0, down_after_milliseconds=10_000)
        world = World(deployment, seed=5)
        world.network.drifts.set(world.node("sentinel-1").host, parts_per_million)
        world.run(10)
        world.kill("redis-1")
        world.run(20)
        return events(world, "+sdown", "sentinel-1")[0] - 10

    assert 9.0 < found_down_after(0) < 10.3
    assert 8.0 < found_down_after(200_000) < 8.8


def test_a_slow_disk_keeps_a_sentinel_busy_that_much_longer() -> None:
    def took_us(slowdown: float) -> int:
        disk = World(SMALL, seed=3).sentinels["sentinel-1"].disk
        disk.slowdown = slowdown
        return disk.write("new")[1]

    assert took_us(100) == 100 * took_us(1)


def test_a_disk_that_takes_seconds_sends_its_sentinel_into_tilt() -> None:
    world = World(SMALL, seed=3)
    world.run(5)
    world.sentinels["sentinel-1"].disk.slowdown = 2000.0
    world.kill("redis-1")
    world.run(30)
    assert events(world, "+tilt", "sentinel-1")
    assert events(world, "+tilt", "sentinel-2") == []


def test_a_name_server_that_is_silent_sends_sentinels_into_tilt_when_the_master_dies() -> None:
    world = World(NAMED, seed=3)
    world.run(10)
    world.network.names.silence()
    world.run(10)
    # Nobody asks while connections stand.
    assert events(world, "+tilt", "sentinel-1") == []
    world.kill("redis-1")
    world.run(60)
    assert events(world, "+tilt", "sentinel-1")


def test_a_name_that_is_gone_is_answered_at_once_and_the_failover_goes_on() -> None:
    world = World(NAMED, seed=3)
    world.network.names.delay = Constant(20_000)
    world.run(10)
    world.network.names.remove("db-1.example")
    world.kill("redis-1")
    world.run(20)
    assert events(world, "+tilt", "sentinel-1") == []
    assert events(world, "+switch-master", "sentinel-1")
