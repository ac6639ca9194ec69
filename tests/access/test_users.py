"""Who may log in: configured users, requirepass, the default user."""

from __future__ import annotations

import pytest

from minisentinel.service.access import AccessRefused, check_user_line
from tests.access.support import NOW, access_control, say

CRITICAL = "Critical error while loading ACLs. Exiting."


def test_without_configuration_everybody_is_the_default_user() -> None:
    """[CMD-1-6]"""
    access = access_control()
    assert access.fresh_user() == "default"
    assert access.default_user_needs_no_password()
    assert access.authenticate("default", "anything")
    assert not access.authenticate("nobody", "anything")


def test_requirepass_is_the_password_of_the_default_user() -> None:
    """[CFG-8-2]"""
    access = access_control(requirepass="secret")
    assert access.fresh_user() is None
    assert not access.default_user_needs_no_password()
    assert access.authenticate("default", "secret")
    assert not access.authenticate("default", "Secret")
    assert not access.authenticate("default", "")


def test_a_line_for_the_default_user_makes_requirepass_void() -> None:
    """[CFG-8-2]"""
    access = access_control(requirepass="y", users=(("default", "on", ">x", "+@all", "~*"),))
    assert access.authenticate("default", "x")
    assert not access.authenticate("default", "y")


def test_a_line_for_the_default_user_begins_with_nothing() -> None:
    access = access_control(users=(("default", "on", "nopass", "+ping"),))
    assert say(access, "LIST") == (
        "user default on nopass sanitize-payload resetchannels -@all +ping",
    )


def test_a_user_that_is_off_cannot_log_in_whatever_it_knows() -> None:
    """[CMD-2-2]"""
    access = access_control(users=(("a", "off", ">p"), ("b", "off", "nopass")))
    assert not access.authenticate("a", "p")
    assert not access.authenticate("b", "p")
    say(access, "SETUSER", "a", "on")
    assert access.authenticate("a", "p")


def test_any_of_several_passwords_will_do() -> None:
    access = access_control(users=(("a", "on", ">p", ">q"),))
    assert access.authenticate("a", "p")
    assert access.authenticate("a", "q")
    say(access, "SETUSER", "a", "<p")
    assert not access.authenticate("a", "p")
    say(access, "SETUSER", "a", "resetpass")
    assert not access.authenticate("a", "q")


@pytest.mark.parametrize(
    ("rules", "fresh"),
    [
        (("resetpass", ">q"), None),
        (("off",), None),
        (("off", "on"), "default"),
        (("-@all",), "default"),
    ],
)
def test_who_has_not_logged_in_depends_on_the_default_user_as_it_is_now(
    rules: tuple[str, ...], fresh: str | None
) -> None:
    """[CMD-1-6]"""
    access = access_control()
    say(access, "SETUSER", "default", *rules)
    assert access.fresh_user() == fresh


def test_a_disabled_user_is_noticed() -> None:
    access = access_control(users=(("a", "on"), ("b",)))
    assert access.notices == (
        "The user 'b' is disabled (there is no 'on' modifier in the user description). "
        "Make sure this is not a configuration error.",
    )


# --- lines of a configuration ---


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ("a", None),
        ("a on nopass +ping", None),
        ("a +nosuch", None),
        ("a (+nosuch)", None),
        ("a +@nosuch (~x )", None),
        ("a bogus", "'user': Syntax error"),
        ("a on bogus +ping", "'a': Syntax error"),
        ("a on off bogus1 bogus2", "'on': Syntax error"),
        ("a on +nosuch bogus", "'on': Syntax error"),
        ("a (~x &y) on bogus", "'(~x': Syntax error"),
        ("a (+ping ) bogus", "'a': Syntax error"),
        ("a +ping|", "'user': Syntax error"),
        ("a (+ping", "'user': Wrong format"),
        ("a on (+ping", "'a': Wrong format"),
        ("a on off (+ping ~x", "'on': Wrong format"),
        (
            "a <x",
            "'user': The password you are trying to remove from the user does not exist",
        ),
        (
            "a #abc",
            "'user': The password hash must be exactly 64 characters and contain only lowercase "
            "hexadecimal characters",
        ),
        (
            "a &* &x",
            "'a': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid "
            "and does not have any effect. Try 'resetchannels' to start with an empty list of "
            "channels",
        ),
        (
            "a +sentinel|master|x",
            "'user': Allowing first-arg of a subcommand is not supported",
        ),
    ],
)
def test_a_line_is_refused_in_the_words_of_a_real_server(values: str, error: str | None) -> None:
    """The quoted word is the one that a real server quotes. [CFG-4-1]"""
    complaint = None if error is None else f"Error in user declaration {error}"
    assert check_user_line(tuple(values.split())) == complaint


@pytest.mark.parametrize(
    ("values", "first_line"),
    [
        (
            ("a", "on", "+nosuch"),
            "Error loading ACL rule '+nosuch' for the user named 'a': "
            "Unknown command or category name in ACL",
        ),
        (
            ("a", "(+nosuch", "~x)"),
            "Error loading ACL rule '(+nosuch ~x)' for the user named 'a': "
            "Unknown command or category name in ACL",
        ),
        (("a b", "on"), "Spaces not allowed in ACL usernames"),
        (("a", "(x"), "Error loading ACL rule '(x' for the user named 'a': Wrong format"),
    ],
)
def test_what_no_server_starts_with_is_refused(values: tuple[str, ...], first_line: str) -> None:
    """[CFG-4-1]"""
    with pytest.raises(AccessRefused) as refused:
        access_control(users=(values,))
    assert refused.value.lines == (first_line, CRITICAL)


def test_user_lines_and_an_acl_file_exclude_each_other() -> None:
    with pytest.raises(AccessRefused) as refused:
        access_control(users=(("a",),), aclfile="/etc/users.acl")
    (line,) = refused.value.lines
    assert line.startswith("Configuring Redis with users defined in redis.conf and at the same")


def test_channels_are_open_to_new_users_if_the_settings_say_so() -> None:
    access = access_control(
        users=(("a", "(+ping)"),), directives={"acl-pubsub-default": ("AllChannels",)}
    )
    say(access, "SETUSER", "b")
    assert say(access, "LIST") == (
        "user a off sanitize-payload &* -@all (&* -@all +ping)",
        "user b off sanitize-payload &* -@all",
        "user default on nopass sanitize-payload ~* &* +@all",
    )


def test_user_lines_of_a_rewritten_configuration_make_the_same_users() -> None:
    access = access_control(
        requirepass="p", users=(("b", "on", ">x", "(+info", "&y)"), ("a", "+@all", "-ping"))
    )
    lines = access.user_lines()
    again = access_control(users=tuple(tuple(line.split(" ")[1:]) for line in lines))
    assert again.users == access.users
    assert again.user_lines() == lines


def test_a_failed_login_is_logged() -> None:
    access = access_control()
    access.note_failed_login(NOW, "joe", "HELLO", "id=7")
    (entry,) = access.log.entries
    assert (entry.reason, entry.object, entry.username) == ("auth", "HELLO", "joe")
