"""Every fault verb, as it is seen on the processes and on the trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from minisentinel.trace import SentinelEvent
from sim.trace import FaultInjected, ProcessChanged
from sim.world import Deployment, ImpossibleFault, UnknownNode, World

SMALL = Deployment(clients=1, down_after_milliseconds=1000, failover_timeout=5000)


@pytest.fixture
def world() -> World:
    """Two replicas, three Sentinels and a client that know each other."""
    world = World(SMALL)
    world.run(14.0)
    return world


def changes(world: World, node: str) -> list[str]:
    """What has happened to the process, its first start left out."""
    return [
        entry.data.change
        for entry in world.trace.entries
        if isinstance(entry.data, ProcessChanged) and entry.node == node
    ][1:]


def keys(world: World, node: str) -> int:
    return len(world.servers[node].server.keyspace)


@pytest.mark.parametrize("node", ["redis-1", "sentinel-2", "client-1"])
def test_kill_and_restart(world: World, node: str) -> None:
    assert world.kill(node) == node
    assert world.nodes[node].state == "down"
    world.run(0.3)
    assert world.restart(node) == node
    assert world.nodes[node].state == "running"
    assert changes(world, node) == ["killed", "started"]


@pytest.mark.parametrize("node", ["redis-1", "sentinel-2", "client-1"])
def test_pause_and_resume(world: World, node: str) -> None:
    world.pause(node)
    assert world.nodes[node].state == "paused"
    world.run(0.3)
    world.resume(node)
    assert world.nodes[node].state == "running"
    assert changes(world, node) == ["paused", "resumed"]


def test_paused_node_does_nothing_at_all(world: World) -> None:
    """Not even an application, although its coroutine runs on the loop of all."""
    for node in ("redis-2", "sentinel-1", "client-1"):
        world.pause(node)
    world.run(0.01)
    before = len(world.recorder.entries)
    world.run(5.0)
    quiet = {"redis-2", "sentinel-1", "client-1"}
    assert not quiet & {entry.node for entry in world.recorder.entries[before:]}
    for node in quiet:
        world.resume(node)
    world.run(2.0)
    assert quiet <= {entry.node for entry in world.recorder.entries[before:]}


def test_block_keeps_the_process_busy(world: World) -> None:
    world.block("redis-1", 3.0)
    world.run(2.9)
    assert changes(world, "redis-1") == ["blocked"]
    world.run(0.2)
    assert changes(world, "redis-1") == ["blocked", "unblocked"]
    assert world.nodes["redis-1"].state == "running"


def test_fault_is_written_down_with_verb_node_and_detail(world: World) -> None:
    world.kill("sentinel-1")
    world.restart("sentinel-1", keep_data=False)
    world.pause("client-1")
    world.resume("client-1")
    world.block("redis-1", 0.25)
    world.partition(["redis-1", "sentinel-1"], ["redis-2"])
    world.partition(["redis-3"], ["redis-2"], one_way=True)
    world.heal()
    world.step_clock("redis-2", -2.5)
    world.step_clock("redis-2", 3)
    world.power_off("redis-3")
    world.power_on("redis-3")
    faults = [(e.node, e.data) for e in world.trace.entries if isinstance(e.data, FaultInjected)]
    assert [(node, data.verb, data.detail) for node, data in faults] == [
        ("sentinel-1", "kill", "process killed"),
        ("sentinel-1", "restart", "process started without its data"),
        ("client-1", "pause", "process frozen"),
        ("client-1", "resume", "process goes on"),
        ("redis-1", "block", "busy for 0.25 s"),
        ("network", "partition", "redis-1, sentinel-1 | redis-2"),
        ("network", "partition", "redis-3 -> redis-2"),
        ("network", "heal", "the network is whole again"),
        ("redis-2", "step_clock", "wall clock 2.5 s back"),
        ("redis-2", "step_clock", "wall clock 3 s ahead"),
        ("redis-3", "power_off", "host off: redis-3"),
        ("redis-3", "power_on", "host on, without its processes"),
    ]


def told(world: World) -> list[str]:
    return [e.data.verb for e in world.trace.entries if isinstance(e.data, FaultInjected)]


@pytest.mark.parametrize(
    ("first", "verb"),
    [
        ("kill", lambda world: world.kill("redis-2")),
        ("kill", lambda world: world.pause("redis-2")),
        ("kill", lambda world: world.resume("redis-2")),
        ("kill", lambda world: world.block("redis-2", 1.0)),
        ("pause", lambda world: world.pause("redis-2")),
        ("pause", lambda world: world.restart("redis-2")),
        ("", lambda world: world.restart("redis-2")),
        ("", lambda world: world.resume("redis-2")),
        ("", lambda world: world.power_on("redis-2")),
        ("", lambda world: world.step_clock("redis-2", 0.0)),
        ("power_off", lambda world: world.power_off("redis-2")),
        ("power_off", lambda world: world.kill("redis-2")),
    ],
)
def test_what_finds_nothing_to_do_does_nothing_and_is_not_written_down(
    world: World, first: str, verb: Callable[[World], str]
) -> None:
    if first:
        getattr(world, first)("redis-2")
    before = (world.nodes["redis-2"].state, len(world.recorder.entries))
    assert verb(world) == "redis-2"
    assert (world.nodes["redis-2"].state, len(world.recorder.entries)) == before


def test_heal_of_a_whole_network_is_not_written_down(world: World) -> None:
    world.heal()
    cut = world.partition(["redis-2"])
    world.heal(cut)
    world.heal(cut)
    world.heal()
    assert told(world) == ["partition", "heal"]


def test_block_of_less_than_nothing_is_impossible(world: World) -> None:
    with pytest.raises(ImpossibleFault, match=r"^redis-1 cannot be busy for -1 s$"):
        world.block("redis-1", -1.0)
    assert told(world) == []


def test_restart_with_and_without_data(world: World) -> None:
    assert keys(world, "redis-1") > 50
    world.servers["redis-1"].server.persistence.begin_save()
    world.run(0.1)
    for keep, expected in ((True, True), (False, False)):
        world.kill("redis-1")
        # Alone: a replica would get its data back from the master.
        for other in ("redis-2", "redis-3", "client-1"):
            world.kill(other)
        world.restart("redis-1", keep_data=keep)
        world.run(0.5)
        assert (keys(world, "redis-1") > 50) == expected


def test_restart_without_data_of_a_running_server_leaves_it_alone(world: World) -> None:
    before = keys(world, "redis-1")
    world.restart("redis-1", keep_data=False)
    assert keys(world, "redis-1") == before > 50


def test_sentinel_keeps_its_file_and_nothing_else(world: World) -> None:
    sentinel = world.sentinels["sentinel-1"]
    myid, peers = (
        sentinel.sentinel.state.myid,
        set(sentinel.sentinel.state.masters["mymaster"].peers),
    )
    world.kill("sentinel-1")
    world.restart("sentinel-1")
    state = sentinel.sentinel.state
    assert state.myid == myid
    assert set(state.masters["mymaster"].peers) == peers
    assert not any(each.link.pubsub for each in state.masters["mymaster"].replicas.values())


def test_partition_is_silent_and_heals(world: World) -> None:
    cut = world.partition(["redis-2"])
    before = world.servers["redis-2"].server.history.offset
    world.run(3.0)
    assert world.servers["redis-2"].server.history.offset == before
    assert world.servers["redis-1"].server.history.offset > before
    assert not world.is_calm()
    assert world.servers["redis-2"].server.upstream.is_up, "it has not noticed yet"
    world.heal(cut)
    assert world.run_until_calm(limit=60.0)


def test_heal_of_one_partition_leaves_the_others(world: World) -> None:
    one = world.partition(["redis-2"], ["redis-1"])
    world.partition(["redis-3"], ["redis-1"])
    world.heal(one)
    assert len(world.network.partitions) == 1
    world.heal()
    assert world.network.partitions == []


def test_impossible_partition_changes_nothing(world: World) -> None:
    with pytest.raises(ImpossibleFault, match=r"host 'redis-1' is on two sides"):
        world.partition(["master", "redis-2"], ["redis-1"])
    assert world.network.partitions == []
    assert not any(isinstance(entry.data, FaultInjected) for entry in world.trace.entries)


@pytest.mark.parametrize("verb", ["kill", "restart", "pause", "resume", "power_off", "power_on"])
def test_unknown_node_is_told_with_those_that_there_are(world: World, verb: str) -> None:
    with pytest.raises(UnknownNode, match=r"unknown node 'redis-4'; .*: redis-1, .*, client-1$"):
        getattr(world, verb)("redis-4")
    with pytest.raises(UnknownNode):
        world.partition(["redis-4"])


# Power and clocks


def said(world: World, event: str) -> dict[str, int]:
    """When each Sentinel said so for the first time."""
    entries = reversed(world.trace.entries)
    found = [e for e in entries if isinstance(e.data, SentinelEvent) and e.data.name == event]
    return {entry.node: entry.time_us for entry in found}


def test_power_failure_is_silent_where_a_kill_is_not() -> None:
    killed, dark = World(SMALL), World(SMALL)
    for world in (killed, dark):
        world.run(14.0)
    killed.kill("redis-1")
    dark.power_off("redis-1")
    assert killed.nodes["redis-1"].state == dark.nodes["redis-1"].state == "down"
    for world in (killed, dark):
        world.run(0.1)
    assert not killed.servers["redis-2"].server.upstream.is_up, "it was told by a reset"
    assert dark.servers["redis-2"].server.upstream.is_up, "it has not noticed yet"
    for world in (killed, dark):
        world.run(3.0)
    soon, late = said(killed, "+sdown"), said(dark, "+sdown")
    assert soon.keys() == late.keys() == {"sentinel-1", "sentinel-2", "sentinel-3"}
    assert all(late[name] > soon[name] for name in soon)


def test_power_does_not_start_processes(world: World) -> None:
    world.power_off("redis-2")
    with pytest.raises(ImpossibleFault, match=r"^redis-2 cannot be restarted: its host has no po"):
        world.restart("redis-2")
    world.run(2.0)
    world.power_on("redis-2")
    world.run(2.0)
    assert world.nodes["redis-2"].state == "down"
    world.restart("redis-2")
    assert world.run_until_calm(limit=60.0)
    assert told(world) == ["power_off", "power_on", "restart"]


def test_power_of_a_host_is_that_of_all_who_live_there() -> None:
    world = World(Deployment(master_address=("127.0.0.1", 6379), clients=0))
    world.run(14.0)
    assert world.power_off("sentinel-2") == "sentinel-2"
    assert {node.state for node in world.nodes.values()} == {"down"}
    (fault,) = [e.data for e in world.trace.entries if isinstance(e.data, FaultInjected)]
    assert fault.detail == "host off: " + ", ".join(world.nodes)


def test_node_whose_host_is_off_at_its_first_start_stays_dead() -> None:
    world = World(SMALL)
    world.power_off("sentinel-1")
    world.run(14.0)
    assert world.nodes["sentinel-1"].state == "down"
    assert world.is_calm(), "the others never heard of it"
    world.power_on("sentinel-1")
    world.restart("sentinel-1")
    assert world.run_until_calm(limit=60.0)


def test_node_that_was_started_and_killed_early_is_not_started_again() -> None:
    world = World(SMALL)
    world.restart("sentinel-1")
    world.run(0.2)
    world.kill("sentinel-1")
    world.run(3.0)
    assert changes(world, "sentinel-1") == ["killed"]


@pytest.mark.parametrize("seconds", [-5.0, 5.0])
def test_step_of_the_wall_clock_sends_a_sentinel_into_tilt(world: World, seconds: float) -> None:
    before = world.nodes["sentinel-1"].now_ms()
    assert world.step_clock("sentinel-1", seconds) == "sentinel-1"
    assert world.nodes["sentinel-1"].now_ms() == before + 1000 * seconds
    world.run(0.5)
    assert said(world, "+tilt").keys() == {"sentinel-1"}


# Who is the master


def test_master_is_whom_most_living_sentinels_name(world: World) -> None:
    assert world.master == "redis-1"
    assert world.node("master") is world.servers["redis-1"]
    assert world.kill("master") == "redis-1"
    assert world.run_until(lambda: world.master != "redis-1", limit=20.0)
    named = [s.names_as_master("mymaster") for s in world.sentinels.values()]
    address = (world.node("master").host.address, 6379)
    assert named.count(address) >= 2


def test_dead_and_frozen_sentinels_have_no_say(world: World) -> None:
    world.pause("sentinel-1")
    world.kill("redis-1")
    assert world.run_until(lambda: world.master != "redis-1", limit=20.0)
    world.run(3.0)
    assert world.sentinels["sentinel-1"].names_as_master("mymaster") == ("10.0.0.1", 6379)
    world.pause("sentinel-2")
    assert world.master != "redis-1", "sentinel-3 alone decides"


def test_master_is_the_only_server_that_is_one_while_no_sentinel_has_run() -> None:
    world = World(SMALL)
    assert world.master == "redis-1"
    world.kill("redis-1")
    with pytest.raises(ImpossibleFault, match=r"^nobody names a master$"):
        world.kill("master")
    world.restart("redis-1")
    world.run(0.5)
    assert world.pause("master") == "redis-1"


def test_master_is_the_one_last_agreed_on_while_no_sentinel_lives(world: World) -> None:
    """Not the first server, and not the word of the one that died before the failover."""
    world.kill("sentinel-1")
    world.kill("redis-1")
    assert world.run_until(lambda: world.master != "redis-1", limit=20.0)
    world.run(5.0)
    master = world.master
    world.restart("redis-1")
    world.kill("sentinel-2")
    world.pause("sentinel-3")
    assert world.master == master != "redis-1"


def test_tie_is_decided_by_the_order_of_the_plan() -> None:
    world = World(Deployment(sentinels=2, replicas=9, clients=0))
    world.run(14.0)
    two, ten = (world.servers[name].host.address for name in ("redis-2", "redis-10"))
    for sentinel, ip in zip(world.sentinels.values(), (ten, two), strict=True):
        master = sentinel.sentinel.state.masters["mymaster"]
        master.address = replace(master.address, ip=ip)
    assert world.master == "redis-2"


def test_one_name_is_a_group_of_one() -> None:
    world = World(Deployment(clients=0))
    world.run(5)
    world.partition("redis-1")
    (fault,) = [each.data for each in world.trace.entries if isinstance(each.data, FaultInjected)]
    assert (fault.verb, fault.detail) == ("partition", "redis-1")


@pytest.mark.parametrize("groups", [(), ([],), (["redis-1"], [])])
def test_a_partition_of_nobody_is_impossible(groups: tuple[list[str], ...]) -> None:
    with pytest.raises(ImpossibleFault, match="at least one node in each"):
        World(Deployment(clients=0)).partition(*groups)
