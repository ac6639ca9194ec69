"""Memory: its limit, eviction, copies while a child lives, and the end of it."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, QUEUED, Error
from sim.redis import Machine, RedisNode, Settings
from sim.trace import KeyRemoved
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of

OOM = Error("OOM command not allowed when used memory > 'maxmemory'.")
ROOM = 910_000
"""A limit that leaves about ten thousand bytes for data."""


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def full(policy: str, samples: int = 5) -> Settings:
    return Settings(
        repl_diskless_sync_delay=0,
        maxmemory=ROOM,
        maxmemory_policy=policy,
        maxmemory_samples=samples,
    )


def fill(world: RedisWorld, node: RedisNode, keys: int, *options: str) -> list[object]:
    line = world.line(node)
    return [line.call("SET", f"k{number}", "x" * 1000, *options) for number in range(keys)]


def test_used_memory_counts_data_keys_backlog_and_what_is_not_simulated(world: RedisWorld) -> None:
    master, _ = world.group(1, machine=Machine(other_data_bytes=5000))
    before = int(info_of(world, master)["used_memory"])
    world.call(master, "SET", "key", "value")
    after = int(info_of(world, master)["used_memory"])
    assert before >= 5000
    assert after > before + len("keyvalue")


def test_without_eviction_commands_that_need_memory_are_refused(world: RedisWorld) -> None:
    node = world.node("m", full("noeviction"))
    replies = fill(world, node, 15)
    assert replies[0] == OK
    assert replies[-1] == OOM
    line = world.line(node)
    assert line.call("GET", "k0") == "x" * 1000
    assert line.call("INCR", "n") == OOM
    line.call("MULTI")
    assert line.call("SET", "a", "b") == OOM
    line.call("DISCARD")
    assert line.call("DEL", "k0", "k1") == 2
    assert line.call("SET", "a", "b") == OK


def test_exec_of_what_was_queued_before_the_memory_was_full_is_refused(world: RedisWorld) -> None:
    node = world.node("m", full("noeviction"))
    line = world.line(node)
    line.call("MULTI")
    assert line.call("SET", "a", "b") == QUEUED
    fill(world, node, 15)
    assert line.call("EXEC") == Error(f"EXECABORT Transaction discarded because of: {OOM.text}")


def test_evicted_keys_are_deleted_on_replicas_too(world: RedisWorld) -> None:
    master, replica = world.group(1, master=full("allkeys-random"))
    assert set(fill(world, master, 30)) == {OK}
    world.run(10 * MS)
    info = info_of(world, master)
    evicted = world.records(KeyRemoved, master)
    assert {record.reason for record in evicted} == {"evicted"}
    assert info["evicted_keys"] == str(len(evicted))
    assert len(master.server.keyspace) == 30 - len(evicted)
    assert replica.server.keyspace.snapshot() == master.server.keyspace.snapshot()


def test_least_recently_used_keys_go_first(world: RedisWorld) -> None:
    node = world.node("m", full("allkeys-lru", 64))
    line = world.line(node)
    for number in range(30):
        line.call("SET", f"k{number}", "x" * 1000)
        line.call("GET", "k0")
    assert line.call("EXISTS", "k0") == 1
    assert line.call("EXISTS", "k1") == 0


def test_volatile_policies_spare_keys_without_an_end(world: RedisWorld) -> None:
    node = world.node("m", full("volatile-ttl", 64))
    line = world.line(node)
    fill(world, node, 4)
    for number in range(10):
        line.call("SET", f"v{number}", "x" * 1000, "EX", str(1000 + number))
    assert line.call("EXISTS", "k0", "k1", "k2", "k3") == 4
    assert line.call("EXISTS", "v0") == 0
    assert line.call("EXISTS", "v9") == 1
    assert fill(world, node, 15)[-1] == OOM


def test_replica_does_not_evict_by_itself(world: RedisWorld) -> None:
    """[RED-5-4]"""
    master, replica = world.group(1, replica=full("allkeys-random"))
    fill(world, master, 15)
    world.call(replica, "GET", "k1")
    assert len(replica.server.keyspace) == 15
    world.call(replica, "SLAVEOF", "NO", "ONE")
    assert world.call(replica, "SET", "k", "v") == OK
    assert len(replica.server.keyspace) < 15


def test_writes_while_a_child_lives_copy_pages(world: RedisWorld) -> None:
    machine = Machine(other_data_bytes=10_000_000, save_bytes_per_second=1_000_000)
    node = world.node("m", machine=machine)
    world.call(node, "BGSAVE")
    fill(world, node, 20)
    info = info_of(world, node)
    assert info["current_cow_size"] == str(20 * 4096)
    assert int(info["used_memory_rss"]) == int(info["used_memory"]) + 20 * 4096
    world.run(12 * SECOND)
    info = info_of(world, node)
    assert (info["current_cow_size"], info["rdb_last_cow_size"]) == ("0", str(20 * 4096))


def test_server_that_needs_more_than_the_machine_has_is_killed(world: RedisWorld) -> None:
    machine = Machine(
        other_data_bytes=10_000_000, save_bytes_per_second=1_000_000, memory_bytes=11_000_000
    )
    node = world.node("m", machine=machine)
    fill(world, node, 30)
    world.run(2 * SECOND)
    assert node.state == "running"
    line = world.line(node)
    world.call(node, "BGSAVE")
    fill(world, node, 30)
    world.run(2 * SECOND)
    assert (node.state, line.closed) == ("down", "reset")
