"""Promotion, demotion and the transaction by which Sentinel causes them (redis-node §5 to §7)."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, QUEUED, Error, Status
from sim.redis import Machine, RedisNode, Settings
from sim.trace import FullSyncLoaded, PartialSync, RoleChanged
from tests.redis.reader import flat
from tests.redis.worlds import MS, SECOND, Line, RedisWorld, info_of


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def data_of(node: RedisNode) -> dict[str, str]:
    return flat(node.server.keyspace.snapshot())


def reconfigure(line: Line, host: str, port: str) -> None:
    """Sentinel's transaction (spec: failover §5)."""
    for words in (
        ("MULTI",),
        ("SLAVEOF", host, port),
        ("CONFIG", "REWRITE"),
        ("CLIENT", "KILL", "TYPE", "normal"),
        ("CLIENT", "KILL", "TYPE", "pubsub"),
        ("EXEC",),
    ):
        line.send(*words)


def test_transaction_promotes_and_closes_everybody_but_the_caller_and_replication_links(
    world: RedisWorld,
) -> None:
    """[RED-7-1] [RED-5-3]"""
    _, replica = world.group(1)
    chained = world.node("sub", Settings(replicaof=(replica.host.address, 6379)))
    world.run(8 * SECOND)
    caller, normal, subscriber = (world.line(replica) for _ in range(3))
    subscriber.call("SUBSCRIBE", "__sentinel__:hello")
    reconfigure(caller, "NO", "ONE")
    world.run(10 * MS)
    assert caller.received == [OK, QUEUED, QUEUED, QUEUED, QUEUED, (OK, OK, 1, 1)]
    assert (caller.closed, normal.closed, subscriber.closed) == ("", "closed", "closed")
    assert info_of(world, replica)["role"] == "master"
    world.run(SECOND)
    assert chained.server.upstream.is_up
    assert [record.role for record in world.records(RoleChanged, replica)] == [
        "replica",
        "master",
    ]


def test_demoting_transaction_leaves_attached_replicas_alone(world: RedisWorld) -> None:
    """[RED-6-6] [RED-4.2-4]"""
    master, first, second = world.group(2)
    world.call(first, "SLAVEOF", "NO", "ONE")
    reconfigure(world.line(master), first.host.address, "6379")
    world.run(4 * MS)
    assert len(master.server.replicas) == 1
    world.run(SECOND)
    # The old master's history has a new name now, which its replica learns when it comes back.
    for node in (master, second):
        assert node.server.upstream.is_up
        assert node.server.history.replid == first.server.history.replid
    assert len(world.records(FullSyncLoaded)) == 2


def test_promotion_continues_the_offset_under_a_new_id(world: RedisWorld) -> None:
    """[RED-5-1] [RED-5-2] [RED-5-4]"""
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v")
    old, offset = master.server.history.replid, master.server.history.offset
    assert world.call(replica, "SLAVEOF", "NO", "ONE") == OK
    history = replica.server.history
    assert history.replid != old
    assert (history.replid2, history.second_offset) == (old, offset + 1)
    assert history.offset == offset
    assert world.call(replica, "SET", "k", "w") == OK
    assert world.call(replica, "SLAVEOF", "NO", "ONE") == OK
    assert history.replid2 == old


def test_old_master_without_extra_writes_returns_by_a_partial_resynchronisation(
    world: RedisWorld,
) -> None:
    """[RED-6-3] [RED-6-5]"""
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v")
    world.call(replica, "SLAVEOF", "NO", "ONE")
    world.call(replica, "SET", "k", "w")
    assert world.call(master, "SLAVEOF", replica.host.address, "6379") == OK
    world.run(100 * MS)
    assert data_of(master) == {"k": "w"}
    assert len(world.records(PartialSync, master)) == 1
    assert world.records(FullSyncLoaded, master) == []


def test_old_master_with_extra_writes_gets_a_full_resynchronisation_and_loses_them(
    world: RedisWorld,
) -> None:
    """[RED-6-3] [RED-4.2-2]"""
    master, replica = world.group(1)
    world.call(replica, "SLAVEOF", "NO", "ONE")
    world.call(master, "SET", "lost", "1")
    world.call(replica, "SET", "kept", "1")
    world.call(master, "SLAVEOF", replica.host.address, "6379")
    world.run(SECOND)
    assert data_of(master) == {"kept": "1"}
    assert world.records(PartialSync, master) == []
    assert len(world.records(FullSyncLoaded, master)) == 1
    assert master.server.history.replid == replica.server.history.replid


def test_one_hello_message_more_is_enough_for_a_full_resynchronisation(world: RedisWorld) -> None:
    master, replica = world.group(1)
    world.call(replica, "SLAVEOF", "NO", "ONE")
    world.call(master, "PUBLISH", "__sentinel__:hello", "...")
    world.call(master, "SLAVEOF", replica.host.address, "6379")
    world.run(SECOND)
    assert len(world.records(FullSyncLoaded, master)) == 1


def test_replicas_of_the_old_master_continue_with_the_promoted_one(world: RedisWorld) -> None:
    """[RED-4.2-2] [RED-5-2]"""
    master, first, second = world.group(2)
    world.call(master, "SET", "k", "v")
    syncs = len(world.records(FullSyncLoaded))
    master.kill()
    world.call(first, "SLAVEOF", "NO", "ONE")
    world.call(first, "SET", "k", "w")
    world.call(second, "SLAVEOF", first.host.address, "6379")
    world.run(100 * MS)
    assert data_of(second) == {"k": "w"}
    assert len(world.records(FullSyncLoaded)) == syncs
    assert second.server.history.replid2 == first.server.history.replid2


def test_replica_ahead_of_the_promoted_one_gets_a_full_resynchronisation(world: RedisWorld) -> None:
    master, first, second = world.group(2)
    world.network.partition([master.host], [first.host])
    world.call(master, "SET", "k", "v")
    master.kill()
    assert data_of(second) == {"k": "v"}
    world.call(first, "SLAVEOF", "NO", "ONE")
    world.call(second, "SLAVEOF", first.host.address, "6379")
    world.run(SECOND)
    assert second.server.upstream.is_up
    assert data_of(second) == {}
    assert len(world.records(FullSyncLoaded, second)) == 2


def test_link_is_up_again_a_few_round_trips_after_a_redirection(world: RedisWorld) -> None:
    """[RED-6-5]"""
    _, first, second = world.group(2)
    world.call(first, "SLAVEOF", "NO", "ONE")
    line = world.line(second)
    reconfigure(line, first.host.address, "6379")
    line.send("INFO")
    world.run(4 * MS)
    info = line.received[-1]
    assert f"master_host:{first.host.address}\r\n" in info
    assert "master_link_status:down\r\n" in info
    world.run(10 * MS)
    assert second.server.upstream.is_up


def test_demoted_master_is_read_only_at_once_and_still_serves_its_data(world: RedisWorld) -> None:
    """[RED-6-4]"""
    node = world.node("m")
    line = world.line(node)
    line.call("SET", "k", "v")
    assert line.call("SLAVEOF", "10.9.9.9", "6379") == OK
    assert line.call("SET", "k", "w") == Error(
        "READONLY You can't write against a read only replica."
    )
    assert line.call("GET", "k") == "v"


def test_exec_of_queued_writes_is_refused_after_a_demotion(world: RedisWorld) -> None:
    """[RED-6-4] [RED-7-1]"""
    node = world.node("m")
    line = world.line(node)
    line.call("MULTI")
    line.call("SET", "k", "v")
    world.call(node, "SLAVEOF", "10.9.9.9", "6379")
    assert line.call("EXEC") == Error(
        "EXECABORT Transaction discarded because of: "
        "READONLY You can't write against a read only replica."
    )
    assert line.call("GET", "k") is None


def test_same_master_again_is_answered_without_any_effect(world: RedisWorld) -> None:
    """[RED-6-1]"""
    master, replica = world.group(1)
    assert world.call(replica, "SLAVEOF", master.host.address, "6379") == Status(
        "OK Already connected to specified master"
    )
    assert replica.server.upstream.is_up
    assert len(world.records(RoleChanged, replica)) == 1


def test_promotion_during_a_transfer_keeps_the_data_of_that_moment(world: RedisWorld) -> None:
    """[RED-5-1] [RED-5-5]"""
    machine = Machine(other_data_bytes=1000, sync_bytes_per_second=500)
    source, node = world.node("a", machine=machine), world.node("b", machine=machine)
    world.call(source, "CONFIG", "SET", "repl-diskless-sync-delay", "0")
    world.call(source, "SET", "k", "theirs")
    world.call(node, "SET", "k", "ours")
    world.call(node, "SLAVEOF", source.host.address, "6379")
    world.run(SECOND)
    assert world.call(node, "ROLE") == ("slave", source.host.address, 6379, "sync", -1)
    assert world.call(node, "SLAVEOF", "NO", "ONE") == OK
    world.run(5 * SECOND)
    assert world.call(node, "GET", "k") == "ours"
    assert len(source.server.replicas) == 0
