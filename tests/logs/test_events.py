"""From the words of a line to records."""

from __future__ import annotations

import pytest

from minisentinel.trace import LogLine, SentinelEvent, VoteGranted, VoteReceived
from sim.logs.events import Interpreter, masters_named, mentioned_sentinel


def event(text: str, *before: str, sole: str = "") -> SentinelEvent:
    interpreter = Interpreter(sole)
    for each in before:
        interpreter.read("warning", each)
    found = interpreter.read("warning", text)[0]
    assert isinstance(found, SentinelEvent)
    return found


def about(text: str, *before: str, sole: str = "") -> tuple[str, str, str, int]:
    found = event(text, *before, sole=sole)
    assert f"{found.name} {found.payload}" == text
    return found.master, found.subject, found.host, found.port


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("+monitor master m 10.0.0.1 6379 quorum 2", ("m", "master", "10.0.0.1", 6379)),
        ("+odown master m ::1 6379 #quorum 2/2", ("m", "master", "::1", 6379)),
        ("+set master m host 6379 down-after-milliseconds 5000", ("m", "master", "host", 6379)),
        (
            "+slave slave [::1]:6380 ::1 6380 @ m 10.0.0.1 6379",
            ("m", "slave", "::1", 6380),
        ),
        (
            "+sdown sentinel 8f2c 10.0.0.9 26379 @ m 10.0.0.1 6379",
            ("m", "sentinel", "10.0.0.9", 26379),
        ),
        ("+switch-master m 10.0.0.1 6379 10.0.0.2 6380", ("m", "master", "10.0.0.1", 6379)),
        ("+switch-master m  6379 10.0.0.2 6380", ("m", "master", "", 6379)),
        ("+monitor master m  6379 quorum 2", ("m", "master", "", 6379)),
        ("+tilt #tilt mode entered", ("", "", "", 0)),
        ("-script-error /x 0 1", ("", "", "", 0)),
    ],
)
def test_an_event_tells_whom_it_is_about(text: str, subject: tuple[str, str, str, int]) -> None:
    assert about(text, sole="m") == subject


def test_an_epoch_is_of_the_only_master_where_it_was_last_seen() -> None:
    monitor = "+monitor master m 10.0.0.1 6379 quorum 2"
    assert about("+new-epoch 1", monitor, sole="m") == ("m", "master", "10.0.0.1", 6379)
    switch = "+switch-master m 10.0.0.1 6379 10.0.0.2 6380"
    assert about("+new-epoch 2", monitor, switch, sole="m") == ("m", "master", "10.0.0.2", 6380)


def test_of_several_masters_nobody_knows_whose_epoch_it_is() -> None:
    monitors = ("+monitor master a 10.0.0.1 1 quorum 2", "+monitor master b 10.0.0.2 2 quorum 2")
    assert about("+new-epoch 1", *monitors) == ("", "", "", 0)
    assert about("+vote-for-leader 8f2c 1", *monitors) == ("", "", "", 0)


def test_of_several_masters_the_one_being_failed_over_is_voted_for() -> None:
    interpreter = Interpreter()
    interpreter.read("warning", "+try-failover master b 10.0.0.2 2")
    voted = interpreter.read("warning", "+vote-for-leader 8f2c 1")
    assert voted[1] == VoteGranted(master="b", candidate="8f2c", epoch=1)
    assert interpreter.runid == "8f2c"
    heard = interpreter.read("notice", "77aa voted for 8f2c 1")
    assert heard == [
        LogLine(level="notice", text="77aa voted for 8f2c 1"),
        VoteReceived(master="b", peer="77aa", candidate="8f2c", epoch=1),
    ]
    # The next vote is for somebody else's attempt, and may be about any master.
    assert len(interpreter.read("warning", "+vote-for-leader 77aa 2")) == 1


def test_votes_during_two_attempts_at_once_are_of_unknown_masters() -> None:
    interpreter = Interpreter()
    interpreter.read("warning", "+try-failover master a 10.0.0.1 1")
    interpreter.read("warning", "+try-failover master b 10.0.0.2 2")
    assert len(interpreter.read("notice", "77aa voted for 8f2c 1")) == 1
    interpreter.read("warning", "-failover-abort-not-elected master a 10.0.0.1 1")
    assert len(interpreter.read("notice", "77aa voted for 8f2c 1")) == 2


def test_a_vote_for_a_peer_is_no_id_of_its_own() -> None:
    interpreter = Interpreter("m")
    interpreter.read("warning", "+vote-for-leader 77aa 1")
    assert interpreter.runid == ""


@pytest.mark.parametrize(
    "text",
    [
        "+new-epoch ²",
        f"+new-epoch {'9' * 5000}",
        "Sentinel ID is 8f2c",
        "Sentinel new configuration saved on disk",
        "+ 1",
        "-1 is odd",
        "",
    ],
)
def test_other_words_are_log_lines(text: str) -> None:
    assert Interpreter("m").read("notice", text) == [LogLine(level="notice", text=text)]


def test_an_event_with_an_odd_payload_is_an_event_about_nobody() -> None:
    assert about("+sdown slave x y z @ m 10.0.0.1 6379") == ("", "", "", 0)
    assert event("+brand-new").payload == ""


def test_masters_are_named_by_events_and_switches() -> None:
    lines = [
        "+sdown sentinel 8f2c 10.0.0.9 26379 @ a 10.0.0.1 6379",
        "+switch-master b 10.0.0.1 6379 10.0.0.2 6380",
        "+new-epoch 1",
        "Configuration loaded",
    ]
    assert masters_named(lines) == {"a", "b"}


def test_peers_tell_where_a_sentinel_is() -> None:
    found = event("+sentinel sentinel 8f2c 10.0.0.9 26379 @ m 10.0.0.1 6379")
    assert mentioned_sentinel(found) == ("8f2c", ("10.0.0.9", 26379))
    text = "+sentinel-address-switch master m 10.0.0.1 6379 ip 10.0.0.8 port 26380 for 8f2c"
    assert mentioned_sentinel(event(text)) == ("8f2c", ("10.0.0.8", 26380))
    gone = event("+sentinel-invalid-addr sentinel 8f2c 10.0.0.9 26379 @ m 10.0.0.1 6379")
    assert mentioned_sentinel(gone) is None
    assert mentioned_sentinel(event("+new-epoch 1")) is None
