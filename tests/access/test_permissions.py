"""What a user may do: commands, subcommands, first words, channels, several selectors."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, Command, Reply
from minisentinel.service.access import Denial
from minisentinel.service.catalogue import find
from tests.access.support import access_control, say


def denial(rules: str, words: Command) -> Denial | None:
    """Why a user with these rules may not say these words."""
    access = access_control()
    assert say(access, "SETUSER", "d", "on", "nopass", *rules.split()) == OK
    facts = find(words)
    assert facts is not None
    return access.denial("d", facts, words)


@pytest.mark.parametrize(
    ("rules", "allowed", "denied"),
    [
        ("", "auth x|hello|AUTH x|HELLO 3", "ping|info|sentinel help|acl whoami"),
        ("+ping", "ping|PING x", "info"),
        ("+ping|x", "ping x|ping X", "ping|ping y"),
        ("+ping +ping|x", "ping|ping y", ""),
        ("+ping|x -@fast", "", "ping x"),
        ("+ping|x +@fast -@slow", "ping|ping y", "info"),
        ("+sentinel", "sentinel masters|sentinel help", "ping"),
        ("+sentinel|master", "sentinel master x", "sentinel masters|sentinel help"),
        ("+sentinel -sentinel|set", "sentinel masters", "sentinel set m quorum 1"),
        ("+@all -@dangerous", "ping|client id", "info|role|sentinel masters|client list"),
        # A category brings with a command all its subcommands, but with a subcommand no other.
        ("+@admin", "sentinel help|acl list|client list|role", "acl whoami|client id|ping"),
        ("+@slow", "acl whoami|client id|sentinel help|command count", "ping|role"),
        ("+@all -@slow", "ping|role", "client id|acl list|sentinel help"),
        ("+@pubsub allchannels", "publish a b|subscribe a|psubscribe a*|unsubscribe", "ping"),
        ("+@all -ping +ping", "ping", ""),
    ],
)
def test_the_last_rule_that_speaks_of_a_command_decides(
    rules: str, allowed: str, denied: str
) -> None:
    """[CMD-1-7] [CMD-15-1]"""
    for line in filter(None, allowed.split("|")):
        assert denial(rules, tuple(line.split())) is None, line
    for line in filter(None, denied.split("|")):
        found = denial(rules, tuple(line.split()))
        assert found is not None, line
        assert found.reason == "command"


@pytest.mark.parametrize(
    ("line", "channel"),
    [
        ("publish foo x", None),
        ("publish foobar x", None),
        ("publish bar x", "bar"),
        ("subscribe foo1", None),
        ("subscribe foo1 bar foo2", "bar"),
        ("subscribe ev1", None),
        ("subscribe ev12", "ev12"),
        # A pattern has to be one of the user's own, word for word.
        ("psubscribe foo*", None),
        ("psubscribe ev?", None),
        ("psubscribe foo*x", "foo*x"),
        ("psubscribe foox", "foox"),
        ("psubscribe *", "*"),
        # Nobody is kept from leaving.
        ("unsubscribe zz", None),
        ("punsubscribe zz", None),
    ],
)
def test_channels_have_to_match_and_patterns_to_be_equal(line: str, channel: str | None) -> None:
    """[CMD-1-7]"""
    found = denial("+@pubsub &foo* &ev?", tuple(line.split()))
    assert found == (None if channel is None else Denial("d", "channel", channel))


def test_errors_are_those_of_a_server() -> None:
    """[CMD-1-7]"""
    command = Denial("joe", "command", "sentinel|master")
    channel = Denial("joe", "channel", "secret")
    text = "User joe has no permissions to run the 'sentinel|master' command"
    assert command.error == f"NOPERM {text}"
    assert command.explanation == text
    assert channel.error == "NOPERM No permissions to access a channel"
    assert channel.explanation == "User joe has no permissions to access the 'secret' channel"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("info", None),
        ("subscribe a", None),
        ("subscribe b", None),
        ("subscribe a b", Denial("d", "channel", "b")),
        ("subscribe b a", Denial("d", "channel", "a")),
        ("subscribe a c", Denial("d", "channel", "c")),
        ("subscribe c a", Denial("d", "channel", "c")),
        ("publish a x", Denial("d", "command", "publish")),
    ],
)
def test_one_selector_that_allows_it_is_enough_and_the_furthest_objection_is_told(
    line: str, found: Denial | None
) -> None:
    rules = "+subscribe &a (+info) (+subscribe &b)"
    assert denial(rules, tuple(line.split())) == found


def test_a_user_that_is_gone_may_do_nothing() -> None:
    access = access_control()
    facts = find(("PING",))
    assert facts is not None
    assert access.denial("gone", facts, ("PING",)) == Denial("gone", "command", "ping")


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        (
            "+auth +hello +ping +role +client|setname +client|getname +client|id +command "
            "+sentinel|get-master-addr-by-name +sentinel|master +sentinel|replicas "
            "+sentinel|sentinels +sentinel|myid +subscribe +psubscribe allchannels",
            "ping|role|client setname x|client id|command|sentinel get-master-addr-by-name m|"
            "sentinel myid|psubscribe *|subscribe +switch-master",
        ),
        (
            "+ping +publish +client|setname +sentinel|is-master-down-by-addr &__sentinel__:hello",
            "ping|publish __sentinel__:hello x|client setname x|"
            "sentinel is-master-down-by-addr 127.0.0.1 6379 1 *",
        ),
    ],
)
def test_recommended_rights_are_enough(rules: str, lines: str) -> None:
    for line in lines.split("|"):
        assert denial(rules, tuple(line.split())) is None, line


# --- ACL DRYRUN ---


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("default ping", OK),
        ("default ping a b c", OK),
        ("d ping", OK),
        ("d INFO", "User d has no permissions to run the 'info' command"),
        ("d sentinel masters", "User d has no permissions to run the 'sentinel|masters' command"),
        ("d publish bar x", "User d has no permissions to access the 'bar' channel"),
    ],
)
def test_dryrun_tells_what_would_happen(words: str, reply: Reply) -> None:
    """[CMD-2-12]"""
    access = access_control()
    say(access, "SETUSER", "d", "off", "+ping", "+publish", "&foo")
    assert say(access, "DRYRUN", *words.split()) == reply
    assert access.log.entries == []
