"""Scripts that take long: BUSY, SCRIPT KILL, UNKILLABLE (spec: redis-node §1)."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, PONG, QUEUED, Error
from sim.redis import RedisNode, Settings
from tests.redis.worlds import MS, SECOND, Line, RedisWorld

BUSY = Error(
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
)
NOTBUSY = Error("NOTBUSY No scripts in execution right now.")
FOR_EVER = "while true do end"
NINE_SECONDS = "for i = 1, 900000000 do end redis.call('set', 'k', 'v') return 9"


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


@pytest.fixture
def node(world: RedisWorld) -> RedisNode:
    return world.node("m")


def busy_line(world: RedisWorld, node: RedisNode, script: str) -> Line:
    """A client whose script has kept the server for longer than the threshold."""
    line = world.line(node)
    line.send("EVAL", script, "0")
    world.run(5100 * MS)
    return line


def test_server_is_silent_up_to_the_threshold_and_then_busy(
    world: RedisWorld, node: RedisNode
) -> None:
    """[RED-1-1] [RED-1-2] [RED-1-3] [RED-1-14]"""
    script, other = world.line(node), world.line(node)
    script.send("EVAL", FOR_EVER, "0")
    world.run(MS)
    other.send("PING")
    world.run(4900 * MS)
    assert other.received == []
    world.run(200 * MS)
    assert other.received == [BUSY]
    assert other.call("INFO") == other.call("PUBLISH", "c", "m") == other.call("ROLE") == BUSY
    assert other.call("SLAVEOF", "NO", "ONE") == other.call("CONFIG", "GET", "port") == BUSY


def test_script_kill_ends_a_script_that_has_not_written(world: RedisWorld, node: RedisNode) -> None:
    """[RED-1-9]"""
    script = busy_line(world, node, "redis.call('get', 'k') while true do end")
    assert world.call(node, "SCRIPT", "KILL") == OK
    (reply,) = script.received
    assert isinstance(reply, Error)
    assert reply.text.startswith("ERR Script killed by user with SCRIPT KILL...")
    assert world.call(node, "PING") == PONG
    assert world.call(node, "SCRIPT", "KILL") == NOTBUSY


def test_script_that_has_written_cannot_be_killed_and_its_write_is_not_seen_half(
    world: RedisWorld,
) -> None:
    """[RED-1-9]"""
    master, replica = world.group(1)
    busy_line(world, master, "redis.call('set', 'k', 'v') while true do end")
    reply = world.call(master, "SCRIPT", "KILL")
    assert isinstance(reply, Error)
    assert reply.text.startswith("UNKILLABLE Sorry the script already executed write commands")
    assert world.call(master, "GET", "k") == BUSY
    assert replica.server.keyspace.get("k") is None
    assert world.call(master, "SHUTDOWN") == BUSY
    world.line(master).send("SHUTDOWN", "NOSAVE")
    world.run(10 * MS)
    assert master.state == "down"


def test_long_script_ends_by_itself_and_its_effect_is_replicated(world: RedisWorld) -> None:
    master, replica = world.group(1)
    script = busy_line(world, master, NINE_SECONDS)
    assert script.received == []
    world.run(4 * SECOND)
    assert script.received == [9]
    assert world.call(master, "GET", "k") == world.call(replica, "GET", "k") == "v"


def test_client_of_a_busy_script_is_heard_after_it(world: RedisWorld, node: RedisNode) -> None:
    line = busy_line(world, node, NINE_SECONDS)
    line.send("GET", "k")
    world.run(SECOND)
    assert line.received == []
    world.run(4 * SECOND)
    assert line.received == [9, "v"]


def test_killed_script_does_nothing_more(world: RedisWorld, node: RedisNode) -> None:
    busy_line(world, node, NINE_SECONDS)
    assert world.call(node, "SCRIPT", "KILL") == OK
    world.run(10 * SECOND)
    assert world.call(node, "GET", "k") is None


def test_transaction_of_sentinel_is_refused_as_a_whole_while_a_script_runs(
    world: RedisWorld, node: RedisNode
) -> None:
    """[RED-1-6] [RED-1-14]"""
    busy_line(world, node, FOR_EVER)
    line = world.line(node)
    assert line.call("MULTI") == OK
    assert line.call("SLAVEOF", "NO", "ONE") == BUSY
    reply = line.call("EXEC")
    assert isinstance(reply, Error)
    assert reply.text == f"EXECABORT Transaction discarded because of: {BUSY.text}"
    world.call(node, "SCRIPT", "KILL")
    assert line.call("MULTI") == OK
    assert line.call("PING") == QUEUED


def test_busy_replica_applies_the_stream_of_its_master_after_the_script(world: RedisWorld) -> None:
    master, replica = world.group(1)
    busy_line(world, replica, FOR_EVER)
    world.call(master, "SET", "k", "v")
    world.run(SECOND)
    assert replica.server.keyspace.get("k") is None
    assert world.call(replica, "SCRIPT", "KILL") == OK
    world.run(10 * MS)
    assert world.call(replica, "GET", "k") == "v"


def test_busy_master_answers_nobody_but_takes_acknowledgements(world: RedisWorld) -> None:
    master, replica = world.group(1)
    busy_line(world, master, FOR_EVER)
    before = replica.server.history.offset
    world.run(20 * SECOND)
    assert replica.server.upstream.is_up
    assert replica.server.history.offset == before
    assert len(master.server.replicas) == 1


def test_script_runs_as_one_transaction_on_the_replica(world: RedisWorld) -> None:
    master, replica = world.group(1)
    script = (
        "redis.call('set', 'a', '1') redis.call('sadd', 's', 'x') return redis.call('get', 'a')"
    )
    assert world.call(master, "EVAL", script, "0") == "1"
    world.run(10 * MS)
    assert world.call(replica, "SMEMBERS", "s") == ("x",)
    assert replica.server.history.offset == master.server.history.offset


def test_threshold_can_be_set(world: RedisWorld) -> None:
    node = world.node("m", Settings(busy_reply_threshold=100))
    world.line(node).send("EVAL", FOR_EVER, "0")
    world.run(150 * MS)
    assert world.call(node, "PING") == BUSY


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("local f = function() end", "user_script:1: 'function' is not simulated"),
        ("for k, v in pairs({}) do end", "user_script:1: generic 'for' is not simulated"),
        ("return (1", "user_script:1: ')' expected near '<eof>'"),
        ("local x = 1\nreturn @", "user_script:2: unexpected symbol near '@'"),
        ("if x then", "user_script:1: 'end' expected near '<eof>'"),
    ],
)
def test_script_that_is_wrong_or_beyond_the_simulation_gets_a_clear_error(
    world: RedisWorld, node: RedisNode, script: str, complaint: str
) -> None:
    assert world.call(node, "EVAL", script, "0") == Error(
        f"ERR Error compiling script (new function): {complaint}"
    )
