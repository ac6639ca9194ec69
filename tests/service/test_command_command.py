"""COMMAND: the catalogue, told to programs and to people."""

from __future__ import annotations

import pytest

from minisentinel.replies import Command, Reply, Status, Unordered
from tests.service.front import Front, errors


@pytest.fixture
def front() -> Front:
    return Front()


PING = (
    "ping",
    -1,
    Unordered((Status("fast"),)),
    0,
    0,
    0,
    Unordered((Status("@fast"), Status("@connection"))),
    Unordered(("request_policy:all_shards", "response_policy:all_succeeded")),
    Unordered(()),
    Unordered(()),
)


def info(front: Front, *names: str) -> tuple[Reply, ...]:
    (reply,) = front.say(1, "COMMAND", "INFO", *names)
    assert isinstance(reply, tuple)
    return reply


def test_count_counts_commands_without_their_subcommands(front: Front) -> None:
    """[CMD-2-11] [CMD-1-11]"""
    assert front.say(1, "COMMAND", "COUNT") == [15]
    (everything,) = front.say(1, "COMMAND")
    assert isinstance(everything, tuple)
    assert len(everything) == 15
    assert everything == info(front)


def test_info_of_a_command(front: Front) -> None:
    """[CMD-2-11]"""
    (ping,) = info(front, "PING")
    assert ping == PING
    assert isinstance(ping, tuple)
    assert isinstance(ping[2], Unordered)
    assert info(front, "foo", "client|nope", "client|getname|x", "ping") == (None, None, None, PING)


def test_info_of_a_subcommand(front: Front) -> None:
    """[CMD-2-11] [CMD-15-1]"""
    (found,) = info(front, "SENTINEL|master")
    flags, categories = (
        (Status("admin"),),
        (Status("@admin"), Status("@slow"), Status("@dangerous")),
    )
    assert found == ("sentinel|master", 3, flags, 0, 0, 0, categories, (), (), ())
    (found,) = info(front, "sentinel|help")
    assert isinstance(found, tuple)
    assert found[6] == (Status("@slow"),)


def test_a_container_lists_its_subcommands(front: Front) -> None:
    """[CMD-2-11]"""
    (client,) = info(front, "client")
    assert isinstance(client, tuple)
    subcommands = client[9]
    assert isinstance(subcommands, tuple)
    assert not isinstance(subcommands, Unordered)
    assert [each[0] for each in subcommands if isinstance(each, tuple)][:3] == [
        "client|caching",
        "client|getname",
        "client|getredir",
    ]


def test_docs_leave_out_what_does_not_exist(front: Front) -> None:
    """[CMD-2-11]"""
    assert front.say(1, "COMMAND", "DOCS", "foo", "a|b") == [{}]
    (docs,) = front.say(1, "COMMAND", "DOCS", "ping", "CLIENT|KILL", "ping")
    assert isinstance(docs, dict)
    assert list(docs) == ["ping", "client|kill"]
    (everything,) = front.say(1, "COMMAND", "DOCS")
    assert isinstance(everything, dict)
    assert len(everything) == 15


def test_docs_describe_arguments(front: Front) -> None:
    """[CMD-2-11]"""
    (docs,) = front.say(1, "COMMAND", "DOCS", "auth")
    assert isinstance(docs, dict)
    auth = docs["auth"]
    assert isinstance(auth, dict)
    assert list(auth) == ["summary", "since", "group", "complexity", "arguments"]
    assert auth["arguments"] == (
        {
            "name": "username",
            "type": "string",
            "display_text": "username",
            "since": "6.0.0",
            "flags": (Status("optional"),),
        },
        {"name": "password", "type": "string", "display_text": "password"},
    )


def test_docs_tell_what_is_obsolete(front: Front) -> None:
    """[CMD-2-11]"""
    (docs,) = front.say(1, "COMMAND", "DOCS", "sentinel|slaves")
    assert isinstance(docs, dict)
    slaves = docs["sentinel|slaves"]
    assert isinstance(slaves, dict)
    assert slaves["doc_flags"] == (Status("deprecated"),)
    assert slaves["deprecated_since"] == "5.0.0"
    assert slaves["replaced_by"] == "`SENTINEL REPLICAS`"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("MODULE", "x"), ()),
        (("ACLCAT", "foo"), ()),
        (("ACLCAT", "@fast"), ()),
        (("ACLCAT", "FAST"), ("auth", "hello", "ping", "publish", "role")),
        (
            ("aclcat", "pubsub"),
            ("psubscribe", "publish", "punsubscribe", "subscribe", "unsubscribe"),
        ),
        (("PATTERN", "P*"), ("ping", "psubscribe", "publish", "punsubscribe")),
        (("PATTERN", "client|g*"), ("client|getname", "client|getredir")),
    ],
)
def test_the_list_can_be_filtered(front: Front, words: Command, names: Command) -> None:
    """[CMD-2-11]"""
    assert front.say(1, "COMMAND", "LIST", "FILTERBY", *words) == [names]


def test_the_list_names_subcommands_too(front: Front) -> None:
    """[CMD-2-11] [CMD-1-11]"""
    (names,) = front.say(1, "COMMAND", "LIST")
    assert isinstance(names, tuple)
    assert {"ping", "client", "client|kill", "sentinel|is-master-down-by-addr"} <= set(names)
    assert not {"quit", "reset", "config", "client|no-touch", "get"} & set(names)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("FOO",), "ERR unknown subcommand 'FOO'. Try COMMAND HELP."),
        (("COUNT", "x"), "ERR wrong number of arguments for 'command|count' command"),
        (("LIST", "FOO"), "ERR syntax error"),
        (("LIST", "FILTERBY"), "ERR syntax error"),
        (("LIST", "FILTERBY", "FOO", "x"), "ERR syntax error"),
        (("LIST", "FILTERBY", "PATTERN", "x", "y"), "ERR syntax error"),
        (("GETKEYS",), "ERR wrong number of arguments for 'command|getkeys' command"),
        (("GETKEYS", "ping"), "ERR The command has no key arguments"),
        (("GETKEYS", "client", "kill"), "ERR The command has no key arguments"),
        (("GETKEYS", "sentinel"), "ERR The command has no key arguments"),
        (("GETKEYS", "sentinel", "x"), "ERR Invalid command specified"),
        (("GETKEYS", "get", "key"), "ERR Invalid command specified"),
        (("GETKEYSANDFLAGS", "ping", "x"), "ERR The command has no key arguments"),
        (("GETKEYSANDFLAGS", "foo", "x"), "ERR Invalid command specified"),
    ],
)
def test_errors_of_command(front: Front, words: Command, text: str) -> None:
    """[CMD-2-11]"""
    assert errors(front.say(1, "COMMAND", *words)) == [text]
