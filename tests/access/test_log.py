"""ACL LOG: what joins an entry, in which order entries are shown, how many are kept."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK
from minisentinel.service.access import AccessLog, Denial
from tests.access.support import NOW, access_control, say


def noted(*usernames: str, longest: int = 128) -> AccessLog:
    """A log with a failed login of each of these users, one each millisecond."""
    log = AccessLog(longest)
    for at, username in enumerate(usernames):
        log.add(NOW + at, "auth", "AUTH", username, f"id={at}")
    return log


def shown(log: AccessLog) -> list[tuple[str, int, int]]:
    return [(entry.username, entry.count, entry.serial) for entry in log.entries]


def test_an_entry_is_shown_field_by_field() -> None:
    """[CMD-2-12]"""
    access = access_control()
    denial = Denial("joe", "command", "sentinel|masters")
    access.note_denial(NOW - 5000, denial, "id=1")
    access.note_denial(NOW - 51, denial, "id=2")
    assert say(access, "LOG") == (
        {
            "count": 2,
            "reason": "command",
            "context": "toplevel",
            "object": "sentinel|masters",
            "username": "joe",
            "age-seconds": 0.051,
            "client-info": "id=2",
            "entry-id": 0,
            "timestamp-created": NOW - 5000,
            "timestamp-last-updated": NOW - 51,
        },
    )


def test_the_latest_comes_first_and_takes_in_what_is_alike() -> None:
    assert shown(noted("a", "b", "a")) == [("a", 2, 0), ("b", 1, 1)]


def test_only_the_ten_latest_take_in_what_is_alike() -> None:
    """A real server, told the same, showed the same."""
    twelve = [f"u{number}" for number in range(12)]
    log = noted(*twelve, "u0", "u1", "u2", "u2", "u11", "u0")
    assert shown(log) == [
        ("u0", 2, 12),
        ("u11", 2, 11),
        ("u2", 2, 14),
        ("u1", 1, 13),
        *((f"u{number}", 1, number) for number in range(10, -1, -1)),
    ]


@pytest.mark.parametrize(("after_ms", "entries"), [(60_000, 1), (60_001, 2)])
def test_a_minute_after_the_last_one_a_new_entry_begins(after_ms: int, entries: int) -> None:
    log = AccessLog()
    for at in (0, 30_000, 30_000 + after_ms):
        log.add(NOW + at, "auth", "AUTH", "joe", "")
    assert len(log.entries) == entries
    assert log.entries[0].updated_ms == NOW + 30_000 + after_ms


@pytest.mark.parametrize(
    "other",
    [
        ("channel", "info", "joe"),
        ("command", "role", "joe"),
        ("command", "info", "ann"),
    ],
)
def test_reason_object_and_user_make_the_difference(other: tuple[str, str, str]) -> None:
    log = AccessLog()
    log.add(NOW, "command", "info", "joe", "")
    log.add(NOW, *other, "")
    assert [entry.count for entry in log.entries] == [1, 1]


@pytest.mark.parametrize(("longest", "kept"), [(0, []), (2, ["c", "b"]), (3, ["c", "b", "a"])])
def test_the_oldest_entries_go(longest: int, kept: list[str]) -> None:
    """[CFG-1-4]"""
    log = noted("a", "b", "c", longest=longest)
    assert [entry.username for entry in log.entries] == kept


def test_settings_say_how_many_are_kept() -> None:
    access = access_control(acllog_max_len=2)
    for name in "abc":
        access.note_failed_login(NOW, name, "AUTH", "")
    assert len(access.log.entries) == 2


@pytest.mark.parametrize(
    ("words", "count"), [((), 10), (("3",), 3), (("100",), 12), (("0",), 0), (("-1",), 0)]
)
def test_ten_entries_are_shown_or_as_many_as_are_asked_for(
    words: tuple[str, ...], count: int
) -> None:
    access = access_control()
    for number in range(12):
        access.note_failed_login(NOW, f"u{number}", "AUTH", "")
    reply = say(access, "LOG", *words)
    assert isinstance(reply, tuple)
    assert len(reply) == count


def test_a_reset_log_is_empty_and_its_numbers_go_on() -> None:
    access = access_control()
    access.note_failed_login(NOW, "a", "AUTH", "")
    assert say(access, "LOG", "reset") == OK
    assert say(access, "LOG") == ()
    access.note_failed_login(NOW, "b", "AUTH", "")
    assert shown(access.log) == [("b", 1, 1)]
