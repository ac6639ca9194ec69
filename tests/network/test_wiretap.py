"""A wiretap writes down every message, and changes nothing else."""

from __future__ import annotations

import pytest

from minisentinel.replies import NULL_ARRAY, Error, Status
from sim.network.wiretap import LONGEST_TEXT, say
from sim.scenarios import find_scenario, run_scenario
from sim.trace import MessageReceived, MessageSent


@pytest.mark.parametrize("name", ["kill-master", "minority-master", "tilt"])
def test_a_run_with_a_wiretap_is_the_same_run(name: str) -> None:
    scenario = find_scenario(name)
    plain = run_scenario(scenario, seed=2).trace.entries
    tapped = run_scenario(scenario, seed=2, messages=True).trace.entries
    rest = [e for e in tapped if not isinstance(e.data, MessageSent | MessageReceived)]
    assert rest == list(plain)
    assert len(tapped) > len(plain)


def test_numbers_of_messages_are_unique_and_only_what_was_sent_is_read() -> None:
    trace = run_scenario(find_scenario("minority-master"), seed=1, messages=True).trace
    sent: dict[int, str] = {}
    read: set[int] = set()
    for entry in trace.entries:
        if isinstance(entry.data, MessageSent):
            assert entry.data.message not in sent
            sent[entry.data.message] = entry.node
        elif isinstance(entry.data, MessageReceived):
            assert entry.data.message in sent
            assert entry.data.message not in read
            assert sent[entry.data.message] != entry.node
            read.add(entry.data.message)
    assert 0 < len(read) < len(sent)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (("PING",), "PING"),
        (Status("PONG"), "+PONG"),
        (Error("NOAUTH no"), "-NOAUTH no"),
        ((1, "*", 0), ":1 * :0"),
        (None, "(nil)"),
        (NULL_ARRAY, "(nil)"),
        ("", '""'),
        ((), "(empty)"),
        ("role:master\r\nslaves:2", "role:master slaves:2"),
        ({"a": 1.5}, "a=:1.5"),
    ],
)
def test_messages_are_told_on_one_line(message: object, text: str) -> None:
    assert say(message) == text


def test_long_messages_are_cut() -> None:
    assert len(say("x" * 1000)) == LONGEST_TEXT
