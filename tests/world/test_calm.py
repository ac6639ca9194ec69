"""When all is well again: machines that stall, hosts with names, and links by whatever address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minisentinel.trace import ProcessChanged
from sim.network import Constant, Latency, Uniform
from sim.world import Deployment, World, faults
from sim.world.topology import NodeSettings, Topology

SMALL = Deployment(clients=0, down_after_milliseconds=1000, failover_timeout=5000)


def weather(busy: Latency, free: Latency, *names: str) -> Deployment:
    nodes = tuple(NodeSettings(name=name, busy=busy, free=free) for name in names)
    return replace(SMALL, topology=Topology(nodes=nodes))


@pytest.mark.parametrize("name", ["redis-1", "redis-2", "sentinel-1"])
def test_stalls_that_nobody_notices_are_no_trouble(name: str) -> None:
    world = World(weather(Uniform(50_000, 400_000), Uniform(100_000, 900_000), name))
    assert world.run_until_calm(limit=30)


def test_a_stall_itself_is_calm_where_a_block_by_somebody_is_not() -> None:
    world = World(weather(Constant(400_000), Constant(600_000), "redis-2"))
    assert world.run_until_calm(limit=30)
    seen = set()

    def look() -> bool:
        changes = [
            entry.data.change
            for entry in world.trace.entries
            if entry.node == "redis-2" and isinstance(entry.data, ProcessChanged)
        ]
        seen.add((changes[-1], world.is_calm()))
        return False

    world.run_until(look, limit=5)
    assert seen == {("blocked", True), ("unblocked", True)}
    world.block("redis-2", 0.4)
    assert not world.is_calm()


@pytest.mark.parametrize("name", ["redis-1", "redis-2"])
def test_a_world_whose_stalls_reach_down_after_again_and_again_never_calms_down(name: str) -> None:
    world = World(weather(Constant(2_500_000), Constant(300_000), name))
    assert not world.run_until_calm(limit=60)


def test_a_sentinel_that_stalls_into_tilt_is_not_calm_until_it_stalls_no_more() -> None:
    world = World(weather(Constant(2_500_000), Constant(4_000_000), "sentinel-1"))
    assert not world.run_until_calm(limit=60)
    faults.end_stalls(world, "sentinel-1")
    assert world.run_until_calm(limit=60)


def test_long_stalls_that_are_seldom_leave_room_for_calm() -> None:
    world = World(weather(Constant(1_700_000), Constant(30_000_000), "redis-2"))
    assert world.run_until_calm(limit=90)


NAMED = replace(
    SMALL,
    host_names=tuple(
        (f"{name}.example", name) for name in ("redis-1", "redis-2", "redis-3", "sentinel-1")
    ),
    resolve_hostnames=True,
)


@pytest.mark.parametrize("announces", [False, True])
def test_a_world_with_host_names_becomes_calm_again_after_a_failover(announces: bool) -> None:
    world = World(replace(NAMED, announce_hostnames=announces))
    assert world.run_until_calm(limit=30)
    world.kill("redis-1")
    assert world.run_until_calm(limit=60)
    world.restart("redis-1")
    assert not world.is_calm()
    assert world.run_until_calm(limit=60)
    assert world.master != "redis-1"


def test_a_replica_that_follows_a_name_of_somebody_else_is_not_calm() -> None:
    world = World(NAMED)
    assert world.run_until_calm(limit=30)
    faults.point_name(world, "redis-1.example", "redis-3")
    assert world.is_calm()  # Connections that stand stay.
    world.kill("redis-2")
    world.restart("redis-2")
    world.run(5)
    assert not world.is_calm()
