"""Clients that wait: for replicas (spec: redis-node §9), and for elements of lists."""

from __future__ import annotations

import pytest

from minisentinel.replies import NULL_ARRAY, OK, Error
from minisentinel.wire import command_size
from sim.redis import Settings
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of

UNBLOCKED = Error(
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"
)


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def test_wait_is_answered_as_soon_as_enough_replicas_have_the_write(world: RedisWorld) -> None:
    """[RED-9-2] [RED-9-3] [RED-1-11]"""
    master, *_ = world.group(2)
    world.run(200 * MS)
    line = world.line(master)
    line.call("SET", "k", "v")
    line.send("WAIT", "2", "0")
    world.run(10 * MS)
    assert line.received[-1] == 2


def test_wait_asks_the_replicas_for_an_acknowledgement_through_the_stream(
    world: RedisWorld,
) -> None:
    """[RED-9-3]"""
    master, _ = world.group(1)
    line = world.line(master)
    line.call("SET", "k", "v")
    before = master.server.history.offset
    line.call("WAIT", "1", "0")
    getack = command_size(("REPLCONF", "GETACK", "*"))
    assert master.server.history.offset == before + getack


def test_wait_gives_the_count_reached_when_its_time_is_over(world: RedisWorld) -> None:
    """[RED-9-3]"""
    master, first, _ = world.group(2)
    first.pause()
    line = world.line(master)
    line.call("SET", "k", "v")
    line.send("WAIT", "2", "300")
    world.run(250 * MS)
    assert line.received[1:] == []
    assert info_of(world, master)["blocked_clients"] == "1"
    world.run(100 * MS)
    assert line.received[-1] == 1


def test_wait_of_a_client_that_never_wrote_counts_every_online_replica(world: RedisWorld) -> None:
    """[RED-9-2]"""
    master, first, _ = world.group(2)
    first.pause()
    world.call(master, "SET", "k", "v")
    assert world.call(master, "WAIT", "2", "0") == 2


def test_wait_in_a_transaction_does_not_wait(world: RedisWorld) -> None:
    """[RED-9-3]"""
    master, replica = world.group(1)
    replica.pause()
    line = world.line(master)
    line.call("MULTI")
    line.call("SET", "k", "v")
    line.call("WAIT", "1", "0")
    assert line.call("EXEC") == (OK, 1)


def test_wait_does_not_end_for_ever_when_the_only_replica_is_gone(world: RedisWorld) -> None:
    master, replica = world.group(1)
    line = world.line(master)
    replica.kill()
    line.call("SET", "k", "v")
    line.send("WAIT", "1", "0")
    world.run(30 * SECOND)
    assert len(line.received) == 1
    replica.start()
    world.run(3 * SECOND)
    assert line.received[-1] == 1


def test_demotion_unblocks_with_an_error_and_closes_the_connection(world: RedisWorld) -> None:
    """[RED-6-2]"""
    node = world.node("m")
    waiting, popping = world.line(node), world.line(node)
    waiting.send("WAIT", "1", "0")
    popping.send("BLPOP", "q", "0")
    world.run(10 * MS)
    world.call(node, "SLAVEOF", "10.9.9.9", "6379")
    assert waiting.received == popping.received == [UNBLOCKED]
    assert (waiting.closed, popping.closed) == ("closed", "closed")


def test_what_a_waiting_client_sends_is_executed_after_its_wait(world: RedisWorld) -> None:
    node = world.node("m")
    line = world.line(node)
    line.send("BLPOP", "q", "0")
    line.send("SET", "k", "v")
    world.run(10 * MS)
    assert world.call(node, "GET", "k") is None
    world.call(node, "RPUSH", "q", "x")
    assert line.received == [("q", "x"), OK]
    assert world.call(node, "GET", "k") == "v"


def test_pushed_elements_go_to_the_clients_that_waited_longest(world: RedisWorld) -> None:
    master, replica = world.group(1)
    first, second, third = (world.line(master) for _ in range(3))
    for line in (first, second, third):
        line.send("BRPOP", "a", "b", "0")
        world.run(MS)
    world.call(master, "RPUSH", "b", "1", "2")
    assert (first.received, second.received, third.received) == ([("b", "2")], [("b", "1")], [])
    world.run(10 * MS)
    assert replica.server.history.offset == master.server.history.offset
    assert replica.server.keyspace.get("b") is None
    world.call(master, "LPUSH", "a", "3")
    assert third.received == [("a", "3")]


def test_client_that_was_too_late_for_an_element_waits_on_with_its_own_timeout(
    world: RedisWorld,
) -> None:
    node = world.node("m")
    first, second = world.line(node), world.line(node)
    first.send("BLPOP", "q", "2")
    world.run(MS)
    second.send("BLPOP", "q", "2")
    world.run(1500 * MS)
    world.call(node, "RPUSH", "q", "x")
    assert (first.received, second.received) == ([("q", "x")], [])
    world.run(600 * MS)
    assert second.received == [NULL_ARRAY]
    assert world.call(node, "RPUSH", "q", "y") == 1


def test_blocking_pop_gives_a_null_array_when_its_time_is_over(world: RedisWorld) -> None:
    line = world.line(world.node("m"))
    line.send("BLPOP", "q", "1.5")
    world.run(1400 * MS)
    assert line.received == []
    world.run(200 * MS)
    assert line.received == [NULL_ARRAY]


def test_element_for_a_client_that_has_gone_stays_in_the_list(world: RedisWorld) -> None:
    node = world.node("m")
    line = world.line(node)
    line.send("BLPOP", "q", "0")
    world.run(10 * MS)
    line._endpoint.close()
    world.run(10 * MS)
    assert world.call(node, "RPUSH", "q", "x") == 1
    assert world.call(node, "LLEN", "q") == 1


def test_wait_is_refused_by_a_replica_that_was_told_to_be_writable(world: RedisWorld) -> None:
    """[RED-9-1]"""
    _, replica = world.group(
        1, replica=Settings(repl_diskless_sync_delay=0, replica_read_only=False)
    )
    assert world.call(replica, "SET", "k", "v") == OK
    reply = world.call(replica, "WAIT", "0", "0")
    assert isinstance(reply, Error)
    assert reply.text.startswith("ERR WAIT cannot be used with replica instances.")
