"""Traces on disk: JSON Lines, a versioned header first, then one entry a line; and the digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from minisentinel.files import write_atomically
from minisentinel.trace.entry import Entry, data_fields, data_from_fields
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


def _envelope(fields: dict[str, Any], key: str, wanted: type[T]) -> T:
    value = fields.pop(key, None)
    if type(value) is not wanted:
        raise ValueError(f"expected {key!r} with {wanted.__name__}, found {value!r}")
    return value


@dataclass(slots=True)
class Trace:
    """A header and the entries of a run, in order of time."""

    header: Header = field(default_factory=Header)
    entries: list[Entry] = field(default_factory=list)

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

    def of_kind(self, *kinds: str) -> list[Entry]:
        """The entries whose kind is one of `kinds`, in order."""
        return [entry for entry in self.entries if entry.data.kind in kinds]


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
