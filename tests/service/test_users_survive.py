"""Users that ACL commands changed are in the configuration from the next save on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.config import ConfigError, Loaded, load, rewrite
from minisentinel.core.dice import Dice
from minisentinel.core.saved import snapshot
from minisentinel.replies import Error
from minisentinel.service.access import AccessControl, check_user_line
from minisentinel.service.host import FixedHost
from tests.service.front import Front
from tests.support.facts import FakeFacts

FILE = """\
# Who may talk to us.
user default on nopass ~* &* +@all
user ops on >old +@all
user gone on nopass +ping
acllog-max-len 16
"""

WORDS = (
    *("on", "off", "nopass", "resetpass", ">a b", ">a\nb", ">\udcff", "<a b", "allcommands"),
    *("+@all", "-@all", "+ping", "-ping", "+client|id", "-client|kill", "+info|x", "+info|x y"),
    *("+ping|a +@all", "+ping|\nrequirepass x", "allchannels", "resetchannels", "&e*", "&a b"),
    *("~k*", "%R~x", "allkeys", "(+role &x)", "(+role", "clearselectors", "reset", "+@admin"),
)


def read(text: str) -> Loaded:
    return load(
        text,
        path="sentinel.conf",
        facts=FakeFacts(),
        now_ms=1,
        dice=Dice(1),
        check_user=lambda words, every: check_user_line(words, every_channel=every),
    )


def front() -> Front:
    return Front(read(FILE).server)


def file_of(front: Front) -> str:
    return rewrite(FILE, snapshot(front.sentinel.state))


def test_users_that_nobody_changed_keep_their_lines() -> None:
    lines = file_of(front()).splitlines()
    assert lines[: len(FILE.splitlines())] == FILE.splitlines()


def test_changed_users_take_the_place_of_the_old_lines_and_surplus_ones_go() -> None:
    clients = front()
    clients.say(1, "ACL", "SETUSER", "ops", "resetpass", ">new")
    clients.say(1, "ACL", "DELUSER", "gone")
    text = file_of(clients)
    assert text.splitlines()[0] == "# Who may talk to us."
    assert [line.split()[1] for line in text.splitlines() if line.startswith("user ")] == [
        "default",
        "ops",
    ]
    after = AccessControl(read(text).server, FixedHost())
    assert after.authenticate("ops", "new")
    assert not after.authenticate("ops", "old")


def test_a_user_added_at_run_time_is_added_to_the_file() -> None:
    clients = front()
    clients.say(1, "ACL", "SETUSER", "app", "on", ">secret", "+ping", "&events")
    assert AccessControl(read(file_of(clients)).server, FixedHost()).authenticate("app", "secret")


def test_a_refused_change_touches_nothing() -> None:
    clients = front()
    clients.say(1, "ACL", "SETUSER", "ops", "resetpass", "+nosuchcommand")
    assert clients.sentinel.state.users is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("user ops on +ping !nothash", "Error in user declaration"),
        ("user ops on (", "Wrong format"),
    ],
)
def test_a_malformed_user_line_is_refused_with_its_line_number(line: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(f"# first\n{line}\n")
    assert message in caught.value.message
    assert caught.value.line_number == 2


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "\0", "\r"])
def test_no_rule_can_add_another_or_a_line_to_the_file(blank: str) -> None:
    """A real server takes such a word, and cannot read the file that it writes then."""
    clients = front()
    (reply,) = clients.say(1, "ACL", "SETUSER", "eve", "on", ">x", f"+ping|a{blank}+@all")
    assert isinstance(reply, Error)
    assert clients.sentinel.state.users is None


@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_whatever_is_accepted_is_the_same_after_a_restart(rules: list[str]) -> None:
    clients = front()
    clients.say(1, "ACL", "SETUSER", "app", *rules)
    after = AccessControl(read(file_of(clients)).server, FixedHost())
    assert {name: str(user) for name, user in after.users.items()} == {
        name: str(user) for name, user in clients.service.access.users.items()
    }
