"""Exports keep the rules of the formats that they are in."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from itertools import pairwise

import pytest

from minisentinel.trace import Trace
from sim.exports import (
    SHIVIZ_PATTERN,
    ExportError,
    Slice,
    chrome_trace,
    csv_table,
    mermaid_sequence,
    shiviz_log,
)
from sim.judge.messages import NoMessages, find_messages
from tests.judge.stories import failover_story

ELECTION = Slice(since=16.9, until=17.3, nodes=("sentinel-1", "sentinel-2", "sentinel-3"))


# CSV


def test_every_entry_is_a_row_and_its_fields_can_be_read_back(failover: Trace) -> None:
    text = csv_table(failover)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(failover.entries)
    for row, entry in zip(rows, failover.entries, strict=True):
        assert (int(row["time_us"]), row["node"]) == (entry.time_us, entry.node)
        assert row["kind"] == entry.kind
        assert isinstance(json.loads(row["fields"]), dict)
    assert text.count("\r\n") == len(rows) + 1


# Chrome's trace events


def test_chrome_trace_keeps_the_rules_of_the_format(failover: Trace) -> None:
    """Each phase has the fields it needs, times are numbers, and what is begun is ended."""
    events = json.loads(chrome_trace(failover))["traceEvents"]
    needs = {
        "M": {"name", "args"},
        "X": {"name", "ts", "dur"},
        "b": {"name", "ts", "id", "cat"},
        "e": {"name", "ts", "id", "cat"},
        "s": {"name", "ts", "id", "cat"},
        "f": {"name", "ts", "id", "cat", "bp"},
        "C": {"name", "ts", "args"},
    }
    for event in events:
        assert {"pid", "tid"} | needs[event["ph"]] <= set(event)
        assert event.get("dur", 1) > 0
    balance: Counter[tuple[str, object]] = Counter()
    for event in events:
        if event["ph"] in "be":
            balance[event["cat"], event["id"]] += 1 if event["ph"] == "b" else -1
            assert balance[event["cat"], event["id"]] in (0, 1)
    assert not any(balance.values())
    assert {"X", "M", "b", "C", "s"} <= {event["ph"] for event in events}


def test_every_track_has_a_name_and_every_arrow_hangs_on_slices(failover: Trace) -> None:
    events = json.loads(chrome_trace(failover))["traceEvents"]
    named = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name"}
    assert {(e["pid"], e["tid"]) for e in events if e["ph"] != "M"} <= named
    slices = {(e["pid"], e["tid"], e["ts"]) for e in events if e["ph"] == "X"}
    arrows = [e for e in events if e["ph"] in "sf"]
    assert arrows
    assert all((e["pid"], e["tid"], e["ts"]) in slices for e in arrows)
    ends = Counter(e["id"] for e in arrows)
    assert set(ends.values()) == {2}


def test_states_of_a_failover_follow_each_other_on_their_track(failover: Trace) -> None:
    events = json.loads(chrome_trace(failover))["traceEvents"]
    (track,) = [
        (e["pid"], e["tid"])
        for e in events
        if e["name"] == "thread_name" and "failover of" in e["args"]["name"]
    ]
    states = [e for e in events if e["ph"] == "X" and (e["pid"], e["tid"]) == track]
    assert [e["name"] for e in states[:3]] == ["wait_start", "select_slave", "send_slaveof_noone"]
    for one, next_one in pairwise(states):
        assert one["ts"] + one["dur"] <= next_one["ts"] + 1


# ShiViz


def read_shiviz(text: str) -> list[tuple[str, dict[str, int], str]]:
    pattern = re.compile(re.sub(r"\(\?<", "(?P<", SHIVIZ_PATTERN))
    events = [
        (match["host"], json.loads(match["clock"]), match["event"])
        for match in pattern.finditer(text)
    ]
    assert 2 * len(events) == len(text.splitlines())
    return events


def test_vector_clocks_count_the_events_of_their_own_node_one_by_one(failover: Trace) -> None:
    events = read_shiviz(shiviz_log(failover, ELECTION))
    for node in ELECTION.nodes:
        own = [clock[node] for host, clock, _ in events if host == node]
        assert own == list(range(1, len(own) + 1))


def test_a_message_is_read_after_it_was_sent_as_its_clocks_say(failover: Trace) -> None:
    events = read_shiviz(shiviz_log(failover, ELECTION))
    known = {(host, clock[host]): clock for host, clock, _ in events}
    reads = [(host, clock) for host, clock, text in events if " reads from " in f" {text}"]
    assert reads
    for host, clock in reads:
        before = known.get((host, clock[host] - 1), {})
        learned = {node: count for node, count in clock.items() if node != host}
        assert any(count > before.get(node, 0) for node, count in learned.items()) or before
        for node, count in learned.items():
            # Nobody knows of an event without all that its node knew then.
            sent = known[node, count]
            assert all(clock.get(each, 0) >= number for each, number in sent.items())


def test_shiviz_needs_messages_and_says_how_to_get_them() -> None:
    with pytest.raises(NoMessages, match="recorded with --messages"):
        shiviz_log(failover_story(clients=0))


# Mermaid


def test_mermaid_diagram_has_declared_everybody_it_draws(failover: Trace) -> None:
    lines = mermaid_sequence(failover, ELECTION).splitlines()
    assert lines[0] == "sequenceDiagram"
    declared = {m[1] for line in lines if (m := re.match(r"    participant (\w+) as \S+$", line))}
    places = [line.rpartition(" ")[2] for line in lines if "participant" in line]
    assert places == ["sentinel-1", "sentinel-2", "sentinel-3"]
    drawn = [line for line in lines[1:] if "participant" not in line]
    arrows = 0
    for line in drawn:
        arrow = re.match(r"    (\w+)(?:->>|--x)(\w+): (\S.*)$", line)
        note = re.match(r"    Note over (\w+): (\S.*)$", line)
        match = arrow or note
        assert match, line
        arrows += arrow is not None
        assert set(match.groups()[:-1]) <= declared
        assert not re.search(
            r";|#(?!\d+;)", match.groups()[-1].replace("#35;", "").replace("#59;", "")
        )
    assert arrows > 5
    assert any("is-master-down-by-addr redis-1 1 sentinel-" in line for line in drawn)


def test_diagram_that_nobody_could_read_is_an_error_that_says_what_to_do(failover: Trace) -> None:
    with pytest.raises(ExportError, match="expected at most 500: choose a shorter time"):
        mermaid_sequence(failover)


def test_diagram_of_a_trace_without_messages_has_notes_alone() -> None:
    text = mermaid_sequence(failover_story(clients=0))
    assert "Note over sentinel-1" not in text
    assert "Note over sentinel_1" in text
    assert "->>" not in text


# Messages


def test_every_message_read_was_sent_before_and_is_read_once(failover: Trace) -> None:
    messages = find_messages(failover)
    read = [each for each in messages if each.received is not None]
    assert len(read) > 0.9 * len(messages)
    assert all(each.sent < each.received for each in read if each.received is not None)
    assert len({each.received for each in read}) == len(read)
    assert all(each.sender != each.receiver for each in read)
