"""Trace files: what is written, what is read back, what is refused, and the digest."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minisentinel.trace import (
    Entry,
    Header,
    LogLine,
    OpinionReceived,
    Trace,
    TraceError,
    UnknownKind,
    VotesCounted,
    read_trace,
    write_trace,
)
from minisentinel.trace.entry import Data, data_from_fields, kinds, record

HEADER = Header(scenario="s", seed=7, started_at_ms=5, settings={"quorum": 2})
ENTRIES = [
    Entry(0, "sentinel-1", LogLine(level="notice", text="hé\u2028llo\n")),
    Entry(1500, "sentinel-2", OpinionReceived(master="m", peer="p", down=True)),
    Entry(
        1500,
        "sentinel-2",
        VotesCounted(
            master="m",
            epoch=1,
            votes=(("a", 2), ("b", 1)),
            voters=3,
            quorum=2,
            needed=2,
            winner="a",
        ),
    ),
]
FIRST = '{"format":"minisentinel-trace","version":1,"scenario":"s","seed":7,"started_at_ms":5,'
FIRST += '"settings":{"quorum":2}}'


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
    return path


def test_a_file_is_a_header_and_one_line_an_entry(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write_trace(Trace(HEADER, ENTRIES), path)
    lines = path.read_text(encoding="ascii").split("\n")
    assert lines[0] == FIRST
    assert lines[1] == (
        '{"t":0,"node":"sentinel-1","kind":"log","level":"notice","text":"h\\u00e9\\u2028llo\\n"}'
    )
    assert lines[-1] == ""
    assert len(lines) == 5


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    trace = Trace(HEADER, ENTRIES)
    write_trace(trace, path)
    assert read_trace(path) == trace
    assert read_trace(path).digest() == trace.digest()


def test_writing_replaces_the_file_as_a_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write_trace(Trace(HEADER, ENTRIES), path)
    with pytest.raises(TypeError):
        write_trace(Trace(Header(settings={"x": object()}), []), path)
    assert read_trace(path).header == HEADER
    assert [each.name for each in tmp_path.iterdir()] == ["t.jsonl"]
    with pytest.raises(OSError, match="nowhere"):
        write_trace(Trace(), tmp_path / "nowhere" / "t.jsonl")


def test_the_digest_is_that_of_the_lines_without_the_header(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write_trace(Trace(HEADER, ENTRIES), path)
    body = path.read_bytes().partition(b"\n")[2]
    assert Trace(HEADER, ENTRIES).digest() == hashlib.sha256(body).hexdigest()
    assert Trace(Header(), ENTRIES).digest() == Trace(HEADER, ENTRIES).digest()


@pytest.mark.parametrize(
    "other",
    [
        ENTRIES[:2],
        [ENTRIES[0], ENTRIES[2], ENTRIES[1]],
        [Entry(1, ENTRIES[0].node, ENTRIES[0].data), *ENTRIES[1:]],
        [Entry(0, "sentinel-3", ENTRIES[0].data), *ENTRIES[1:]],
        [Entry(0, "sentinel-1", LogLine(level="warning", text="hé\u2028llo\n")), *ENTRIES[1:]],
    ],
)
def test_any_difference_changes_the_digest(other: list[Entry]) -> None:
    assert Trace(HEADER, other).digest() != Trace(HEADER, ENTRIES).digest()


def test_entries_are_found_by_kind() -> None:
    trace = Trace(HEADER, ENTRIES)
    assert trace.of_kind("log") == ENTRIES[:1]
    assert trace.of_kind("log", "votes-counted") == [ENTRIES[0], ENTRIES[2]]
    assert ENTRIES[0].kind == "log"


def test_entries_are_found_by_the_class_of_their_data_in_the_order_of_the_trace() -> None:
    trace = Trace(HEADER, ENTRIES)
    assert trace.of(OpinionReceived) == [(ENTRIES[1], ENTRIES[1].data)]
    both = trace.of(VotesCounted, LogLine)
    assert [entry for entry, _ in both] == [ENTRIES[0], ENTRIES[2]]
    assert [entry for entry, _ in trace.of(Data)] == ENTRIES
    assert trace.of() == []


def test_what_was_appended_since_the_last_question_is_found_too() -> None:
    trace = Trace(HEADER, ENTRIES[:1])
    assert len(trace.of(LogLine)) == 1
    trace.entries += [ENTRIES[1], Entry(2000, "sentinel-3", LogLine(level="debug", text="x"))]
    assert [entry.time_us for entry, _ in trace.of(LogLine)] == [0, 2000]
    assert trace.of_kind("opinion-received") == [ENTRIES[1]]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda trace: pickle.loads(pickle.dumps(trace))]
)
def test_a_copy_finds_its_own_entries_and_is_equal(copied: Callable[[Trace], Trace]) -> None:
    trace = Trace(HEADER, list(ENTRIES))
    assert trace.of(LogLine)
    twin = copied(trace)
    assert twin == trace
    twin.entries = ENTRIES[1:]
    assert twin.of(LogLine) == []
    assert len(trace.of(LogLine)) == 1


def test_a_separator_of_lines_inside_of_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    line = '{"t":0,"node":"n","kind":"log","level":"notice","text":"a\u2028b\x85c"}'
    trace = read_trace(written(tmp_path, FIRST, line))
    assert trace.entries == [Entry(0, "n", LogLine(level="notice", text="a\u2028b\x85c"))]


LOG = '{"t":0,"node":"n","kind":"log","level":"notice","text":"x"}'


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "expected JSON: Expecting value"),
        ("{", "expected JSON"),
        ("[]", "expected a JSON object"),
        ("3", "expected a JSON object"),
        ("[" * 100_000, "expected a JSON object"),
        ('{"node":"n","kind":"log"}', "expected 't' with int, found None"),
        ('{"t":1.5,"node":"n","kind":"log"}', "expected 't' with int, found 1.5"),
        ('{"t":true,"node":"n","kind":"log"}', "expected 't' with int, found True"),
        ('{"t":0,"node":3,"kind":"log"}', "expected 'node' with str, found 3"),
        ('{"t":0,"node":"n"}', "expected 'kind' with str, found None"),
        ('{"t":0,"node":"n","kind":"dance"}', "unknown kind of record 'dance'"),
        ('{"t":0,"node":"n","kind":"log","level":"x"}', "record 'log'"),
        (LOG[:-1] + ',"more":1}', "record 'log' has no field 'more'"),
        (LOG.replace('"x"', "7"), "log.text: expected str, found 7"),
        (LOG.replace('"x"', "9" * 5000), "integer string conversion"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(tmp_path: Path, line: str, problem: str) -> None:
    path = written(tmp_path, FIRST, LOG, line)
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    text = str(caught.value)
    assert text.startswith(f"{path}, line 3: ")
    assert problem in text


def votes_line(votes: Any) -> str:
    fields = {"master": "m", "epoch": 1, "votes": votes, "voters": 1, "quorum": 1, "needed": 1}
    return json.dumps({"t": 0, "node": "n", "kind": "votes-counted", **fields, "winner": ""})


@pytest.mark.parametrize(
    ("votes", "problem"),
    [
        ("a", "votes-counted.votes: expected a list, found 'a'"),
        ([["a"]], "votes-counted.votes: expected 2 items, found 1"),
        ([["a", "b"]], "votes-counted.votes: expected int, found 'b'"),
        ([["a", True]], "votes-counted.votes: expected int, found True"),
    ],
)
def test_lists_are_checked_item_by_item(tmp_path: Path, votes: Any, problem: str) -> None:
    with pytest.raises(TraceError, match=problem):
        read_trace(written(tmp_path, FIRST, votes_line(votes)))


@pytest.mark.parametrize(
    "first",
    [
        "",
        "nonsense",
        "[]",
        '{"format":"other","version":1}',
        FIRST.replace('"version":1', '"version":2'),
        FIRST.replace('"seed":7', '"seed":"7"'),
        FIRST.replace('"seed":7', '"seed":1e999'),
        FIRST.replace('"seed":7', '"seed":' + "9" * 5000),
        FIRST.replace('{"quorum":2}', "[]"),
        FIRST.replace('"scenario":"s",', ""),
        "[" * 100_000,
    ],
)
def test_a_header_that_cannot_be_understood_is_refused(tmp_path: Path, first: str) -> None:
    with pytest.raises(TraceError, match="line 1: expected a header line with format"):
        read_trace(written(tmp_path, first, LOG))


def test_an_empty_file_and_one_without_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="line 1: expected a header line"):
        read_trace(written(tmp_path))
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TraceError, match="expected a trace in JSON Lines"):
        read_trace(tmp_path / "b")
    with pytest.raises(OSError, match="missing"):
        read_trace(tmp_path / "missing")


def test_a_kind_is_registered_once() -> None:
    class Nameless(Data):
        pass

    class Again(Data):
        kind = "log"

    for cls in (Nameless, Again):
        with pytest.raises(ValueError, match="is empty or taken"):
            record(cls)
    assert kinds()["log"] is LogLine
    with pytest.raises(UnknownKind):
        data_from_fields("dance", {})
