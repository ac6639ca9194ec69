"""From the trace alone: the data of every server, the lost writes, and the same digest again."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minisentinel.trace import Entry
from sim.redis import RedisNode, Settings
from tests.redis.reader import DataSets, flat
from tests.redis.worlds import MS, SECOND, RedisWorld


def agree(world: RedisWorld, nodes: list[RedisNode]) -> None:
    """The trace tells every data set; one history and one offset mean one data set."""
    computed = DataSets(world.recorder.entries)
    known: dict[tuple[str, int], dict[str, str]] = {}
    for node in nodes:
        if not node.server.loading:
            data = flat(node.server.keyspace.snapshot())
            assert computed.data.get(node.name, {}) == data
            history = node.server.history
            assert known.setdefault((history.replid, history.offset), data) == data


def test_lost_writes_are_those_that_the_final_master_never_had() -> None:
    world = RedisWorld()
    master, replica = world.group(1)
    world.call(master, "SET", "both", "1")
    world.network.partition([master.host], [replica.host])
    world.call(master, "SET", "lost", "1")
    world.call(master, "INCR", "both")
    world.call(replica, "SLAVEOF", "NO", "ONE")
    world.call(replica, "SET", "new", "1")
    world.network.heal()
    world.call(master, "SLAVEOF", replica.host.address, "6379")
    world.run(3 * SECOND)
    before = DataSets(world.recorder.entries[:-1])
    assert before.writes["m"] == {"both=1", "new=1"} == before.writes["r1"]
    agree(world, [master, replica])


ACTIONS = st.sampled_from(
    [
        "write",
        "write",
        "write",
        "delete",
        "cut",
        "heal",
        "kill",
        "power",
        "start",
        "wipe",
        "promote",
        "demote",
    ]
)


@settings(max_examples=60)
@given(
    actions=st.lists(ACTIONS, max_size=25),
    seed=st.integers(0, 1000),
    persistence=st.sampled_from(["none", "rdb", "aof"]),
)
def test_prop_trace_tells_the_data_of_every_server(
    actions: list[str], seed: int, persistence: str
) -> None:
    world, nodes = play(actions, seed, persistence)
    agree(world, nodes)
    heal_everything(world, nodes)
    agree(world, nodes)
    first = nodes[0].server
    for node in nodes[1:]:
        assert node.server.upstream.is_up
        assert node.server.history.offset == first.history.offset
        assert flat(node.server.keyspace.snapshot()) == flat(first.keyspace.snapshot())


def play(actions: list[str], seed: int, persistence: str) -> tuple[RedisWorld, list[RedisNode]]:
    """Three servers to which a random choice of things happens."""
    world = RedisWorld(seed=seed)
    random = Random(seed)
    common = Settings(repl_diskless_sync_delay=0, repl_timeout=3, repl_ping_replica_period=1)
    if persistence != "rdb":
        common.save = ()
    common.appendonly = persistence == "aof"
    nodes = world.group(2, master=common, replica=common)
    for number, action in enumerate(actions):
        node, other = random.sample(nodes, 2)
        line = world.line(node)
        match action:
            case "write":
                line.send("SET", f"k{number % 5}", str(number))
                line.send("INCR", "n")
                line.send("SADD", "s", str(number))
                line.send("RPUSH", "l", str(number))
                line.send("SET", f"e{number % 3}", "v", "PX", "500")
            case "delete":
                line.send("DEL", f"k{number % 5}")
                line.send("LPOP", "l")
                line.send("SPOP", "s")
            case "cut":
                world.network.partition([node.host], [other.host])
            case "heal":
                world.network.heal()
            case "kill":
                node.kill()
            case "power":
                node.host.power_off()
                node.host.power_on()
            case "wipe" if node.state == "down":
                node.wipe()
            case "start":
                node.start()
            case "promote":
                line.send("SLAVEOF", "NO", "ONE")
            case "demote":
                line.send("SLAVEOF", other.host.address, "6379")
        world.run(random.choice([1 * MS, 3 * MS, 50 * MS, SECOND, 7 * SECOND]))
    return world, nodes


def heal_everything(world: RedisWorld, nodes: list[RedisNode]) -> None:
    world.network.heal()
    for node in nodes:
        node.start()
    world.run(30 * SECOND)
    world.call(nodes[0], "SLAVEOF", "NO", "ONE")
    for node in nodes[1:]:
        world.call(node, "SLAVEOF", nodes[0].host.address, "6379")
    world.run(30 * SECOND)


@pytest.mark.parametrize("seed", [1, 2])
def test_same_seed_gives_the_same_trace(seed: int) -> None:
    actions = ["write", "kill", "write", "start", "promote", "write", "demote", "wipe", "start"] * 2

    def entries() -> list[Entry]:
        return play(actions, seed, "rdb")[0].recorder.entries

    assert entries() == entries()
    assert entries() != play(actions, seed + 2, "rdb")[0].recorder.entries
