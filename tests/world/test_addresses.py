"""Containers behind machines, host names, and addresses that are used again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minisentinel.trace import NodeStarted, SentinelEvent
from sim.invariants import Truth, judge_all
from sim.invariants.liveness import (
    CLIENTS_WRITE_AT_THE_END,
    ONE_MASTER_AT_THE_END,
    REPLICAS_FOLLOW_AT_THE_END,
)
from sim.judge import find_final_master, find_nodes
from sim.judge.groups import Group, find_groups
from sim.trace import HostNamed
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


@pytest.mark.parametrize(("name", "new"), [("sentinel-1", "sentinel-9"), ("redis-2", "redis-9")])
def test_the_address_of_a_container_goes_to_a_whole_machine(name: str, new: str) -> None:
    nodes = tuple(
        NodeSettings(name=each, published_port=7000 + number, announces=True)
        for number, each in enumerate(("redis-1", "redis-2", "redis-3", "sentinel-1"))
    )
    where = Deployment(clients=0, down_after_milliseconds=1000, topology=Topology(nodes=nodes))
    world = World(where)
    assert world.run_until_calm(limit=30)
    with pytest.raises(ImpossibleFault, match=f"{new} cannot have the address of {name}"):
        faults.reuse_address(world, new, name)
    world.power_off(name)
    world.run(3)
    faults.reuse_address(world, new, name)
    world.run(1)
    assert started_at(world)[new] == started_at(world)[name]
    assert world.nodes[new].host.gateway is None
    assert world.run_until_calm(limit=60)


def test_containers_of_a_machine_that_was_replaced_are_gone_with_it() -> None:
    world = World(contained(announces=True))
    assert world.run_until_calm(limit=40)
    peers = [each.host for each in (world.nodes["redis-3"], world.nodes["sentinel-2"])]
    old = world.nodes["redis-1"].host
    world.power_off("redis-2")
    faults.reuse_address(world, "redis-9", "redis-2")
    new = world.nodes["redis-9"].host
    for peer in peers:
        assert world.network.locate(peer, "10.0.0.1", 7001) == (new, 7001)
        # What is still being repeated to the old machine finds the new one.
        assert world.network.path(peer, old).is_open
    assert not world.nodes["redis-1"].host.powered


def test_an_old_hello_makes_the_heir_of_an_address_its_own_peer() -> None:
    """PUBLISH is replicated: a replica that was cut off repeats what a dead Sentinel has said."""
    world = World(Deployment(clients=0, down_after_milliseconds=2000))
    world.run(15)
    faults.hold(world, "redis-1", "redis-3")
    world.run(5)
    world.power_off("sentinel-3")
    faults.reuse_address(world, "sentinel-4", "sentinel-3")
    world.run(10)
    own = world.sentinels["sentinel-4"].sentinel.state
    assert own.myid not in own.masters["mymaster"].peers
    faults.release(world, "redis-1", "redis-3")
    world.run(10)
    assert own.myid in [each.runid for each in own.masters["mymaster"].peers.values()]
    assert world.run_until_calm(limit=30)
    world.end("calm")
    judgements = {each.invariant.name: each for each in judge_all(world.trace)}
    found = judgements["nobody-is-its-own-peer"]
    assert found.is_explained
    assert [each.name for each in found.peculiarities] == ["own-address"]
    assert [name for name, each in judgements.items() if each.is_broken] == []


def test_a_machine_behind_another_one_cannot_be_replaced() -> None:
    world = World(contained(announces=True))
    world.power_off("redis-3")
    with pytest.raises(ValueError, match="cannot be replaced"):
        world.network.replace_host(world.nodes["redis-3"].host, "new")


def test_a_master_that_is_named_by_an_inner_address_is_none_at_the_end() -> None:
    """The Sentinels agree, and the one that they name runs and is a master: nobody finds it."""
    nodes = tuple(
        NodeSettings(name=f"redis-{number}", published_port=7000 + number) for number in (1, 2, 3)
    )
    boxes = (
        Box("a", ("redis-1", "redis-2", "sentinel-1", "sentinel-2", "sentinel-3")),
        Box("b", ("redis-3",)),
    )
    world = World(Deployment(clients=1, topology=Topology(boxes=boxes, nodes=nodes)))
    world.run(15)
    world.kill("redis-1")
    world.run(40)
    world.restart("redis-1")
    world.run(70)
    world.end("duration")
    named = {each.names_as_master("mymaster") for each in world.sentinels.values()}
    assert named == {("172.17.0.3", 6379)}
    verdict = ONE_MASTER_AT_THE_END.judge(world.trace)
    assert verdict.truth is Truth.FALSE
    assert verdict.reason == "no server is reached at 172.17.0.3:6379, the master of mymaster"
    assert CLIENTS_WRITE_AT_THE_END.judge(world.trace).truth is Truth.FALSE


def test_judges_know_nodes_by_the_names_of_their_hosts() -> None:
    hosts = tuple((f"Redis-{n}.example", f"redis-{n}") for n in (1, 2, 3))
    world = World(replace(NAMED, host_names=hosts, announce_hostnames=True))
    assert world.run_until_calm(limit=40)
    nodes = find_nodes(world.trace)
    assert nodes.name_at(("redis-2.example", 6379)) == "redis-2"
    assert nodes.name_at(("Redis-2.example", 6379)) == "redis-2"
    assert nodes.name_at(("redis-2.example", 1)) == "redis-2.example:1"
    assert nodes.name_at(("redis-9.example", 6379)) == "redis-9.example:6379"
    world.kill("redis-1")
    assert world.run_until_calm(limit=60)
    world.restart("redis-1")
    assert world.run_until_calm(limit=60)
    world.end("calm")
    for invariant in (ONE_MASTER_AT_THE_END, REPLICAS_FOLLOW_AT_THE_END):
        assert invariant.judge(world.trace), str(invariant.judge(world.trace))
    assert find_final_master(world.trace) == world.master
    assert find_groups(world.trace) == (Group(("mymaster",), ("redis-1", "redis-2", "redis-3")),)


def test_a_name_means_what_it_was_last_known_to_mean() -> None:
    world = World(NAMED)
    world.run(5)
    faults.point_name(world, "one.example", "redis-3")
    assert find_nodes(world.trace).name_at(("one.example", 6379)) == "redis-3"
    faults.remove_name(world, "one.example")
    assert find_nodes(world.trace).name_at(("one.example", 6379)) == "redis-3"
    told = [
        (data.name, data.address)
        for entry in world.trace.entries
        if isinstance(data := entry.data, HostNamed)
    ]
    assert told == [
        ("one.example", "10.0.0.1"),
        ("two.example", "10.0.0.2"),
        ("one.example", "10.0.0.3"),
        ("one.example", ""),
    ]


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
