"""The journal of a campaign: a line of JSON for each finished run, on disk before it counts.

The first line says what the campaign is. Lines are appended and flushed to the disk one by one, so
that a campaign that is killed has lost only the runs that were under way; a last line that is not
whole never counts, and is cut off when the campaign goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sim.search.soak.runs import KIND_ORDER, RunRecord

__all__ = ["Journal", "JournalError"]

FORMAT = {"journal": "minisentinel-soak", "version": 2, "kinds": list(KIND_ORDER)}


class JournalError(ValueError):
    """A file is no journal of such a campaign; the text says what was expected."""


class Journal:
    """The journal at `path`, which is made if it is not there; `records` are those it holds.

    Raises `JournalError` and OSError.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.records: dict[int, RunRecord] = {}
        good = 0
        if self.path.exists():
            good = self._read(self.path.read_bytes())
        self._file: BinaryIO = open(self.path, "r+b" if good else "wb")  # noqa: SIM115
        self._file.truncate(good)
        self._file.seek(good)
        if not good:
            self._write(FORMAT)

    def _read(self, content: bytes) -> int:
        """Take in all whole lines; returns how many bytes they have."""
        good = 0
        for number, line in enumerate(content.splitlines(keepends=True)):
            if not line.endswith(b"\n"):
                break
            try:
                found = json.loads(line)
                if number == 0:
                    self._check(found)
                else:
                    record = RunRecord.from_json(found)
                    self.records[record.number] = record
            except (ValueError, KeyError, TypeError) as problem:
                if isinstance(problem, JournalError):
                    raise
                raise JournalError(
                    f"{self.path}, line {number + 1}: expected a run of a campaign: {problem}"
                ) from None
            good += len(line)
        return good

    def _check(self, found: object) -> None:
        if found != FORMAT:
            raise JournalError(
                f"{self.path}: expected a journal that begins with {json.dumps(FORMAT)}; choose "
                "another folder, or remove this one"
            )

    def append(self, record: RunRecord) -> None:
        """Write a run down; when this returns, it is on the disk."""
        self._write(record.to_json())
        self.records[record.number] = record

    def missing(self) -> Iterator[int]:
        """The numbers of the stories that have not been run yet, from 0 on, without end."""
        number = 0
        while True:
            if number not in self.records:
                yield number
            number += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, found: object) -> None:
        self._file.write(json.dumps(found, separators=(",", ":")).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
