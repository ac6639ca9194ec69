"""Traces on disk: JSON Lines, a versioned header first, then one entry a line; and the digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from minisentinel.files import write_atomically
from minisentinel.trace.entry import Data, Entry, data_fields, data_from_fields
from minisentinel.trace.showing import trace_html

__all__ = ["FORMAT", "VERSION", "Header", "Trace", "TraceError", "read_trace", "write_trace"]

FORMAT = "minisentinel-trace"
VERSION = 1


class TraceError(ValueError):
    """A trace file cannot be understood; the message names file, line and what was expected."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a run was: not part of the digest, so that two routes to one run compare equal.

    `started_at_ms` is the wall clock (Unix milliseconds) at time zero of the run.
    """

    scenario: str = ""
    seed: int = 0
    started_at_ms: int = 0
    settings: dict[str, Any] = field(default_factory=dict)


def encode_entry(entry: Entry) -> str:
    """The canonical line of an entry: fixed key order, no spaces, ASCII."""
    line: dict[str, Any] = {"t": entry.time_us, "node": entry.node, "kind": entry.data.kind}
    line.update(data_fields(entry.data))
    return json.dumps(line, separators=(",", ":"), ensure_ascii=True)


def decode_entry(line: str) -> Entry:
    """The entry of a line; raises ValueError saying what was expected."""
    try:
        fields = json.loads(line)
    except RecursionError:
        raise ValueError("expected a JSON object, found lists within lists without end") from None
    if not isinstance(fields, dict):
        raise ValueError("expected a JSON object")
    time_us = _envelope(fields, "t", int)
    node = _envelope(fields, "node", str)
    kind = _envelope(fields, "kind", str)
    return Entry(time_us, node, data_from_fields(kind, fields))


T = TypeVar("T")
D = TypeVar("D", bound=Data)


def _envelope(fields: dict[str, Any], key: str, wanted: type[T]) -> T:
    value = fields.pop(key, None)
    if type(value) is not wanted:
        raise ValueError(f"expected {key!r} with {wanted.__name__}, found {value!r}")
    return value


@dataclass(slots=True)
class Trace:
    """A header and the entries of a run, in order of time.

    A trace only ever grows. It is asked again and again for the few entries of some class, and
    keeps a list of the places of each class, which it brings up to date whenever it is asked.
    """

    header: Header = field(default_factory=Header)
    entries: list[Entry] = field(default_factory=list)
    _places: dict[type[Data], list[int]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _placed: int = field(default=0, init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        scenario = self.header.scenario or "no scenario"
        return f"<Trace of {scenario}, seed {self.header.seed}: {len(self.entries)} entries>"

    def _repr_html_(self) -> str:
        return trace_html(self)

    def digest(self) -> str:
        """SHA-256 over the canonical lines of all entries, as hexadecimal text."""
        total = hashlib.sha256()
        for entry in self.entries:
            total.update(encode_entry(entry).encode("ascii"))
            total.update(b"\n")
        return total.hexdigest()

    def of(self, *classes: type[D]) -> list[tuple[Entry, D]]:
        """The entries whose data is of one of these classes, in order, each with its data."""
        places = [at for cls, at in self._index().items() if issubclass(cls, classes)]
        found: list[tuple[Entry, Any]] = [(entry, entry.data) for entry in self._at(places)]
        return found

    def of_kind(self, *kinds: str) -> list[Entry]:
        """The entries whose kind is one of `kinds`, in order."""
        return self._at([at for cls, at in self._index().items() if cls.kind in kinds])

    def __reduce__(self) -> tuple[type[Trace], tuple[Header, list[Entry]]]:
        # A copy finds out the places by itself: its entries may become others.
        return Trace, (self.header, self.entries)

    def _index(self) -> dict[type[Data], list[int]]:
        """Where the entries of each class are, those included that were appended lately."""
        places, entries = self._places, self.entries
        for place in range(self._placed, len(entries)):
            cls = type(entries[place].data)
            if cls in places:
                places[cls].append(place)
            else:
                places[cls] = [place]
        self._placed = len(entries)
        return places

    def _at(self, places: list[list[int]]) -> list[Entry]:
        in_order = places[0] if len(places) == 1 else sorted(chain.from_iterable(places))
        return [self.entries[place] for place in in_order]


def trace_lines(trace: Trace) -> Iterable[str]:
    """The lines of the file, the header first, each with its newline."""
    header = trace.header
    yield (
        json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "scenario": header.scenario,
                "seed": header.seed,
                "started_at_ms": header.started_at_ms,
                "settings": header.settings,
            },
            separators=(",", ":"),
        )
        + "\n"
    )
    for entry in trace.entries:
        yield encode_entry(entry) + "\n"


def write_trace(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Write `trace` to `path`: to a temporary name beside it, then renamed. Raises OSError."""
    write_atomically(path, "".join(trace_lines(trace)).encode("ascii"))


def read_trace(path: str | os.PathLike[str]) -> Trace:
    """Read a trace file. Raises OSError, or `TraceError` naming the file and the line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TraceError(
            f"{path}: expected a trace in JSON Lines, found bytes that are no text"
        ) from None
    # Not `splitlines`: JSON may hold other separators of lines as they are.
    lines = text.removesuffix("\n").split("\n")
    header = _read_header(path, lines)
    entries: list[Entry] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            entries.append(decode_entry(line))
        except json.JSONDecodeError as problem:
            raise TraceError(f"{path}, line {number}: expected JSON: {problem.msg}") from None
        except ValueError as problem:
            raise TraceError(f"{path}, line {number}: {problem}") from None
    return Trace(header, entries)


def _read_header(path: str | os.PathLike[str], lines: Sequence[str]) -> Header:
    expected = f"expected a header line with format {FORMAT!r} and version {VERSION}"
    try:
        fields = json.loads(lines[0])
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise TraceError(f"{path}, line 1: {expected}")
    if fields.get("version") != VERSION:
        raise TraceError(f"{path}, line 1: {expected}, found version {fields.get('version')!r}")
    try:
        return Header(
            scenario=_envelope(fields, "scenario", str),
            seed=_envelope(fields, "seed", int),
            started_at_ms=_envelope(fields, "started_at_ms", int),
            settings=_envelope(fields, "settings", dict),
        )
    except ValueError as problem:
        raise TraceError(f"{path}, line 1: {expected}; {problem}") from None
