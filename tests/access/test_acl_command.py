"""ACL and its subcommands: replies and errors word for word."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, Error, Reply, Status, Unordered
from minisentinel.service.catalogue import CATALOGUE, CATEGORIES
from tests.access.support import access_control, carry_out, say

NOT_AN_INTEGER = "value is not an integer or out of range"
BITS = (
    "ACL GENPASS argument must be the number of bits for the output password, a positive number "
    "up to 4096"
)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("CAT", "nosuch"), "Unknown category 'nosuch'"),
        (("CAT", "sentinel"), "Unknown category 'sentinel'"),
        (("CAT", "all"), "Unknown category 'all'"),
        (("CAT", "a\nb"), "Unknown category 'a b'"),
        (
            ("Cat", "a", "b"),
            "unknown subcommand or wrong number of arguments for 'Cat'. Try ACL HELP.",
        ),
        (("DELUSER", "nosuch", "default"), "The 'default' user cannot be removed"),
        (("DRYRUN", "nosuch", "nosuch"), "User 'nosuch' not found"),
        (("DRYRUN", "default", "nosuch"), "Command 'nosuch' not found"),
        (("DRYRUN", "default", "sentinel", "x"), "Command 'sentinel' not found"),
        (("DRYRUN", "default", "sentinel"), "wrong number of arguments for 'sentinel' command"),
        (
            ("DRYRUN", "default", "SENTINEL", "Master"),
            "wrong number of arguments for 'sentinel|master' command",
        ),
        (("GENPASS", "0"), BITS),
        (("GENPASS", "-1"), BITS),
        (("GENPASS", "4097"), BITS),
        (("GENPASS", "1.5"), NOT_AN_INTEGER),
        (("GENPASS", "01"), NOT_AN_INTEGER),
        (("GENPASS", "9223372036854775808"), NOT_AN_INTEGER),
        (
            ("GENPASS", "1", "2"),
            "unknown subcommand or wrong number of arguments for 'GENPASS'. Try ACL HELP.",
        ),
        (("LOG", "abc"), NOT_AN_INTEGER),
        (
            ("LOG", "reset", "x"),
            "unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP.",
        ),
        (("SETUSER", "a b"), "Usernames can't contain spaces or null characters"),
        (("SETUSER", "a\tb"), "Usernames can't contain spaces or null characters"),
        (("SETUSER", "a\0b"), "Usernames can't contain spaces or null characters"),
        (("SETUSER", "a", "x\r\ny"), "Error in ACL SETUSER modifier 'x  y': Syntax error"),
        (("SETUSER", "a", "~x\0y"), "Error in ACL SETUSER modifier '~x': Syntax error"),
        (
            ("SETUSER", "a", "on", "(+ping", "+info"),
            "Unmatched parenthesis in acl selector starting at '(+ping'.",
        ),
    ],
)
def test_errors_are_those_of_a_real_server(words: tuple[str, ...], error: str) -> None:
    """[CMD-2-12] [CMD-1-9]"""
    assert say(access_control(), *words) == Error(f"ERR {error}")


def test_cat_names_all_categories_in_the_order_of_a_real_server() -> None:
    """[CMD-2-12]"""
    assert say(access_control(), "CAT") == CATEGORIES
    assert CATEGORIES[:2] == ("keyspace", "read")
    assert CATEGORIES[-2:] == ("transaction", "scripting")


@pytest.mark.parametrize(
    ("category", "names"),
    [
        ("pubsub", "psubscribe publish punsubscribe subscribe unsubscribe"),
        ("FAST", "auth hello ping publish role"),
        ("keyspace", ""),
        ("blocking", ""),
    ],
)
def test_cat_names_the_commands_of_a_category(category: str, names: str) -> None:
    reply = say(access_control(), "CAT", category)
    assert isinstance(reply, tuple)
    assert sorted(map(str, reply)) == names.split()


def test_administrative_commands_are_all_of_sentinel_but_help() -> None:
    """[CMD-15-1]"""
    reply = say(access_control(), "CAT", "admin")
    assert isinstance(reply, tuple)
    subcommands = CATALOGUE["sentinel"].subcommands
    for name in subcommands:
        assert (f"sentinel|{name}" in reply) == (name != "help")


def test_getuser_describes_a_user_as_a_map() -> None:
    """[CMD-2-12]"""
    access = access_control()
    say(access, "SETUSER", "z", "on", ">p", "&a", "&b", "~b", "%R~c", "-@all", "+ping", "(+info)")
    assert say(access, "GETUSER", "z") == {
        "flags": Unordered(("on", "sanitize-payload")),
        "passwords": ("148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940",),
        "commands": "-@all +ping",
        "keys": "~b %R~c",
        "channels": "&a &b",
        "selectors": ({"commands": "-@all +info", "keys": "", "channels": ""},),
    }
    assert isinstance(say(access, "GETUSER", "z")["flags"], Unordered)  # type: ignore[index, call-overload]


def test_getuser_of_the_default_user() -> None:
    assert say(access_control(), "GETUSER", "default") == {
        "flags": Unordered(("on", "nopass", "sanitize-payload")),
        "passwords": (),
        "commands": "+@all",
        "keys": "~*",
        "channels": "&*",
        "selectors": (),
    }


def test_getuser_of_nobody_is_null() -> None:
    assert say(access_control(), "GETUSER", "nobody") is None


def test_users_are_listed_in_the_order_of_their_bytes() -> None:
    access = access_control()
    for name in ("\udcff", "\u00fc", "b", "B", "", "default"):
        assert say(access, "SETUSER", name) == OK
    assert say(access, "USERS") == ("", "B", "b", "default", "\u00fc", "\udcff")


def test_names_of_users_are_case_sensitive() -> None:
    access = access_control(users=(("Joe", "on", "nopass"),))
    assert access.authenticate("Joe", "")
    assert not access.authenticate("joe", "")


def test_whoami_is_who_asks() -> None:
    access = access_control()
    assert carry_out(access, "WHOAMI").reply == "default"
    assert carry_out(access, "whoami", username="joe").reply == "joe"


@pytest.mark.parametrize(
    ("words", "digits"),
    [((), 64), (("1",), 1), (("4",), 1), (("5",), 2), (("8",), 2), (("9",), 3), (("4096",), 1024)],
)
def test_a_password_has_a_digit_for_each_four_bits_begun(
    words: tuple[str, ...], digits: int
) -> None:
    """[CMD-2-12]"""
    access = access_control()
    first, second = say(access, "GENPASS", *words), say(access, "GENPASS", *words)
    assert isinstance(first, str)
    assert len(first) == digits
    assert set(first) <= set("0123456789abcdef")
    assert first != second or digits < 8


def test_help_has_the_syntax_lines_of_a_real_server() -> None:
    """[CMD-2-12]"""
    reply = say(access_control(), "HELP")
    assert isinstance(reply, tuple)
    lines = [line.text for line in reply if isinstance(line, Status)]
    assert len(lines) == len(reply)
    assert [line for line in lines if not line.startswith("    ")] == [
        "ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CAT [<category>]",
        "DELUSER <username> [<username> ...]",
        "DRYRUN <username> <command> [<arg> ...]",
        "GETUSER <username>",
        "GENPASS [<bits>]",
        "LIST",
        "LOAD",
        "LOG [<count> | RESET]",
        "SAVE",
        "SETUSER <username> <attribute> [<attribute> ...]",
        "USERS",
        "WHOAMI",
        "HELP",
    ]
    assert lines[-1] == "    Print this help."


def test_every_subcommand_of_the_catalogue_is_there() -> None:
    words: dict[str, tuple[str, ...]] = {
        "deluser": ("x",),
        "dryrun": ("default", "ping"),
        "getuser": ("x",),
        "setuser": ("x",),
    }
    replies: dict[str, Reply] = {
        name: say(access_control(), name, *words.get(name, ()))
        for name in CATALOGUE["acl"].subcommands
    }
    assert len(replies) == 13
