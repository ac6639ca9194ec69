"""CLIENT: names, libraries, silence and what asks too much; as real servers answer."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, PONG, Command, Push, Reply, Status
from minisentinel.service.catalogue import CATALOGUE
from tests.service.front import Front, errors

BAD_NAME = "ERR Client names cannot contain spaces, newlines or special characters."


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("FOO",), "ERR unknown subcommand 'FOO'. Try CLIENT HELP."),
        (("NO-TOUCH", "on"), "ERR unknown subcommand 'NO-TOUCH'. Try CLIENT HELP."),
        (("SETNAME", "a b"), BAD_NAME),
        (("SETNAME", "a", "b"), "ERR wrong number of arguments for 'client|setname' command"),
        (("SETINFO",), "ERR wrong number of arguments for 'client|setinfo' command"),
        (("SETINFO", "LIB-VER"), "ERR wrong number of arguments for 'client|setinfo' command"),
        (("SETINFO", "FO\nO", "x"), "ERR Unrecognized option 'FO O'"),
        (
            ("SETINFO", "lib-Name", "a b"),
            "ERR lib-Name cannot contain spaces, newlines or special characters.",
        ),
        (
            ("SETINFO", "LIB-VER", "é"),
            "ERR LIB-VER cannot contain spaces, newlines or special characters.",
        ),
        (("REPLY", "foo"), "ERR syntax error"),
        (("REPLY", "on", "x"), "ERR wrong number of arguments for 'client|reply' command"),
        (("NO-EVICT", "foo"), "ERR syntax error"),
        (("NO-EVICT",), "ERR wrong number of arguments for 'client|no-evict' command"),
        (("PAUSE", "x"), "ERR timeout is not an integer or out of range"),
        (("PAUSE", "9" * 20), "ERR timeout is not an integer or out of range"),
        (("PAUSE", str(2**63 - 1)), "ERR timeout is out of range"),
        (("PAUSE", "-1"), "ERR timeout is negative"),
        (("PAUSE", "x", "FOO"), "ERR CLIENT PAUSE mode must be WRITE or ALL"),
        (
            ("Pause", "1", "ALL", "x"),
            "ERR unknown subcommand or wrong number of arguments for 'Pause'. Try CLIENT HELP.",
        ),
        (("UNBLOCK", "x"), "ERR value is not an integer or out of range"),
        (("UNBLOCK", "1", "FOO"), "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"),
        (("UNBLOCK", "x", "FOO"), "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"),
        (
            ("UNBLOCK", "1", "ERROR", "x"),
            "ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.",
        ),
    ],
)
def test_errors_of_client(front: Front, words: Command, text: str) -> None:
    """[CMD-2-13] [CMD-1-4]"""
    assert errors(front.say(1, "CLIENT", *words)) == [text]


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        (("ID",), 1),
        (("GETNAME",), None),
        (("SETNAME", "me"), OK),
        (("SETNAME", ""), OK),
        (("SETINFO", "lib-name", "redis-py"), OK),
        (("SETINFO", "LIB-VER", ""), OK),
        (("NO-EVICT", "on"), OK),
        (("NO-EVICT", "OFF"), OK),
        (("PAUSE", "0"), OK),
        (("UNPAUSE",), OK),
        (("UNBLOCK", "1"), 0),
        (("UNBLOCK", "99", "timeout"), 0),
        (("REPLY", "on"), OK),
        (("GETREDIR",), -1),
    ],
)
def test_replies_of_client(front: Front, words: Command, reply: Reply) -> None:
    """[CMD-2-13]"""
    assert front.say(1, "CLIENT", *words) == [reply]


def test_a_name_belongs_to_the_connection(front: Front) -> None:
    """[CMD-2-13]"""
    front.say(1, "CLIENT", "SETNAME", "me")
    other = front.connect()
    assert front.say(other, "CLIENT", "GETNAME") == [None]
    assert front.say(1, "CLIENT", "GETNAME") == ["me"]
    assert front.say(other, "CLIENT", "ID") == [other]


def test_reply_off_silences_until_reply_on(front: Front) -> None:
    """[CMD-2-13]"""
    assert front.say(1, "CLIENT", "REPLY", "OFF") == []
    assert front.say(1, "PING") == []
    assert front.say(1, "FOO") == []
    assert front.say(1, "CLIENT", "REPLY", "SKIP") == []
    assert front.say(1, "PING") == []
    assert front.say(1, "CLIENT", "REPLY", "ON") == [OK]
    assert front.say(1, "PING") == [PONG]


def test_reply_skip_silences_the_next_command_only(front: Front) -> None:
    """[CMD-2-13]"""
    for refused in (("PING",), ("FOO",), ("PING", "a", "b")):
        assert front.say(1, "CLIENT", "REPLY", "SKIP") == []
        assert front.say(1, *refused) == []
        assert front.say(1, "PING") == [PONG]
    front.say(1, "CLIENT", "REPLY", "SKIP")
    assert front.say(1, "CLIENT", "REPLY", "SKIP") == []
    assert front.say(1, "PING") == []
    assert front.say(1, "PING") == [PONG]


def test_who_wants_no_replies_gets_messages_all_the_same(front: Front) -> None:
    """[CMD-2-13]"""
    front.say(1, "CLIENT", "REPLY", "OFF")
    assert front.say(1, "SUBSCRIBE", "+sdown") == [Push(("subscribe", "+sdown", 1))]
    assert front.announce("+sdown") == [(1, ("message", "+sdown", "what happened"))]


def test_silence_is_kept_when_a_save_fails(front: Front) -> None:
    """[CMD-2-13] [CMD-4-22]"""
    front.say(1, "CLIENT", "REPLY", "OFF")
    front.disk_error = "broken"
    assert front.say(1, "SENTINEL", "FLUSHCONFIG") == []
    front.say(1, "CLIENT", "REPLY", "ON")
    assert errors(front.say(1, "SENTINEL", "FLUSHCONFIG")) == [
        "ERR Failed to save config file. Check server logs."
    ]


@pytest.mark.parametrize("container", ["CLIENT", "COMMAND"])
def test_help_names_every_subcommand(front: Front, container: str) -> None:
    """[CMD-2-11] [CMD-2-13]"""
    (lines,) = front.say(1, container, "HELP")
    assert isinstance(lines, tuple)
    texts = [line.text for line in lines if isinstance(line, Status)]
    assert len(texts) == len(lines)
    assert texts[0] == f"{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    assert texts[-2:] == ["HELP", "    Print this help."]
    named = {text.split()[0].lower() for text in texts[1:] if not text.startswith((" ", "("))}
    assert named == set(CATALOGUE[container.lower()].subcommands)
