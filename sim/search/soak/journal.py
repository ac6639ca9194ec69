"""The journal of campaigns: a line of JSON for each finished run, on disk before it counts.

The first line says what the file is. Then each campaign begins with a line that says which code
runs and for how long, has a line for each of its runs, and a last one that says why it is over. One
without that was killed, and can be gone on with. Lines are appended and flushed to the disk one by
one, so that a campaign that is killed has lost only the runs that were under way; a last line that
is not whole never counts, and is cut off when the next campaign begins.

Runs of other code are kept, apart: a story that code before a change has passed is run again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from sim.search.soak.runs import KIND_ORDER, RunRecord

__all__ = ["Journal", "JournalError"]

FORMAT = {"journal": "minisentinel-soak", "version": 3, "kinds": list(KIND_ORDER)}


class JournalError(ValueError):
    """A file is no journal of such a campaign; the text says what was expected."""


class Journal:
    """The journal at `path`, which is made if it is not there, for runs of `code`.

    `records` are the runs of that code by their numbers, `others` those of other code by its
    fingerprint, in the order in which they came. Raises `JournalError` and OSError.
    """

    def __init__(self, path: str | Path, code: str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.code = code
        self._runs: dict[str, dict[int, RunRecord]] = {}
        self._running = ""
        self._minutes = 0.0
        self._seconds: float | None = None
        good = 0
        if self.path.exists():
            good = self._read(self.path.read_bytes())
        self.records = self._runs.pop(code, {})
        self.others: Mapping[str, Mapping[int, RunRecord]] = self._runs
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
                    self._take(found)
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

    def _take(self, found: dict[str, Any]) -> None:
        """Take in one line, whatever it is."""
        if "campaign" in found:
            self._running = str(found["campaign"]["code"])
            self._minutes = float(found["campaign"]["minutes"])
            self._seconds = float(found["campaign"]["seconds"])
        elif "over" in found:
            self._seconds = None
        else:
            record = RunRecord.from_json(found["run"])
            self._runs.setdefault(self._running, {})[record.number] = record
            self._seconds = float(found["seconds"])

    def done_of(self, minutes: float) -> float:
        """How many seconds of these `minutes` a campaign has done that was killed; 0 if none was.

        It must have been one of the same code, and for as long.
        """
        if self._seconds is None or (self._running, self._minutes) != (self.code, minutes):
            return 0.0
        return self._seconds

    def begin(self, minutes: float, seconds: float = 0.0) -> None:
        """Write down that a campaign for so many minutes begins, or goes on after `seconds`."""
        self._write({"campaign": {"code": self.code, "minutes": minutes, "seconds": seconds}})

    def append(self, record: RunRecord, seconds: float) -> None:
        """Write down a run that was finished when the campaign had lasted for so many seconds.

        When this returns, it is on the disk.
        """
        self._write({"run": record.to_json(), "seconds": round(seconds, 1)})
        self.records[record.number] = record

    def end(self, why: str) -> None:
        """Write down that the campaign is over, as it should be."""
        self._write({"over": why})

    def missing(self, first: int = 0) -> Iterator[int]:
        """The numbers of the stories that this code has not run yet, from `first` on, endless."""
        number = first
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
