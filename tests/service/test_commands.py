"""What a client sees: arity, errors byte for byte, PING, subscriptions, ROLE, CLIENT, INFO."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Announce, Answer
from minisentinel.replies import OK, PONG, Command, Error, Reply
from minisentinel.trace import SentinelEvent
from tests.core.bench import Bench

CLIENT = 1
SUBSCRIBED = (
    "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
    "allowed in this context"
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def replies(bench: Bench, *words: str) -> list[Reply]:
    """All replies to a command."""
    effects = bench.service.command(bench.now, CLIENT, words)
    return [e.reply for e in effects if isinstance(e, Answer)]


# --- dispatch ---


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("FOO",), "unknown command 'FOO', with args beginning with: "),
        (("get", "a", "b"), "unknown command 'get', with args beginning with: 'a' 'b' "),
        (("a\r\nb", "c\nd"), "unknown command 'a  b', with args beginning with: 'c d' "),
        (("x" * 200,), f"unknown command '{'x' * 128}', with args beginning with: "),
        ((), "unknown command '', with args beginning with: "),
        (("client|id",), "unknown command 'client|id', with args beginning with: "),
    ],
)
def test_unknown_commands_are_quoted(bench: Bench, words: Command, text: str) -> None:
    """[CMD-1-3] [CMD-1-9]"""
    assert replies(bench, *words) == [Error(f"ERR {text}")]


@pytest.mark.parametrize("name", ["QUIT", "RESET", "MULTI", "SELECT", "CONFIG", "MONITOR", "GET"])
def test_commands_of_servers_are_unknown(bench: Bench, name: str) -> None:
    """[CMD-1-11]"""
    assert replies(bench, name) == [
        Error(f"ERR unknown command '{name}', with args beginning with: ")
    ]


def test_arguments_in_the_error_are_cut(bench: Bench) -> None:
    """[CMD-1-3]"""
    (error,) = replies(bench, "nope", "a" * 100, "b" * 100, "c")
    assert isinstance(error, Error)
    shown = error.text.partition("with: ")[2]
    assert shown.startswith(f"'{'a' * 100}' 'b")
    assert len(shown) < 140
    assert "c" not in shown


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("SENTINEL", "Foo\n"), "unknown subcommand 'Foo '. Try SENTINEL HELP."),
        (("client", "foo", "bar"), "unknown subcommand 'foo'. Try CLIENT HELP."),
    ],
)
def test_unknown_subcommands_name_their_container(bench: Bench, words: Command, text: str) -> None:
    """[CMD-1-4]"""
    assert replies(bench, *words) == [Error(f"ERR {text}")]


@pytest.mark.parametrize(
    ("words", "full_name"),
    [
        (("SENTINEL",), "sentinel"),
        (("sentinel", "MASTER"), "sentinel|master"),
        (("sentinel", "master", "a", "b"), "sentinel|master"),
        (("sentinel", "masters", "a"), "sentinel|masters"),
        (("sentinel", "myid", "a"), "sentinel|myid"),
        (("sentinel", "replicas"), "sentinel|replicas"),
        (("sentinel", "Slaves"), "sentinel|slaves"),
        (("sentinel", "sentinels"), "sentinel|sentinels"),
        (("sentinel", "get-master-addr-by-name"), "sentinel|get-master-addr-by-name"),
        (("sentinel", "is-master-down-by-addr", "a"), "sentinel|is-master-down-by-addr"),
        (("sentinel", "ckquorum"), "sentinel|ckquorum"),
        (("sentinel", "failover"), "sentinel|failover"),
        (("sentinel", "reset"), "sentinel|reset"),
        (("sentinel", "monitor", "a", "b", "c"), "sentinel|monitor"),
        (("sentinel", "remove"), "sentinel|remove"),
        (("sentinel", "flushconfig", "a"), "sentinel|flushconfig"),
        (("sentinel", "simulate-failure"), "sentinel|simulate-failure"),
        (("ROLE", "a"), "role"),
        (("PING", "a", "b"), "ping"),
        (("PUBLISH", "a"), "publish"),
        (("PUBLISH", "a", "b", "c"), "publish"),
        (("SUBSCRIBE",), "subscribe"),
        (("PSUBSCRIBE",), "psubscribe"),
        (("CLIENT",), "client"),
        (("CLIENT", "SETNAME"), "client|setname"),
        (("CLIENT", "ID", "1"), "client|id"),
    ],
)
def test_a_wrong_number_of_arguments_is_told_with_the_full_name(
    bench: Bench, words: Command, full_name: str
) -> None:
    """[CMD-1-5] [CMD-4-1]"""
    assert replies(bench, *words) == [
        Error(f"ERR wrong number of arguments for '{full_name}' command")
    ]


@pytest.mark.parametrize(
    ("words", "full_name"),
    [
        (("INFO",), "info"),
        (("PUBLISH", "a", "b"), "publish"),
        (("SENTINEL", "MASTERS"), "sentinel|masters"),
        (("CLIENT", "SETNAME", "x"), "client|setname"),
    ],
)
def test_a_subscriber_may_only_subscribe(bench: Bench, words: Command, full_name: str) -> None:
    """[CMD-1-8]"""
    replies(bench, "SUBSCRIBE", "x")
    assert replies(bench, *words) == [Error(SUBSCRIBED.format(full_name))]
    replies(bench, "UNSUBSCRIBE")
    assert replies(bench, *words) != [Error(SUBSCRIBED.format(full_name))]


def test_unknown_and_misused_commands_are_told_before_the_subscription(bench: Bench) -> None:
    """[CMD-1-8]"""
    replies(bench, "PSUBSCRIBE", "x")
    assert replies(bench, "FOO")[0] == Error(
        "ERR unknown command 'FOO', with args beginning with: "
    )
    assert replies(bench, "CLIENT", "FOO") == [
        Error("ERR unknown subcommand 'FOO'. Try CLIENT HELP.")
    ]
    assert replies(bench, "ROLE", "a") == [
        Error("ERR wrong number of arguments for 'role' command")
    ]


# --- plain commands ---


def test_ping(bench: Bench) -> None:
    """[CMD-2-1]"""
    assert replies(bench, "PING") == [PONG]
    assert replies(bench, "ping", "hello") == ["hello"]
    replies(bench, "SUBSCRIBE", "x")
    assert replies(bench, "PING") == [("pong", "")]
    assert replies(bench, "PING", "hello") == [("pong", "hello")]


def test_role_names_the_masters(bench: Bench) -> None:
    """[CMD-2-8]"""
    assert replies(bench, "ROLE") == [("sentinel", ("mymaster",))]


def test_client_names(bench: Bench) -> None:
    """[CMD-2-13]"""
    assert replies(bench, "CLIENT", "GETNAME") == [None]
    assert replies(bench, "CLIENT", "SETNAME", "me") == [OK]
    assert replies(bench, "client", "getname") == ["me"]
    assert replies(bench, "CLIENT", "ID") == [CLIENT]
    for name in ("a b", "a\nb", "é", "\x7f"):
        assert replies(bench, "CLIENT", "SETNAME", name) == [
            Error("ERR Client names cannot contain spaces, newlines or special characters.")
        ]
    assert replies(bench, "CLIENT", "SETNAME", "") == [OK]
    assert replies(bench, "CLIENT", "GETNAME") == [None]


def test_only_hellos_may_be_published(bench: Bench) -> None:
    """[CMD-2-7] [GOS-5-1] [GOS-5-2]"""
    refused = [Error("ERR Only HELLO messages are accepted by Sentinel instances.")]
    assert replies(bench, "PUBLISH", "news", "x") == refused
    assert replies(bench, "PUBLISH", "__SENTINEL__:hello", "x") == refused
    assert replies(bench, "PUBLISH", "__sentinel__:hello", "nonsense") == [1]


# --- subscriptions ---


def published(bench: Bench, name: str, level: str = "warning") -> list[tuple[int, Reply]]:
    """What subscribers get for an event."""
    event = SentinelEvent(level=level, name=name, payload="what happened")
    return [(m.client, m.reply) for m in bench.service.messages(Announce(event))]


def test_subscriptions_are_counted_together(bench: Bench) -> None:
    """[CMD-2-4] [CMD-2-5]"""
    assert replies(bench, "SUBSCRIBE", "a", "b", "a") == [
        ("subscribe", "a", 1),
        ("subscribe", "b", 2),
        ("subscribe", "a", 2),
    ]
    assert replies(bench, "PSUBSCRIBE", "a*") == [("psubscribe", "a*", 3)]
    assert replies(bench, "UNSUBSCRIBE", "a", "zz") == [
        ("unsubscribe", "a", 2),
        ("unsubscribe", "zz", 2),
    ]
    assert replies(bench, "UNSUBSCRIBE") == [("unsubscribe", "b", 1)]
    assert replies(bench, "UNSUBSCRIBE") == [("unsubscribe", None, 1)]
    assert replies(bench, "PUNSUBSCRIBE") == [("punsubscribe", "a*", 0)]
    assert replies(bench, "PUNSUBSCRIBE") == [("punsubscribe", None, 0)]


def test_events_reach_channels_and_patterns(bench: Bench) -> None:
    """[CMD-2-6] [EVT-5-1] [EVT-1-3]"""
    replies(bench, "PSUBSCRIBE", "*", "+s*")
    bench.service.client_connected(7)
    bench.service.command(bench.now, 7, ("SUBSCRIBE", "+sdown"))
    assert published(bench, "+sdown") == [
        (1, ("pmessage", "*", "+sdown", "what happened")),
        (1, ("pmessage", "+s*", "+sdown", "what happened")),
        (7, ("message", "+sdown", "what happened")),
    ]
    assert published(bench, "-sdown", "verbose") == [
        (1, ("pmessage", "*", "-sdown", "what happened"))
    ]


def test_debug_events_are_not_published(bench: Bench) -> None:
    """[EVT-1-3] [EVT-5-1]"""
    replies(bench, "PSUBSCRIBE", "*")
    assert published(bench, "-cmd-link-reconnection", "debug") == []


def test_who_left_gets_nothing(bench: Bench) -> None:
    """[EVT-5-1]"""
    replies(bench, "SUBSCRIBE", "+sdown")
    bench.service.client_left(CLIENT)
    bench.service.client_left(CLIENT)
    assert published(bench, "+sdown") == []


def test_an_event_of_the_protocol_reaches_a_subscriber() -> None:
    """[EVT-1-1] [EVT-1-3] [EVT-2-4]"""
    bench = Bench()
    bench.command("SUBSCRIBE", "+sdown")
    bench.run(1000)
    bench.kill("redis-1")
    effects = bench.run(2300)
    assert [e.reply for e in effects if isinstance(e, Answer)] == [
        ("message", "+sdown", "master mymaster 10.0.0.1 6379")
    ]


def test_payloads_are_cut() -> None:
    """[EVT-1-1] [GEN-3-26]"""
    bench = Bench(f"sentinel monitor {'m' * 1100} 10.0.0.1 6379 1\n")
    (event,) = [e.event for e in bench.done if isinstance(e, Announce)]
    assert len(event.payload) == 1023
