"""The report of a campaign: what all of its runs together say, as Markdown and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minisentinel.files import write_atomically
from sim.invariants.coverage import Coverage
from sim.scenarios.events import EVENT_NAMES
from sim.search.soak.runs import Failure, RunRecord

__all__ = ["Part", "Summary", "summarize", "write_report"]


@dataclass(frozen=True, slots=True)
class Part:
    """What is kept of the runs of other code: how many, how long, what nothing explained."""

    code: str
    runs: int
    virtual_hours: float
    failures: tuple[tuple[int, Failure], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All runs of one code together; `code` is its fingerprint, and `others` are those of other.

    `faults` counts what was done, by verb; `seen` in how many runs each thing that can happen did,
    in the tables of `sim.invariants.coverage.Coverage`, and `often` how often in all;
    `peculiarities` in how many runs each of them explained something; `failures` are what nothing
    explains, by the number of the story.
    """

    runs: int
    kinds: Mapping[str, int]
    virtual_hours: float
    entries: int
    faults: Mapping[str, int]
    seen: Mapping[str, Mapping[str, int]]
    often: Mapping[str, int]
    peculiarities: Mapping[str, int]
    failures: tuple[tuple[int, Failure], ...]
    code: str = ""
    others: tuple[Part, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The summary as a JSON object."""
        return dataclasses.asdict(self)


def summarize(
    records: Iterable[RunRecord],
    *,
    code: str = "",
    others: Mapping[str, Mapping[int, RunRecord]] | None = None,
) -> Summary:
    """The summary of some runs of a `code`, the same in whatever order they were finished.

    `others` are the runs of other code, by its fingerprint.
    """
    runs = sorted(records, key=lambda record: record.number)
    faults, peculiarities = Counter[str](), Counter[str]()
    coverage = Coverage(EVENT_NAMES)
    for record in runs:
        faults.update(record.faults)
        coverage.note(record.seen)
        peculiarities.update(record.peculiarities)
    return Summary(
        runs=len(runs),
        kinds=dict(sorted(Counter(record.kind for record in runs).items())),
        virtual_hours=_hours(runs),
        entries=sum(record.entries for record in runs),
        faults=dict(faults.most_common()),
        seen=coverage.counts(),
        often=dict(sorted(coverage.often.items())),
        peculiarities=dict(peculiarities.most_common()),
        failures=_failures(runs),
        code=code,
        others=tuple(
            Part(each, len(found), _hours(found.values()), _failures(found.values()))
            for each, found in (others or {}).items()
        ),
    )


def _hours(runs: Iterable[RunRecord]) -> float:
    return round(sum(record.virtual_us for record in runs) / 3.6e9, 3)


def _failures(runs: Iterable[RunRecord]) -> tuple[tuple[int, Failure], ...]:
    ordered = sorted(runs, key=lambda record: record.number)
    return tuple((record.number, each) for record in ordered for each in record.failures)


def write_report(summary: Summary, folder: str | Path) -> None:
    """Write ``report.md`` and ``report.json`` into `folder`. Raises OSError."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(_markdown(summary)) + "\n"
    write_atomically(folder / "report.md", text.encode())
    write_atomically(
        folder / "report.json", json.dumps(summary.to_json(), indent=1).encode() + b"\n"
    )


def _markdown(summary: Summary) -> list[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in summary.kinds.items())
    lines = [
        "# Soak",
        "",
        f"- {summary.runs} runs ({kinds or 'none'})",
        f"- {summary.virtual_hours:.2f} virtual hours ({summary.virtual_hours * 60:.0f} minutes)",
        f"- {sum(summary.faults.values())} faults",
        f"- {summary.entries} entries of traces",
        f"- {len(summary.failures)} violations that nothing explains",
        *([f"- code {summary.code}"] if summary.code else []),
        "",
        "## Violations",
        "",
    ]
    for number, failure in summary.failures:
        lines += [f"- story {number}: {failure.reason}", f"  `{failure.command}`"]
    if not summary.failures:
        lines.append("None that is not explained.")
    lines += _others(summary.others)
    lines += ["", "## Explained by peculiarities", ""]
    lines += _counts(("peculiarity", "runs"), summary.peculiarities)
    lines += ["", "## Faults", "", *_counts(("fault", "times"), summary.faults)]
    lines += ["", "## What happened", "", "In how many runs, and how often in all."]
    for title, table in summary.seen.items():
        witnessed = sum(count > 0 for count in table.values())
        lines += ["", f"### {title.capitalize()}: {witnessed} of {len(table)}", ""]
        lines += ["| | runs | times |", "|---|---:|---:|"]
        lines += [
            f"| `{name}` | {runs} | {summary.often.get(name, 0)} |" for name, runs in table.items()
        ]
    return lines


def _others(parts: Iterable[Part]) -> list[str]:
    """What was run by other code: a row for each."""
    rows = [
        f"| {each.code} | {each.runs} | {each.virtual_hours * 60:.0f} | {len(each.failures)} |"
        for each in parts
    ]
    if not rows:
        return []
    told = "These runs were made before the code was changed, and are not counted above or below."
    head = ["| code | runs | virtual minutes | violations |", "|---|---:|---:|---:|"]
    return ["", "## Other code", "", told, "", *head, *rows]


def _counts(headings: tuple[str, str], counts: Mapping[str, int]) -> list[str]:
    if not counts:
        return ["None."]
    rows = [f"| {name} | {count} |" for name, count in counts.items()]
    return [f"| {headings[0]} | {headings[1]} |", "|---|---:|", *rows]
