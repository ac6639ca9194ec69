"""What one server answers to its clients (spec: redis-node §1)."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, PONG, QUEUED, Error, Reply, Status
from sim.redis import Machine, RedisNode, Settings
from sim.trace import WriteAccepted, WriteRefused
from tests.redis.worlds import SECOND, Line, RedisWorld


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


@pytest.fixture
def node(world: RedisWorld) -> RedisNode:
    return world.node("m")


@pytest.fixture
def line(world: RedisWorld, node: RedisNode) -> Line:
    return world.line(node)


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("PING", PONG),
        ("ping hello", "hello"),
        ("ECHO hello", "hello"),
        ("SET k v", OK),
        ("GET nothing", None),
        ("INCR n", 1),
        ("DECR n", -1),
        ("INCRBY n 40", 40),
        ("EXISTS k", 0),
        ("DEL k", 0),
        ("DBSIZE", 0),
        ("SELECT 0", OK),
        ("SELECT 1", Error("ERR DB index is out of range")),
        ("SCRIPT KILL", Error("NOTBUSY No scripts in execution right now.")),
        ("GET", Error("ERR wrong number of arguments for 'get' command")),
        ("CLIENT", Error("ERR wrong number of arguments for 'client' command")),
        ("CLIENT KILL", Error("ERR wrong number of arguments for 'client|kill' command")),
        ("CLIENT NOPE", Error("ERR unknown subcommand 'NOPE'. Try CLIENT HELP.")),
        ("NOPE a b", Error("ERR unknown command 'NOPE', with args beginning with: 'a' 'b' ")),
        ("EXEC", Error("ERR EXEC without MULTI")),
        ("DISCARD", Error("ERR DISCARD without MULTI")),
        ("SET k v NOPE", Error("ERR syntax error")),
        ("CLIENT KILL TYPE nope", Error("ERR Unknown client type 'nope'")),
        ("REPLICAOF host nope", Error("ERR Invalid master port")),
        ("REPLICAOF NO ONE", OK),
        ("PING a b", Error("ERR wrong number of arguments for 'ping' command")),
        ("SELECT x", Error("ERR value is not an integer or out of range")),
        ("INCRBY n x", Error("ERR value is not an integer or out of range")),
        ("SET k v NX XX", Error("ERR syntax error")),
        ("CONFIG SET a", Error("ERR wrong number of arguments for 'config|set' command")),
        ("CLIENT KILL TYPE", Error("ERR No such client")),
        ("CLIENT KILL NOPE x", Error("ERR syntax error")),
        ("CLIENT KILL ID 0", Error("ERR client-id should be greater than 0")),
        ("CLIENT KILL TYPE normal SKIPME maybe", Error("ERR syntax error")),
        ("CLIENT KILL ID 77 ADDR 1.2.3.4:5", 0),
        ("CLIENT LIST TYPE nope", Error("ERR Unknown client type 'nope'")),
        ("CLIENT LIST NOPE normal", Error("ERR syntax error")),
        ("CLIENT SETINFO lib-name tests", OK),
        ("AUTH default x", OK),
        ("AUTH a b c", Error("ERR syntax error")),
        ("AUTH other x", Error("WRONGPASS invalid username-password pair or user is disabled.")),
        ("PUNSUBSCRIBE", ("punsubscribe", None, 0)),
        ("UNSUBSCRIBE x", ("unsubscribe", "x", 0)),
        ("REPLCONF nope x", Error("ERR Unrecognized REPLCONF option: nope")),
        ("PSYNC a b", Error("ERR value is not an integer or out of range")),
    ],
)
def test_a_fresh_server_answers_like_a_real_one(line: Line, words: str, reply: Reply) -> None:
    assert line.call(*words.split()) == reply


def test_set_options_decide_whether_and_what_is_returned(line: Line) -> None:
    assert line.call("SET", "k", "1", "XX") is None
    assert line.call("SET", "k", "1", "NX") == OK
    assert line.call("SET", "k", "2", "NX") is None
    assert line.call("SET", "k", "3", "GET") == "1"
    assert line.call("GET", "k") == "3"
    assert line.call("DEL", "k", "k", "other") == 1


def test_incr_of_text_is_an_error_and_changes_nothing(line: Line) -> None:
    line.call("SET", "k", "text")
    assert line.call("INCR", "k") == Error("ERR value is not an integer or out of range")
    assert line.call("GET", "k") == "text"


def test_transaction_runs_everything_although_one_command_fails(line: Line) -> None:
    """[RED-1-6]"""
    line.call("SET", "text", "x")
    assert line.call("MULTI") == OK
    assert line.call("INCR", "text") == QUEUED
    assert line.call("SET", "k", "v") == QUEUED
    assert line.call("EXEC") == (
        Error("ERR value is not an integer or out of range"),
        OK,
    )


def test_error_at_queueing_time_discards_the_transaction(line: Line) -> None:
    """[RED-1-6]"""
    line.call("MULTI")
    line.call("SET", "k", "v")
    assert isinstance(line.call("NOPE"), Error)
    assert line.call("EXEC") == Error("EXECABORT Transaction discarded because of previous errors.")
    assert line.call("GET", "k") is None


def test_refused_exec_says_that_nothing_was_executed_even_outside_of_a_transaction(
    line: Line,
) -> None:
    """[RED-1-6]"""
    why = "wrong number of arguments for 'exec' command"
    assert line.call("EXEC", "") == Error(f"EXECABORT Transaction discarded because of: {why}")


def test_discard_forgets_what_was_queued(line: Line) -> None:
    line.call("MULTI")
    line.call("SET", "k", "v")
    assert line.call("DISCARD") == OK
    assert line.call("GET", "k") is None


def test_multi_inside_multi_is_an_error_that_does_not_spoil_the_transaction(line: Line) -> None:
    line.call("MULTI")
    assert line.call("MULTI") == Error("ERR MULTI calls can not be nested")
    line.call("SET", "k", "v")
    assert line.call("EXEC") == (OK,)


def test_subscriber_may_only_subscribe_and_ping(line: Line) -> None:
    assert line.call("SUBSCRIBE", "news") == ("subscribe", "news", 1)
    assert line.call("PING") == ("pong", "")
    assert line.call("GET", "k") == Error(
        "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
        "are allowed in this context"
    )
    assert line.call("UNSUBSCRIBE") == ("unsubscribe", "news", 0)
    assert line.call("GET", "k") is None


def test_publish_reaches_channels_and_patterns_and_counts_deliveries(
    world: RedisWorld, node: RedisNode
) -> None:
    exact, pattern, both = world.line(node), world.line(node), world.line(node)
    exact.call("SUBSCRIBE", "__sentinel__:hello")
    pattern.call("PSUBSCRIBE", "__sent*")
    both.send("SUBSCRIBE", "__sentinel__:hello", "other")
    both.send("PSUBSCRIBE", "__*__:h[aeiou]ll?")
    world.run(SECOND)
    assert world.call(node, "PUBLISH", "__sentinel__:hello", "hi") == 4
    assert exact.received[-1] == ("message", "__sentinel__:hello", "hi")
    assert pattern.received[-1] == ("pmessage", "__sent*", "__sentinel__:hello", "hi")
    assert len(both.received) == 5
    assert world.call(node, "PUBLISH", "nobody", "hi") == 0


def test_closed_subscriber_is_no_longer_counted(world: RedisWorld, node: RedisNode) -> None:
    line = world.line(node)
    line.call("SUBSCRIBE", "news")
    line._endpoint.close()
    world.run(SECOND)
    assert world.call(node, "PUBLISH", "news", "hi") == 0


def test_quit_answers_and_then_closes(world: RedisWorld, line: Line) -> None:
    assert line.call("QUIT") == OK
    assert line.closed == "closed"


def test_clients_have_names_and_numbers(world: RedisWorld, node: RedisNode, line: Line) -> None:
    assert line.call("CLIENT", "GETNAME") is None
    assert line.call("CLIENT", "SETNAME", "sentinel-12345678-cmd") == OK
    assert line.call("CLIENT", "GETNAME") == "sentinel-12345678-cmd"
    assert line.call("CLIENT", "ID") == 1
    assert isinstance(line.call("CLIENT", "SETNAME", "two words"), Error)
    other = world.line(node)
    listed = other.call("CLIENT", "LIST")
    assert isinstance(listed, str)
    first, second = listed.splitlines()
    assert "id=1 " in first
    assert "name=sentinel-12345678-cmd " in first
    assert "cmd=client|list " in second


def test_client_list_by_type_tells_subscribers_and_replication_links_apart(
    world: RedisWorld,
) -> None:
    master, replica = world.group(1)
    line = world.line(master)
    subscriber = world.line(master)
    subscriber.call("PSUBSCRIBE", "*")

    def flags(on: Line, kind: str) -> list[str]:
        listed = on.call("CLIENT", "LIST", "TYPE", kind)
        assert isinstance(listed, str)
        return [each.partition("flags=")[2].partition(" ")[0] for each in listed.splitlines()]

    assert flags(line, "normal") == ["N"]
    assert flags(line, "pubsub") == ["P"]
    assert flags(line, "slave") == ["S"]
    assert flags(line, "master") == []
    assert flags(world.line(replica), "master") == ["M"]
    assert subscriber.call("PUNSUBSCRIBE") == ("punsubscribe", "*", 0)
    assert flags(line, "pubsub") == []


def test_client_kill_by_address_closes_that_client_only(
    world: RedisWorld, node: RedisNode, line: Line
) -> None:
    victim = world.line(node)
    host, port = victim._endpoint.local
    assert line.call("CLIENT", "KILL", f"{host}:{port}") == OK
    assert victim.closed == "closed"
    assert line.call("CLIENT", "KILL", f"{host}:{port}") == Error("ERR No such client")


def test_caller_of_client_kill_dies_after_its_reply_only_without_skipme(line: Line) -> None:
    assert line.call("CLIENT", "KILL", "TYPE", "normal") == 0
    assert line.closed == ""
    assert line.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no") == 1
    assert line.closed == "closed"


def test_config_get_matches_patterns_and_set_changes(line: Line) -> None:
    assert line.call("CONFIG", "GET", "replica-prio*") == ("replica-priority", "100")
    assert line.call("CONFIG", "SET", "replica-priority", "7") == OK
    assert line.call("CONFIG", "GET", "slave-priority") == ("slave-priority", "7")
    assert line.call("CONFIG", "SET", "repl-backlog-size", "2mb") == OK
    assert line.call("CONFIG", "GET", "repl-backlog-size") == ("repl-backlog-size", "2097152")
    assert line.call("CONFIG", "GET", "replicaof") == ("replicaof", "")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        (
            "nope",
            "1",
            "ERR Unknown option or number of arguments for CONFIG SET - 'nope'",
        ),
        (
            "replica-priority",
            "x",
            "ERR CONFIG SET failed (possibly related to argument 'replica-priority') - "
            "argument couldn't be parsed into an integer",
        ),
        (
            "replica-announced",
            "maybe",
            "ERR CONFIG SET failed (possibly related to argument 'replica-announced') - "
            "argument must be 'yes' or 'no'",
        ),
        (
            "repl-backlog-size",
            "1x",
            "ERR CONFIG SET failed (possibly related to argument 'repl-backlog-size') - "
            "argument must be a memory value",
        ),
        (
            "replica-announce-port",
            "65536",
            "ERR CONFIG SET failed (possibly related to argument 'replica-announce-port') - "
            "argument must be between 0 and 65535 inclusive",
        ),
        (
            "port",
            "1",
            "ERR CONFIG SET failed (possibly related to argument 'port') - "
            "can't set immutable config",
        ),
    ],
)
def test_config_set_complains_like_a_real_server(
    line: Line, name: str, value: str, error: str
) -> None:
    assert line.call("CONFIG", "SET", name, value) == Error(error)


def test_backlog_of_another_size_starts_afresh(world: RedisWorld) -> None:
    master, _ = world.group(1)
    world.call(master, "SET", "k", "v")
    backlog = master.server.history.backlog
    assert backlog is not None
    assert backlog.length == 27
    assert world.call(master, "CONFIG", "SET", "repl-backlog-size", "16k") == OK
    assert (backlog.limit, backlog.first, backlog.length) == (16000, 28, 0)


def test_config_rewrite_without_a_file_is_an_error(world: RedisWorld) -> None:
    """[RED-1-8]"""
    node = world.node("bare", machine=Machine(has_config_file=False))
    assert world.call(node, "CONFIG", "REWRITE") == Error(
        "ERR The server is running without a config file"
    )


def test_sleeping_server_answers_late(world: RedisWorld, node: RedisNode) -> None:
    sleeper, other = world.line(node), world.line(node)
    sleeper.send("DEBUG", "SLEEP", "2")
    world.run(SECOND)
    other.send("PING")
    world.run(SECOND // 2)
    assert (sleeper.received, other.received) == ([], [])
    world.run(SECOND)
    assert (sleeper.received, other.received) == ([OK], [PONG])


def test_accepted_and_refused_writes_are_on_the_trace(world: RedisWorld) -> None:
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v")
    world.call(master, "INCR", "n")
    world.call(master, "DEL", "k")
    world.call(replica, "SET", "k", "w")
    accepted = world.records(WriteAccepted, master)
    assert [(write.write, write.key, write.value) for write in accepted] == [
        ("k=v", "k", "v"),
        ("n+1=1", "n", "1"),
        ("del k", "k", None),
    ]
    assert world.records(WriteRefused, replica) == [WriteRefused(write="k=w", reason="READONLY")]


def test_master_refuses_writes_without_enough_good_replicas(world: RedisWorld) -> None:
    """[RED-1-16] [RED-8-1] [RED-8-3]"""
    settings = Settings(repl_diskless_sync_delay=0, min_replicas_to_write=1, min_replicas_max_lag=2)
    master, replica = world.group(1, master=settings)
    assert world.call(master, "SET", "k", "v") == OK
    replica.pause()
    world.run(4 * SECOND)
    assert world.call(master, "SET", "k", "w") == Error(
        "NOREPLICAS Not enough good replicas to write."
    )
    assert world.call(master, "GET", "k") == "v"
    replica.resume()
    world.run(2 * SECOND)
    assert world.call(master, "SET", "k", "x") == OK


def test_replica_with_stale_data_may_be_told_to_refuse(world: RedisWorld) -> None:
    """[RED-1-13] [RED-1-1] [RED-1-2] [RED-1-3]"""
    replica = Settings(repl_diskless_sync_delay=0, replica_serve_stale_data=False)
    master, node = world.group(1, replica=replica)
    assert world.call(node, "GET", "k") is None
    master.kill()
    world.run(SECOND)
    masterdown = Error(
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
    )
    assert world.call(node, "GET", "k") == masterdown
    assert world.call(node, "PING") == masterdown
    assert isinstance(world.call(node, "INFO"), str)
    assert world.call(node, "PUBLISH", "c", "m") == 0
    assert world.call(node, "SLAVEOF", "NO", "ONE") == OK
    assert world.call(node, "PING") == Status("PONG")
