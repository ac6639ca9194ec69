"""Containers behind machines, host names, and addresses that are used again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minisentinel.trace import NodeStarted, SentinelEvent
from sim.world import Deployment, DeploymentError, ImpossibleFault, World, faults
from sim.world.topology import Box, NodeSettings, Topology

BOXES = (Box("a", ("redis-1", "redis-2")), Box("b", ("redis-3",)))
PORTS = {"redis-1": 7001, "redis-2": 7002, "redis-3": 7003, "sentinel-1": 5000}


def contained(announces: bool) -> Deployment:
    nodes = tuple(
        NodeSettings(name=name, published_port=port, announces=announces)
        for name, port in PORTS.items()
    )
    return Deployment(clients=1, topology=Topology(boxes=BOXES, nodes=nodes))


def started_at(world: World) -> dict[str, tuple[str, int]]:
    entries = [(entry.node, entry.data) for entry in world.trace.entries]
    return {name: (data.host, data.port) for name, data in entries if isinstance(data, NodeStarted)}


def events(world: World, name: str) -> list[SentinelEvent]:
    found = [entry.data for entry in world.trace.entries]
    return [data for data in found if isinstance(data, SentinelEvent) and data.name == name]


def test_a_node_in_a_container_starts_at_the_address_where_others_reach_it() -> None:
    world = World(contained(announces=True))
    world.run(3)
    found = started_at(world)
    assert found["redis-1"] == ("10.0.0.1", 7001)
    assert found["redis-2"] == ("10.0.0.1", 7002)
    assert found["redis-3"] == ("10.0.0.3", 7003)
    assert found["sentinel-1"] == ("10.0.1.1", 5000)
    assert world.servers["redis-2"].host.address == "172.17.0.3"
    assert world.servers["redis-2"].host.machine is world.servers["redis-1"].host.machine


def test_containers_that_announce_themselves_become_calm_and_fail_over() -> None:
    world = World(contained(announces=True))
    assert world.run_until_calm(limit=40)
    world.kill("master")
    assert world.run_until_calm(limit=120)
    assert world.master in ("redis-2", "redis-3")


def test_containers_that_do_not_are_known_by_addresses_of_no_use() -> None:
    world = World(contained(announces=False))
    world.run(25)
    known = {(event.host, event.port) for event in events(world, "+slave")}
    assert known
    assert not known & {("10.0.0.1", 7002), ("10.0.0.3", 7003)}
    assert not world.is_calm()


def test_power_of_a_container_is_that_of_its_machine() -> None:
    world = World(contained(announces=True))
    world.run(3)
    world.power_off("redis-2")
    assert [world.nodes[name].state for name in ("redis-1", "redis-2", "redis-3")] == [
        "down",
        "down",
        "running",
    ]


def test_a_port_is_published_once() -> None:
    nodes = tuple(NodeSettings(name=f"redis-{n}", published_port=7001) for n in (1, 2))
    with pytest.raises(DeploymentError, match=r"port 7001 of redis-2 is a port of redis-1"):
        World(Deployment(topology=Topology(boxes=BOXES, nodes=nodes)))


NAMED = Deployment(
    clients=1,
    down_after_milliseconds=2000,
    failover_timeout=20000,
    host_names=(("one.example", "redis-1"), ("two.example", "redis-2")),
    resolve_hostnames=True,
)


def test_files_use_host_names_and_sentinels_resolve_them() -> None:
    world = World(NAMED)
    first = world.sentinels["sentinel-1"]
    assert "sentinel monitor mymaster one.example 6379" in first.disk.content
    world.run(15)
    assert "sentinel resolve-hostnames yes" in first.disk.content
    assert world.sentinels["sentinel-1"].names_as_master("mymaster") == ("10.0.0.1", 6379)
    assert world.servers["redis-2"].server.upstream.target == ("one.example", 6379)


def test_files_use_addresses_where_nobody_resolves_names() -> None:
    world = World(replace(NAMED, resolve_hostnames=False))
    world.run(5)
    assert "one.example" not in world.sentinels["sentinel-1"].disk.content
    assert world.servers["redis-2"].server.upstream.target == ("10.0.0.1", 6379)


def test_a_name_of_a_node_that_is_not_there_is_refused() -> None:
    with pytest.raises(DeploymentError, match=r"unknown node 'redis-9'"):
        World(Deployment(host_names=(("x", "redis-9"),)))


def test_a_silent_name_server_blocks_sentinels_into_tilt() -> None:
    world = World(NAMED)
    world.run(15)
    faults.silence_names(world, "one.example")
    world.power_off("redis-1")
    world.run(25)
    assert events(world, "+tilt")
    assert not events(world, "+try-failover")


def test_a_removed_name_blocks_nobody() -> None:
    world = World(NAMED)
    world.run(15)
    faults.remove_name(world, "one.example")
    world.power_off("redis-1")
    world.run(25)
    assert not events(world, "+tilt")
    assert len(events(world, "+switch-master")) == 3


def test_a_name_that_points_elsewhere_is_followed_by_new_connections() -> None:
    world = World(NAMED)
    world.run(15)
    faults.point_name(world, "one.example", "redis-3")
    assert world.network.names.look_up("one.example", "x")[0] == "10.0.0.3"
    faults.silence_names(world)
    assert world.network.names.look_up("two.example", "x")[0] is None
    faults.answer_names(world)
    assert world.network.names.look_up("two.example", "x")[0] == "10.0.0.2"


def test_an_address_is_used_again_only_when_its_machine_is_off() -> None:
    world = World(Deployment(clients=0))
    world.run(5)
    with pytest.raises(ImpossibleFault, match=r"redis-9 cannot have the address of redis-3"):
        faults.reuse_address(world, "redis-9", "redis-3")
    world.power_off("redis-3")
    faults.reuse_address(world, "redis-9", "redis-3")
    world.run(10)
    assert started_at(world)["redis-9"] == started_at(world)["redis-3"]
    assert world.servers["redis-9"].server.upstream.is_up


def test_servers_and_sentinels_may_belong_to_another_group_of_the_same_name() -> None:
    nodes = (
        NodeSettings(name="redis-2", stands_alone=True),
        NodeSettings(name="redis-3", follows="redis-2"),
        NodeSettings(name="sentinel-3", monitors="redis-2", master_name="other"),
    )
    world = World(Deployment(clients=0, topology=Topology(nodes=nodes)))
    world.run(5)
    assert world.servers["redis-3"].server.upstream.target == ("10.0.0.2", 6379)
    assert world.sentinels["sentinel-3"].names_as_master("other") == ("10.0.0.2", 6379)
    assert world.sentinels["sentinel-3"].names_as_master("mymaster") is None
