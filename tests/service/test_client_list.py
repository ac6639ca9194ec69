"""CLIENT LIST, INFO and KILL: who is described how, and who has to go."""

from __future__ import annotations

import pytest

from minisentinel.config.server import ServerSettings
from minisentinel.core.effects import Announce, Answer, Dismiss
from minisentinel.replies import OK, PONG, Command, Error, Verbatim
from tests.service.front import Front, errors

FIRST = (
    "id=1 addr=10.0.2.1:5000 laddr=10.0.1.1:26379 fd=11 name= age=0 idle=0 flags=N db=0 sub=0 "
    "psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 "
    "oll=0 omem=0 tot-mem=0 events=r cmd=client|info user=default redir=-1 resp=2 lib-name= "
    "lib-ver=\n"
)


@pytest.fixture
def front() -> Front:
    return Front()


def listed(front: Front, *words: str, client: int = 1) -> list[dict[str, str]]:
    """The fields of every line of CLIENT LIST."""
    (text,) = front.say(client, "CLIENT", "LIST", *words)
    assert isinstance(text, Verbatim)
    return [dict(each.split("=", 1) for each in line.split(" ")) for line in text.splitlines()]


def test_the_line_of_a_client(front: Front) -> None:
    """[CMD-2-13]"""
    (line,) = front.say(1, "CLIENT", "INFO")
    assert isinstance(line, Verbatim)
    assert line == FIRST


def test_what_a_client_does_is_in_its_line(front: Front) -> None:
    """[CMD-2-13]"""
    other = front.connect("HELLO", "3", "SETNAME", "her")
    front.say(other, "CLIENT", "SETINFO", "LIB-NAME", "redis-py")
    front.say(other, "CLIENT", "SETINFO", "LIB-VER", "5.0")
    front.say(other, "SUBSCRIBE", "a", "b")
    front.say(other, "PSUBSCRIBE", "c*")
    front.say(other, "CLIENT", "NO-EVICT", "on")
    front.say(other, "CLIENT", "TRACKING", "on", "BCAST", "REDIRECT", "1")
    front.now += 65_000
    me, her = listed(front)
    assert (me["id"], her["id"]) == ("1", "2")
    expected = {
        "name": "her",
        "age": "65",
        "idle": "65",
        "flags": "PtBe",
        "sub": "2",
        "psub": "1",
        "cmd": "client|tracking",
        "redir": "1",
        "resp": "3",
        "lib-name": "redis-py",
        "lib-ver": "5.0",
    }
    assert {field: her[field] for field in expected} == expected
    assert (me["age"], me["idle"]) == ("65", "0")


def test_the_last_command_is_shown_even_if_it_was_refused_but_not_if_it_was_unknown(
    front: Front,
) -> None:
    """[CMD-2-13]"""
    other = front.connect()
    for words, shown in (
        ((), "NULL"),
        (("PING",), "ping"),
        (("FOO",), "NULL"),
        (("CLIENT", "ID", "x"), "client|id"),
        (("CLIENT", "FOO"), "NULL"),
        (("SENTINEL", "MASTER", "nobody"), "sentinel|master"),
    ):
        if words:
            front.say(other, *words)
        assert listed(front)[1]["cmd"] == shown


def test_ages_are_differences_of_whole_seconds(front: Front) -> None:
    """[CMD-2-13]"""
    front.now += 999
    other = front.connect()
    front.now += 1
    assert [each["age"] for each in listed(front)] == ["1", "1"]
    assert other == 2


def test_the_list_can_be_filtered(front: Front) -> None:
    """[CMD-2-13]"""
    listener = front.connect("SUBSCRIBE", "a")
    third = front.connect("HELLO", "3")
    front.say(third, "PSUBSCRIBE", "a")

    def ids(*words: str) -> list[int]:
        return [int(each["id"]) for each in listed(front, *words)]

    assert ids() == [1, 2, 3]
    assert ids("TYPE", "normal") == [1]
    assert ids("type", "PUBSUB") == [listener, third]
    for kind in ("master", "replica", "slave"):
        assert ids("TYPE", kind) == []
    assert ids("ID", "3", "99", "1", "-1", "0", "3") == [3, 1, 3]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("TYPE", "fo\no"), "ERR Unknown client type 'fo o'"),
        (("TYPE",), "ERR syntax error"),
        (("TYPE", "normal", "x"), "ERR syntax error"),
        (("ID",), "ERR syntax error"),
        (("ID", "x"), "ERR Invalid client ID"),
        (("ID", "1", "x"), "ERR Invalid client ID"),
        (("ID", "01"), "ERR Invalid client ID"),
        (("FOO",), "ERR syntax error"),
        (("FOO", "bar"), "ERR syntax error"),
    ],
)
def test_errors_of_client_list(front: Front, words: Command, text: str) -> None:
    """[CMD-2-13]"""
    assert errors(front.say(1, "CLIENT", "LIST", *words)) == [text]


# --- KILL ---


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "ERR wrong number of arguments for 'client|kill' command"),
        (("foo",), "ERR No such client"),
        (("ID",), "ERR No such client"),
        (("1.2.3.4:5",), "ERR No such client"),
        (("ID", "x"), "ERR client-id should be greater than 0"),
        (("ID", "0"), "ERR client-id should be greater than 0"),
        (("ID", "-1"), "ERR client-id should be greater than 0"),
        (("ID", "x", "TYPE", "foo"), "ERR client-id should be greater than 0"),
        (("TYPE", "foo"), "ERR Unknown client type 'foo'"),
        (("USER", "no\nbody"), "ERR No such user 'no body'"),
        (("SKIPME", "maybe"), "ERR syntax error"),
        (("MAXAGE", "x"), "ERR maxage is not an integer or out of range"),
        (("MAXAGE", "0"), "ERR maxage should be greater than 0"),
        (("MAXAGE", "-5"), "ERR maxage should be greater than 0"),
        (("FOO", "bar"), "ERR syntax error"),
        (("ID", "1", "TYPE"), "ERR syntax error"),
        (("ID", "99", "x"), "ERR syntax error"),
    ],
)
def test_errors_of_client_kill(front: Front, words: Command, text: str) -> None:
    """[CMD-2-13]"""
    assert errors(front.say(1, "CLIENT", "KILL", *words)) == [text]
    assert front.sent_away() == []


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        (("ID", "2"), [2]),
        (("ID", "99"), []),
        (("ID", "99", "ID", "3"), [3]),
        (("TYPE", "normal"), [2]),
        (("TYPE", "pubsub"), [3, 4]),
        (("TYPE", "master"), []),
        (("TYPE", "slave"), []),
        (("TYPE", "replica"), []),
        (("ADDR", "10.0.2.4:5000"), [4]),
        (("ADDR", "10.0.2.4"), []),
        (("LADDR", "10.0.1.1:26379"), [2, 3, 4]),
        (("LADDR", "10.0.1.1:26379", "TYPE", "pubsub", "ID", "3"), [3]),
        (("USER", "alice"), [4]),
        (("USER", "default"), [2, 3]),
        (("user", "default", "skipme", "YES"), [2, 3]),
        (("MAXAGE", "10"), [2]),
        (("MAXAGE", "11"), []),
    ],
)
def test_client_kill_sends_away_who_fits_every_filter(words: Command, gone: list[int]) -> None:
    """[CMD-2-13]"""
    front = Front(ServerSettings(users=(("alice", "on", "nopass", "+@all", "&*"),)))
    second = front.connect()
    front.now += 10_000
    third = front.connect("SUBSCRIBE", "x")
    fourth = front.connect("AUTH", "alice", "-")
    front.say(fourth, "PSUBSCRIBE", "x")
    assert (second, third, fourth) == (2, 3, 4)
    assert front.say(1, "CLIENT", "KILL", *words) == [len(gone)]
    assert front.sent_away() == [Dismiss(each, after_replies=False) for each in gone]
    left = {1, 2, 3, 4} - set(gone)
    assert [int(each["id"]) for each in listed(front)] == sorted(left)
    for each in gone:
        assert front.say(each, "PING") == []


def test_the_old_form_kills_by_address_even_oneself(front: Front) -> None:
    """[CMD-2-13]"""
    front.connect()
    assert front.say(1, "CLIENT", "KILL", "10.0.2.2:5000") == [OK]
    assert front.say(1, "CLIENT", "KILL", "10.0.2.1:5000") == [OK]
    assert front.sent_away() == [
        Dismiss(2, after_replies=False),
        Dismiss(1, after_replies=True),
    ]


def test_who_kills_itself_gets_the_reply_and_then_nothing_more(front: Front) -> None:
    """[CMD-2-13]"""
    front.connect()
    front.say(1, "SUBSCRIBE", "+x")
    front.say(1, "UNSUBSCRIBE")
    effects = front.service.command(front.now, 1, ("CLIENT", "KILL", "SKIPME", "no"))
    assert effects == [
        Dismiss(2, after_replies=False),
        Answer(1, 2),
        Dismiss(1, after_replies=True),
    ]
    # What it sent behind that, before the driver closed it, is not carried out.
    assert front.service.command(front.now, 1, ("PING",)) == []


def test_who_is_leaving_hears_of_no_event(front: Front) -> None:
    """[CMD-2-13] [EVT-5-1]"""
    listener = front.connect("HELLO", "3")
    front.say(listener, "SUBSCRIBE", "+x")
    assert [client for client, _ in front.announce("+x")] == [listener]
    front.service.command(front.now, listener, ("CLIENT", "KILL", "SKIPME", "no", "ID", "2"))
    assert front.announce("+x") == []


def test_deleting_a_user_sends_its_clients_away() -> None:
    """[CMD-2-12]"""
    front = Front(ServerSettings(users=(("alice", "on", "nopass", "+@all", "&*"),)))
    other, third = front.connect("AUTH", "alice", "x"), front.connect("AUTH", "alice", "x")
    assert front.say(third, "ACL", "DELUSER", "alice") == [1]
    assert front.sent_away() == [
        Dismiss(other, after_replies=False),
        Dismiss(third, after_replies=True),
    ]
    assert front.say(1, "PING") == [PONG]


def test_losing_a_channel_sends_its_listeners_away() -> None:
    """[CMD-2-12]"""
    front = Front(ServerSettings(users=(("alice", "on", "nopass", "+@all", "&a", "&b"),)))
    a, b = front.connect("AUTH", "alice", "x"), front.connect("AUTH", "alice", "x")
    front.say(a, "SUBSCRIBE", "a")
    front.say(b, "SUBSCRIBE", "b")
    assert front.say(1, "ACL", "SETUSER", "alice", "resetchannels", "&b") == [OK]
    assert front.sent_away() == [Dismiss(a, after_replies=False)]
    assert front.say(1, "ACL", "WHOAMI") == ["default"]
    assert not isinstance(front.say(b, "PING")[0], Error)


def test_events_of_a_command_reach_others_before_its_reply_is_written(front: Front) -> None:
    """[EVT-5-1] [CMD-4-13]"""
    listener = front.connect("SUBSCRIBE", "-monitor")
    effects = front.service.command(front.now, 1, ("SENTINEL", "REMOVE", "mymaster"))
    assert any(isinstance(effect, Announce) for effect in effects)
    front.carry_out(effects)
    assert [e.client for e in front.done if isinstance(e, Answer)][-2:] == [listener, 1]
