"""Limits: unread output, connections, passwords, slow commands."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, PONG, Error
from sim.redis import BufferLimit, BufferLimits, Machine, Settings
from sim.trace import FullSyncLoaded, PartialSync
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of

NOAUTH = Error("NOAUTH Authentication required.")


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


# -- output buffers (spec: redis-node §4.3)


def test_replica_that_reads_nothing_is_dropped_at_the_hard_limit_and_needs_a_full_sync(
    world: RedisWorld,
) -> None:
    """[RED-4.3-5]"""
    limits = BufferLimits(replica=BufferLimit(hard=5000))
    settings = Settings(
        repl_diskless_sync_delay=0, repl_backlog_size=1000, client_output_buffer_limit=limits
    )
    master, replica = world.group(1, master=settings)
    replica.pause()
    line = world.line(master)
    for number in range(6):
        line.call("SET", f"k{number}", "x" * 1000)
        world.run(SECOND)
    assert len(master.server.replicas) == 0
    replica.resume()
    world.run(3 * SECOND)
    assert world.records(PartialSync) == []
    assert len(world.records(FullSyncLoaded, replica)) == 2
    assert replica.server.keyspace.snapshot() == master.server.keyspace.snapshot()


def test_soft_limit_drops_only_after_its_seconds(world: RedisWorld) -> None:
    """[RED-4.3-5]"""
    limits = BufferLimits(replica=BufferLimit(soft=2000, seconds=5))
    settings = Settings(repl_diskless_sync_delay=0, client_output_buffer_limit=limits)
    master, replica = world.group(1, master=settings)
    replica.pause()
    world.call(master, "SET", "k", "x" * 3000)
    world.run(5 * SECOND)
    assert len(master.server.replicas) == 1
    replica.resume()
    world.run(2 * SECOND)
    replica.pause()
    world.call(master, "SET", "k", "x" * 3000)
    world.run(8 * SECOND)
    assert len(master.server.replicas) == 0


def test_hard_limit_for_replicas_is_never_below_the_backlog(world: RedisWorld) -> None:
    """[RED-4.3-5]"""
    limits = BufferLimits(replica=BufferLimit(hard=1000))
    settings = Settings(repl_diskless_sync_delay=0, client_output_buffer_limit=limits)
    master, replica = world.group(1, master=settings)
    replica.pause()
    world.call(master, "SET", "k", "x" * 3000)
    world.run(3 * SECOND)
    assert len(master.server.replicas) == 1


def test_stream_that_waits_for_the_snapshot_to_be_loaded_counts(world: RedisWorld) -> None:
    limits = BufferLimits(replica=BufferLimit(hard=5000))
    machine = Machine(other_data_bytes=1000, sync_bytes_per_second=50)
    settings = Settings(
        repl_diskless_sync_delay=0, repl_backlog_size=1000, client_output_buffer_limit=limits
    )
    master, _ = world.group(1, master=settings, machine=machine, seconds=2)
    world.call(master, "SET", "k", "x" * 6000)
    assert len(master.server.replicas) == 1
    world.run(1100 * MS)
    assert world.records(FullSyncLoaded) == []
    assert master.server.replicas.full_syncs >= 1
    assert world.call(master, "CLIENT", "LIST", "TYPE", "replica") == ""


def test_subscriber_that_reads_nothing_is_dropped(world: RedisWorld) -> None:
    limits = BufferLimits(pubsub=BufferLimit(hard=2000))
    node = world.node("m", Settings(client_output_buffer_limit=limits))
    line = world.line(node)
    line.call("SUBSCRIBE", "c")
    world.network.partition([node.host], [world.talker.host])
    node.server.pubsub.publish("c", "x" * 3000)
    world.run(2 * SECOND)
    assert node.server.pubsub.publish("c", "x") == 0


def test_normal_clients_have_no_limit_by_default(world: RedisWorld) -> None:
    node = world.node("m")
    assert world.call(node, "CONFIG", "GET", "client-output-buffer-limit") == (
        "client-output-buffer-limit",
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    )


# -- connections and passwords


def test_connection_beyond_maxclients_gets_an_error_and_is_closed(world: RedisWorld) -> None:
    node = world.node("m", Settings(maxclients=2))
    first, second, third = (world.line(node) for _ in range(3))
    assert first.call("PING") == second.call("PING") == PONG
    assert third.received == [Error("ERR max number of clients reached")]
    assert third.closed == "closed"
    assert "rejected_connections:1\r\n" in str(first.call("INFO", "stats"))


def test_password_is_asked_of_everybody_for_everything_but_auth(world: RedisWorld) -> None:
    """[RED-1-1] [RED-1-5]"""
    node = world.node("m", Settings(requirepass="secret"))
    line = world.line(node)
    for words in (("PING",), ("INFO",), ("PUBLISH", "c", "m"), ("MULTI",), ("SUBSCRIBE", "c")):
        assert line.call(*words) == NOAUTH
    assert line.call("AUTH", "wrong") == Error(
        "WRONGPASS invalid username-password pair or user is disabled."
    )
    assert line.call("AUTH", "default", "secret") == OK
    assert line.call("PING") == PONG


def test_replica_says_its_masters_password(world: RedisWorld) -> None:
    """[RED-4.1-1]"""
    master = world.node("m", Settings(requirepass="secret", repl_diskless_sync_delay=0))
    target = (master.host.address, 6379)
    knowing = world.node("r1", Settings(replicaof=target, masterauth="secret"))
    wrong = world.node("r2", Settings(replicaof=target, masterauth="wrong"))
    silent = world.node("r3", Settings(replicaof=target))
    world.run(5 * SECOND)
    assert knowing.server.upstream.is_up
    assert not wrong.server.upstream.is_up
    assert not silent.server.upstream.is_up
    assert len(master.server.replicas) == 1
    world.call(silent, "CONFIG", "SET", "masterauth", "secret")
    world.run(3 * SECOND)
    assert silent.server.upstream.is_up


# -- time


def test_command_that_looks_at_everything_takes_its_time(world: RedisWorld) -> None:
    node = world.node("m", machine=Machine(other_keys=30_000_000))
    slow, other = world.line(node), world.line(node)
    slow.send("KEYS", "*")
    world.run(MS)
    other.send("PING")
    world.run(2900 * MS)
    assert other.received == []
    world.run(200 * MS)
    assert (slow.received, other.received) == ([()], [PONG])


def test_flushall_takes_its_time_unless_it_is_asynchronous(world: RedisWorld) -> None:
    node = world.node("m", machine=Machine(other_keys=10_000_000))
    assert world.call(node, "FLUSHALL", "ASYNC") == OK
    line = world.line(node)
    line.send("FLUSHALL")
    world.run(900 * MS)
    assert line.received == []
    world.run(200 * MS)
    assert line.received == [OK]


def test_blocked_clients_and_keys_with_an_end_are_in_info(world: RedisWorld) -> None:
    node = world.node("m")
    world.call(node, "SET", "k", "v", "EX", "100")
    world.line(node).send("BLPOP", "q", "0")
    world.run(10 * MS)
    info = info_of(world, node)
    assert info["blocked_clients"] == "1"
    assert info["db0"] == "keys=1,expires=1,avg_ttl=0"
