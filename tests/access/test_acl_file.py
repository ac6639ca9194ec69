"""The ACL file: what it may say, ACL LOAD and ACL SAVE."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, Error
from minisentinel.service.access import AccessRefused, LostAccess
from tests.access.support import (
    ACL_FILE,
    access_control,
    carry_out,
    say,
    with_acl_file,
)

DEFAULT = "user default on nopass sanitize-payload ~* &* +@all"
UNCHANGED = (
    "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
)
UNKNOWN = "Unknown command or category name in ACL"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("\n  \n", ()),
        ("user a", ("user a off sanitize-payload resetchannels -@all",)),
        (
            "user b on\r\n\tuser a  on   nopass \n",
            (
                "user a on nopass sanitize-payload resetchannels -@all",
                "user b on sanitize-payload resetchannels -@all",
            ),
        ),
        (
            "user a on (~x &y +info) +ping",
            (
                "user a on sanitize-payload resetchannels -@all +ping "
                "(~x resetchannels &y -@all +info)",
            ),
        ),
        (
            "user a (+ping ) on",
            ("user a on sanitize-payload resetchannels -@all (resetchannels -@all +ping)",),
        ),
    ],
)
def test_each_line_declares_a_user(text: str, lines: tuple[str, ...]) -> None:
    access, _ = with_acl_file(text)
    assert say(access, "LIST") == (*lines, DEFAULT)


def test_the_default_user_is_what_the_file_says_and_requirepass_is_void() -> None:
    access, _ = with_acl_file("user default on >x ~* +@all\n")
    assert access.fresh_user() is None
    assert access.authenticate("default", "x")


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("# no comments", "{}:1 should start with user keyword followed by the username. "),
        ("\nuser\n", "{}:2 should start with user keyword followed by the username. "),
        ("USER a on", "{}:1 should start with user keyword followed by the username. "),
        ("user  a on", "{}:1: Syntax error. "),
        ('user "a b" on', "{}:1: Syntax error. "),
        ("user a bogus\nuser b on", "{}:1: Syntax error. "),
        ("user a on\nuser a off", "WARNING: Duplicate user 'a' found on line 2. "),
        ("user a\tb on", "'{}:1: username 'a\tb' contains invalid characters. "),
        ("user a (+ping", "{}:1: Unmatched parenthesis in selector definition."),
        ("user a (+ping ~x ( +info )", "{}:1: Syntax error. "),
        ("user a +nosuch", f"{{}}:1: Error in applying operation '+nosuch': {UNKNOWN}. "),
        (
            "user a on (+nosuch) (+nada)",
            f"{{}}:1: Error in applying operation '(+nosuch)': {UNKNOWN}. "
            f"{{}}:1: Error in applying operation '(+nada)': {UNKNOWN}. ",
        ),
        (
            "user a +nosuch bogus rubbish +nada\n\nfoo bar",
            f"{{}}:1: Error in applying operation '+nosuch': {UNKNOWN}. "
            "{}:1: Syntax error. "
            f"{{}}:1: Error in applying operation '+nada': {UNKNOWN}. "
            "{}:3 should start with user keyword followed by the username. ",
        ),
    ],
)
def test_all_faults_are_told_and_nothing_changes(text: str, complaints: str) -> None:
    expected = complaints.replace("{}", ACL_FILE) + UNCHANGED
    with pytest.raises(AccessRefused) as refused:
        with_acl_file(text)
    assert refused.value.lines == (f"Aborting Redis startup because of ACL errors: {expected}",)

    access, files = with_acl_file("user z on\n")
    before = access.users
    files.texts[ACL_FILE] = text
    assert say(access, "LOAD") == Error(f"ERR {expected}")
    assert access.users is before


def test_a_file_that_is_not_there_is_told() -> None:
    problem = f"Error loading ACLs, opening file '{ACL_FILE}': No such file or directory"
    with pytest.raises(AccessRefused) as refused:
        access_control(aclfile=ACL_FILE)
    assert refused.value.lines == (f"Aborting Redis startup because of ACL errors: {problem}",)
    access, files = with_acl_file("")
    files.texts.clear()
    assert say(access, "LOAD") == Error(f"ERR {problem}")


def test_what_is_saved_is_what_is_loaded() -> None:
    access, files = with_acl_file("user b on >p (+ping &x)\n")
    say(access, "SETUSER", "a", "+@all", "-info", "%R~k")
    assert say(access, "SAVE") == OK
    assert files.texts[ACL_FILE] == "".join(f"{line}\n" for line in say(access, "LIST"))  # type: ignore[union-attr]
    before = access.users
    assert carry_out(access, "LOAD").lost == ()
    assert access.users == before


def test_a_save_that_fails_is_told_without_the_reason_which_is_logged() -> None:
    access, files = with_acl_file("")
    files.is_full = True
    outcome = carry_out(access, "SAVE")
    assert outcome.reply == Error(
        "ERR There was an error trying to save the ACLs. Please check the server logs for more "
        "information"
    )
    assert outcome.warnings == ("Writing ACL file for ACL SAVE: No space left on device",)


@pytest.mark.parametrize("subcommand", ["LOAD", "SAVE"])
def test_without_an_acl_file_there_is_nothing_to_load_or_save(subcommand: str) -> None:
    assert say(access_control(), subcommand) == Error(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify "
        "users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a "
        "Redis configuration file set) in order to store users in the Redis configuration."
    )


def test_user_lines_do_not_go_into_the_configuration_if_there_is_an_acl_file() -> None:
    access, _ = with_acl_file("user a on\n")
    assert access.user_lines() == ()


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("user a on nopass +@all &x &y*\nuser b off", ()),
        ("user a on &*\nuser b off", ()),
        ("user a on &x\nuser b off", (LostAccess("a", ("x",)),)),
        ("user b on", (LostAccess("a"),)),
        ("user a off", (LostAccess("a", ()), LostAccess("b"))),
        ("user a on &x (&y*)\nuser b\nuser default on resetchannels", ()),
    ],
)
def test_loading_closes_clients_of_users_that_lost_something(
    text: str, lost: tuple[LostAccess, ...]
) -> None:
    """Those of the default user stay, as in a real server."""
    access, files = with_acl_file("user a on &x &y*\nuser b on\n")
    files.texts[ACL_FILE] = text
    outcome = carry_out(access, "LOAD")
    assert outcome.reply == OK
    assert outcome.lost == lost
