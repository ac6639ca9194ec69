"""Runs of a scenario, recorded or simulated, in one form; and how the recorded ones are read.

A recording is a text file of lines with tabs. First come the settings, a name and a value each;
then, for each run, ``run`` and its number, and one line for each thing that happened: milliseconds
from the fault (whole, rounded down), who, what sort of line, event, payload.
``tests/reference/README.md`` says more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "LEVELS",
    "RECORDINGS",
    "Moment",
    "Recording",
    "RecordingError",
    "Run",
    "read",
    "read_all",
]

RECORDINGS = Path(__file__).resolve().parents[2] / "tests" / "reference" / "recordings"

LEVELS = {".": "debug", "-": "verbose", "*": "notice", "#": "warning"}
"""How the log of a Sentinel marks the level of a line."""


class RecordingError(ValueError):
    """A file is no recording; the text says where and what was expected."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened `time_ms` after the fault.

    `sort` is a level of `LEVELS` for what the Sentinel `who` logged, ``node`` for a line of a
    server, ``act`` and ``wait`` for what was done to the deployment, ``ask`` for a command.
    """

    time_ms: int
    who: str
    sort: str
    event: str
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run, in order of time; `number` is that of the recording, or the seed."""

    number: int
    moments: tuple[Moment, ...]

    def events(self, sentinel: str) -> list[Moment]:
        """What `sentinel` logged as events, in order."""
        return [
            each
            for each in self.moments
            if each.who == sentinel and each.sort in LEVELS and each.event[0] in "+-"
        ]

    @property
    def acts(self) -> list[Moment]:
        """What was done to the deployment."""
        return [each for each in self.moments if each.sort == "act"]

    @property
    def promoted(self) -> list[str]:
        """The servers that became the master, in order."""
        found = [each for each in self.moments if each.event == "+promoted-slave"]
        return list(dict.fromkeys(each.payload.split()[3] for each in found))


@dataclass(frozen=True, slots=True)
class Recording:
    """A scenario: its settings, in Sentinel's own units, and the recorded runs."""

    scenario: str
    about: str
    sentinels: int
    replicas: int
    quorum: int
    down_after_ms: int
    failover_timeout_ms: int
    parallel_syncs: int
    replica_priorities: tuple[int, ...]
    runs: tuple[Run, ...] = field(repr=False)


def read_all(folder: Path = RECORDINGS) -> list[Recording]:
    """Every recording of a folder, by name."""
    return [read(path) for path in sorted(folder.glob("*.txt"))]


def read(path: Path) -> Recording:
    """One recording; raises `RecordingError` naming file and line."""
    settings: dict[str, str] = {}
    runs: list[tuple[int, list[Moment]]] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            cells = line.rstrip("\n").split("\t")
            if line.startswith("#") or not line.strip():
                continue
            try:
                if cells[0] == "run":
                    runs.append((int(cells[1]), []))
                elif not runs:
                    settings[cells[0]] = cells[1]
                else:
                    runs[-1][1].append(Moment(int(cells[0]), *cells[1:]))
            except (IndexError, TypeError, ValueError):
                raise RecordingError(
                    f"{path.name}, line {number}: expected a setting, a run or a moment, its cells "
                    "parted by tabs"
                ) from None
    try:
        return Recording(
            scenario=settings["scenario"],
            about=settings["about"],
            sentinels=int(settings["sentinels"]),
            replicas=int(settings["replicas"]),
            quorum=int(settings["quorum"]),
            down_after_ms=int(settings["down-after-milliseconds"]),
            failover_timeout_ms=int(settings["failover-timeout"]),
            parallel_syncs=int(settings["parallel-syncs"]),
            replica_priorities=tuple(map(int, settings.get("replica-priorities", "").split())),
            runs=tuple(Run(each, tuple(moments)) for each, moments in runs),
        )
    except (KeyError, ValueError) as problem:
        raise RecordingError(
            f"{path.name}: setting {problem}: expected it above the runs"
        ) from None
