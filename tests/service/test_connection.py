"""PING, AUTH, HELLO, and the checks that every command passes; as real servers answer."""

from __future__ import annotations

import pytest

from minisentinel.config.server import ServerSettings
from minisentinel.core.effects import Dismiss
from minisentinel.replies import OK, PONG, Command, Error, Push, Reply
from tests.core.bench import logged
from tests.service.front import Front, errors

BAD_NAME = "ERR Client names cannot contain spaces, newlines or special characters."
WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled."
NOT_AN_INTEGER = "ERR Protocol version is not an integer or out of range"
HELLO_FIRST = (
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
    "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
    "protocol version at the same time"
)
NO_PASSWORD = (
    "ERR AUTH <password> called without any password configured for the default user. Are you "
    "sure your configuration is correct?"
)
SECRET = ServerSettings(
    requirepass="secret",
    users=(
        ("alice", "on", ">pw", "+ping", "+client|id", "+subscribe", "&news"),
        ("bob", "off", ">pw", "+@all"),
    ),
)


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.fixture
def locked() -> Front:
    return Front(SECRET)


def greeting(protocol: int, client: int = 1) -> Reply:
    return {
        "server": "redis",
        "version": "7.4.1",
        "proto": protocol,
        "id": client,
        "mode": "sentinel",
        "modules": (),
    }


# --- HELLO ---


def test_hello_tells_who_is_there_and_no_role(front: Front) -> None:
    """[CMD-2-3]"""
    assert front.say(1, "HELLO") == [greeting(2)]
    assert front.say(1, "hello", "2") == [greeting(2)]


def test_the_reply_to_hello_is_in_the_new_protocol(front: Front) -> None:
    """[CMD-2-3] [CMD-1-10]"""
    assert front.service.protocol_of(1) == 2
    assert front.say(1, "HELLO", "3") == [greeting(3)]
    assert front.service.protocol_of(1) == 3
    assert front.say(1, "HELLO") == [greeting(3)]
    assert front.say(1, "HELLO", "2") == [greeting(2)]
    assert front.service.protocol_of(1) == 2


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("1",), "NOPROTO unsupported protocol version"),
        (("4",), "NOPROTO unsupported protocol version"),
        (("-3",), "NOPROTO unsupported protocol version"),
        (("x",), NOT_AN_INTEGER),
        (("03",), NOT_AN_INTEGER),
        (("99999999999999999999",), NOT_AN_INTEGER),
        (("3", "FOO"), "ERR Syntax error in HELLO option 'FOO'"),
        (("3", "AUTH"), "ERR Syntax error in HELLO option 'AUTH'"),
        (("3", "AUTH", "a"), "ERR Syntax error in HELLO option 'AUTH'"),
        (("3", "AUTH", "nobody", "x"), WRONG_PASSWORD),
        (("3", "SETNAME"), "ERR Syntax error in HELLO option 'SETNAME'"),
        (("3", "SETNAME", "a", "b"), "ERR Syntax error in HELLO option 'b'"),
        (("3", "SETNAME", "a\nb"), BAD_NAME),
        (("3", "AUTH", "nobody", "x", "FOO"), "ERR Syntax error in HELLO option 'FOO'"),
        (("3", "fo\ro"), "ERR Syntax error in HELLO option 'fo o'"),
        (("3", "AUTH", "nobody", "x", "SETNAME", "a b"), BAD_NAME),
        (("3", "SETNAME", "me", "AUTH", "nobody", "x"), WRONG_PASSWORD),
    ],
)
def test_a_wrong_hello_changes_nothing(front: Front, words: Command, text: str) -> None:
    """[CMD-2-3] [CMD-1-9]"""
    assert front.say(1, "HELLO", *words) == [Error(text)]
    assert front.service.protocol_of(1) == 2
    assert front.say(1, "CLIENT", "GETNAME") == [None]


def test_hello_takes_a_name_and_the_last_one_counts(front: Front) -> None:
    """[CMD-2-3]"""
    assert front.say(1, "HELLO", "3", "setname", "ab", "SETNAME", "cd") == [greeting(3)]
    assert front.say(1, "CLIENT", "GETNAME") == ["cd"]


def test_hello_logs_in(locked: Front) -> None:
    """[CMD-2-3] [CMD-1-6]"""
    assert errors(locked.say(1, "HELLO")) == [HELLO_FIRST]
    assert errors(locked.say(1, "HELLO", "3")) == [HELLO_FIRST]
    assert errors(locked.say(1, "HELLO", "3", "SETNAME", "me")) == [HELLO_FIRST]
    assert errors(locked.say(1, "HELLO", "9")) == ["NOPROTO unsupported protocol version"]
    assert errors(locked.say(1, "HELLO", "3", "AUTH", "default", "wrong")) == [WRONG_PASSWORD]
    assert not locked.service.authenticated(1)
    assert locked.say(1, "HELLO", "3", "AUTH", "default", "secret") == [greeting(3)]
    assert locked.service.authenticated(1)
    assert locked.say(1, "CLIENT", "GETNAME") == [None]


# --- AUTH ---


def test_without_a_password_auth_is_a_mistake_but_any_password_will_do(front: Front) -> None:
    """[CMD-2-2]"""
    assert errors(front.say(1, "AUTH", "x")) == [NO_PASSWORD]
    assert front.say(1, "AUTH", "default", "x") == [OK]
    assert errors(front.say(1, "AUTH", "nobody", "x")) == [WRONG_PASSWORD]
    assert errors(front.say(1, "AUTH", "a", "b", "c")) == ["ERR syntax error"]


def test_requirepass_is_the_default_user_s_password(locked: Front) -> None:
    """[CMD-2-2] [CFG-8-2]"""
    assert errors(locked.say(1, "AUTH", "wrong")) == [WRONG_PASSWORD]
    assert errors(locked.say(1, "PING")) == ["NOAUTH Authentication required."]
    assert locked.say(1, "AUTH", "secret") == [OK]
    assert locked.say(1, "PING") == [PONG]


def test_a_failed_login_leaves_the_client_who_it_was(locked: Front) -> None:
    """[CMD-2-2]"""
    assert locked.say(1, "AUTH", "alice", "pw") == [OK]
    for words in (("AUTH", "wrong"), ("AUTH", "bob", "pw"), ("HELLO", "3", "AUTH", "x", "y")):
        assert errors(locked.say(1, *words)) == [WRONG_PASSWORD]
    assert locked.say(1, "PING") == [PONG]
    assert locked.service.protocol_of(1) == 2
    assert locked.service.statistics.acl_denied_auth == 3
    assert [entry.reason for entry in locked.service.access.log.entries] == ["auth"] * 3


def test_who_connected_before_the_default_user_got_a_password_stays_logged_in(
    front: Front,
) -> None:
    """[CMD-1-6]"""
    front.say(1, "ACL", "SETUSER", "default", ">secret")
    assert front.say(1, "PING") == [PONG]
    late = front.connect()
    assert errors(front.say(late, "PING")) == ["NOAUTH Authentication required."]
    front.say(1, "ACL", "SETUSER", "default", "nopass")
    assert front.say(late, "PING") == [PONG]


# --- the checks, in their order ---


def test_the_checks_come_in_their_order(locked: Front) -> None:
    """[CMD-1-1] [CMD-1-3] [CMD-1-4] [CMD-1-5] [CMD-1-6] [CMD-1-7] [CMD-1-8]"""
    unknown = "ERR unknown command 'FOO', with args beginning with: "
    assert errors(locked.say(1, "FOO")) == [unknown]
    assert errors(locked.say(1, "CLIENT", "FOO")) == [
        "ERR unknown subcommand 'FOO'. Try CLIENT HELP."
    ]
    arity = "ERR wrong number of arguments for 'client|id' command"
    assert errors(locked.say(1, "CLIENT", "ID", "x")) == [arity]
    assert errors(locked.say(1, "CLIENT", "ID")) == ["NOAUTH Authentication required."]
    locked.say(1, "AUTH", "alice", "pw")
    denied = "NOPERM User alice has no permissions to run the '{}' command"
    assert errors(locked.say(1, "CLIENT", "LIST")) == [denied.format("client|list")]
    assert errors(locked.say(1, "CLIENT", "LIST", "TYPE", "?")) == [denied.format("client|list")]
    assert errors(locked.say(1, "SUBSCRIBE", "news", "x")) == [
        "NOPERM No permissions to access a channel"
    ]
    assert locked.say(1, "SUBSCRIBE", "news") == [Push(("subscribe", "news", 1))]
    assert errors(locked.say(1, "ROLE")) == [denied.format("role")]
    assert errors(locked.say(1, "CLIENT", "ID")) == [
        "ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / "
        "RESET are allowed in this context"
    ]
    assert errors(locked.say(1, "FOO")) == [unknown]
    counted = locked.service.statistics
    assert (counted.acl_denied_command, counted.acl_denied_channel) == (3, 1)
    assert (counted.commands_processed, counted.error_replies) == (2, 10)


def test_what_was_denied_is_in_the_log(locked: Front) -> None:
    """[CMD-1-7]"""
    locked.say(1, "AUTH", "alice", "pw")
    locked.say(1, "ROLE")
    (entry,) = locked.service.access.log.entries
    assert (entry.reason, entry.object, entry.username) == ("command", "role", "alice")
    assert entry.client_info.startswith("id=1 addr=10.0.2.1:5000 ")


@pytest.mark.parametrize("word", ["POST", "post", "Host:", "HOST:"])
@pytest.mark.parametrize("rest", [(), ("/", "HTTP/1.1")])
def test_who_speaks_http_is_sent_away_without_a_word(
    locked: Front, word: str, rest: Command
) -> None:
    """[CMD-1-2]"""
    assert locked.say(1, word, *rest) == []
    assert locked.sent_away() == [Dismiss(1, after_replies=False)]
    assert "10.0.2.1:5000" in logged(locked.done)[-1]
    assert locked.say(1, "PING") == []


def test_attacks_by_http_are_logged_once_a_minute(front: Front) -> None:
    """[CMD-1-2]"""

    def attack() -> list[str]:
        before = len(front.done)
        front.connect("POST", "/")
        assert isinstance(front.done[-1], Dismiss)
        return logged(front.done[before:])

    assert len(attack()) == 1
    front.now += 60_000
    assert attack() == []
    front.now += 1
    assert len(attack()) == 1


def test_a_subscriber_in_resp2_may_not_even_say_hello(front: Front) -> None:
    """[CMD-1-8]"""
    front.say(1, "SUBSCRIBE", "a")
    for words in (("HELLO", "3"), ("AUTH", "x"), ("SHUTDOWN",)):
        assert errors(front.say(1, *words)) == [
            f"ERR Can't execute '{words[0].lower()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "
            "PING / QUIT / RESET are allowed in this context"
        ]


def test_long_names_are_cut_at_128_bytes(front: Front) -> None:
    """[CMD-1-3] [CMD-1-4]"""
    assert errors(front.say(1, "CLIENT", "x" * 200)) == [
        f"ERR unknown subcommand '{'x' * 128}'. Try CLIENT HELP."
    ]
    assert errors(front.say(1, "é" * 70, "b\n" * 3, "c" * 200)) == [
        f"ERR unknown command '{'é' * 64}', with args beginning with: 'b b b ' '{'c' * 119}' "
    ]


@pytest.mark.parametrize("name", ["PİNG", "CLİENT", "\u017fentinel"])
def test_only_ascii_letters_have_another_case(front: Front, name: str) -> None:
    """[CMD-1-3]"""
    assert errors(front.say(1, name)) == [
        f"ERR unknown command '{name}', with args beginning with: "
    ]


def test_client_kill_is_not_matched_by_a_kelvin_sign(front: Front) -> None:
    """[CMD-1-4]"""
    assert errors(front.say(1, "CLIENT", "\u212aILL")) == [
        "ERR unknown subcommand '\u212aILL'. Try CLIENT HELP."
    ]


def test_a_client_that_is_not_there_is_not_heard(front: Front) -> None:
    """[CMD-1-1]"""
    front.service.client_left(1)
    assert front.say(1, "PING") == []
    assert not front.service.authenticated(1)
    assert front.service.protocol_of(1) == 2


# --- PING ---


def test_ping_in_every_mode(front: Front) -> None:
    """[CMD-2-1]"""
    assert front.say(1, "PING") == [PONG]
    front.say(1, "SUBSCRIBE", "a")
    assert front.say(1, "PING") == [("pong", "")]
    assert front.say(1, "PING", "x") == [("pong", "x")]
    other = front.connect("HELLO", "3")
    front.say(other, "SUBSCRIBE", "a")
    assert front.say(other, "PING") == [PONG]
    assert front.say(other, "PING", "x") == ["x"]
    assert errors(front.say(other, "PING", "x", "y")) == [
        "ERR wrong number of arguments for 'ping' command"
    ]
