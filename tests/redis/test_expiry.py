"""Times to live, in virtual time and by the host's clock."""

from __future__ import annotations

import pytest

from minisentinel.replies import NULL_ARRAY, OK
from sim.redis import Settings
from sim.trace import KeyRemoved, WriteApplied
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def test_key_is_gone_after_its_time(world: RedisWorld) -> None:
    line = world.line(world.node("m"))
    line.call("SET", "k", "v", "PX", "500")
    world.run(450 * MS)
    assert line.call("GET", "k") == "v"
    world.run(50 * MS)
    assert line.call("GET", "k") is None


def test_key_that_nobody_looks_at_is_removed_within_a_tenth_of_a_second(world: RedisWorld) -> None:
    node = world.node("m")
    world.call(node, "SET", "k", "v", "PX", "500")
    world.run(600 * MS)
    assert len(node.server.keyspace) == 0
    assert world.records(KeyRemoved) == [KeyRemoved(key="k", reason="expired", offset=0)]
    assert info_of(world, node)["expired_keys"] == "1"


def test_master_tells_replicas_the_moment_and_later_to_delete(world: RedisWorld) -> None:
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v", "EX", "1")
    world.run(10 * MS)
    at = master.server.keyspace.expires_at("k")
    assert at is not None
    assert replica.server.keyspace.expires_at("k") == at
    world.run(1200 * MS)
    assert world.records(WriteApplied, replica)[-1].write == "del k"
    assert len(replica.server.keyspace) == 0
    assert replica.server.history.offset == master.server.history.offset


def test_replica_without_its_master_hides_the_key_and_keeps_it(world: RedisWorld) -> None:
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v", "EX", "1")
    world.run(10 * MS)
    master.kill()
    world.run(2 * SECOND)
    assert world.call(replica, "GET", "k") is None
    assert world.call(replica, "EXISTS", "k") == 0
    assert world.call(replica, "DBSIZE") == 1


def test_promoted_replica_removes_what_is_over(world: RedisWorld) -> None:
    """[RED-5-4]"""
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v", "EX", "1")
    world.run(10 * MS)
    master.kill()
    world.run(2 * SECOND)
    assert world.call(replica, "SLAVEOF", "NO", "ONE") == OK
    world.run(2 * SECOND)
    assert world.call(replica, "DBSIZE") == 0


def test_expiry_follows_a_clock_that_is_set(world: RedisWorld) -> None:
    node = world.node("m")
    world.call(node, "SET", "k", "v", "EX", "100")
    node.host.step_clock(200 * SECOND)
    world.run(2 * SECOND)
    assert world.call(node, "DBSIZE") == 0


def test_times_to_live_survive_a_full_resynchronisation_and_a_restart(world: RedisWorld) -> None:
    master = world.node("m", Settings(repl_diskless_sync_delay=0))
    world.call(master, "SET", "k", "v", "EX", "10")
    at = master.server.keyspace.expires_at("k")
    replica = world.node("r", Settings(replicaof=(master.host.address, 6379)))
    world.run(SECOND)
    assert replica.server.keyspace.expires_at("k") == at
    world.call(master, "SAVE")
    master.kill()
    master.start()
    world.run(SECOND)
    assert master.server.keyspace.expires_at("k") == at
    world.run(12 * SECOND)
    assert world.call(master, "DBSIZE") == 0
    assert len(replica.server.keyspace) == 0


def test_watched_key_whose_time_is_over_has_changed(world: RedisWorld) -> None:
    line = world.line(world.node("m"))
    line.call("SET", "k", "v", "PX", "100")
    line.call("WATCH", "k")
    line.call("MULTI")
    line.call("SET", "other", "v")
    world.run(300 * MS)
    assert line.call("EXEC") == NULL_ARRAY
    assert line.call("GET", "other") is None


def test_counter_keeps_its_time_to_live(world: RedisWorld) -> None:
    line = world.line(world.node("m"))
    line.call("SET", "n", "1", "EX", "100")
    line.call("INCR", "n")
    assert line.call("TTL", "n") == 100
    line.call("SET", "n", "5")
    assert line.call("TTL", "n") == -1


def test_hidden_keys_cost_a_replica_no_timers(world: RedisWorld) -> None:
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v", "EX", "1")
    world.run(10 * MS)
    master.kill()
    world.run(5500 * MS)
    next_time = world.kernel.next_time
    assert next_time is not None
    assert next_time - world.kernel.now > 300 * MS
    assert len(replica.server.keyspace) == 1


def test_no_key_ends_while_a_script_keeps_the_server_busy(world: RedisWorld) -> None:
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v", "PX", "6000")
    script = "redis.call('set', 'a', '1') for i = 1, 900000000 do end return redis.call('get', 'k')"
    line = world.line(master)
    line.send("EVAL", script, "0")
    world.run(8 * SECOND)
    assert replica.server.keyspace.get("a") is None
    world.run(2 * SECOND)
    assert line.received == ["v"]
    assert world.call(master, "GET", "k") is None
    assert replica.server.keyspace.get("a") == "1"


def test_key_that_ends_soon_does_not_wait_for_one_that_ends_late(world: RedisWorld) -> None:
    node = world.node("m")
    world.call(node, "SET", "late", "v", "EX", "1000")
    world.call(node, "SET", "soon", "v", "PX", "50")
    world.run(200 * MS)
    assert len(node.server.keyspace) == 1
