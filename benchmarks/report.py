"""The table of the results, as Markdown that is readable as plain text."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence

from benchmarks.measure import Result
from benchmarks.rows import FLOOR

__all__ = ["bars", "machine", "table"]

_HEADER = ("workload", "contestant", "events", "events/s", "of floor", "memory", "spread")


def table(results: Sequence[Result]) -> Iterator[str]:
    """The lines of the table, the contestants of a workload from fast to slow."""
    cells = [_HEADER]
    for workload in dict.fromkeys(result.workload for result in results):
        group = [result for result in results if result.workload == workload]
        for result in sorted(group, key=lambda result: -result.speed):
            ratio = _ratio(result, results)
            cells.append(
                (
                    workload.replace("_", "-"),
                    result.row.title,
                    f"{result.events:,}",
                    f"{result.speed:,.0f}",
                    "" if ratio is None else f"{ratio:.3f}",
                    f"{result.memory_bytes / 2**20:,.1f} MiB",
                    f"{result.spread:.0%}",
                )
            )
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADER))]
    for number, line in enumerate(cells):
        left = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
        yield f"| {' | '.join(left + right)} |"
        if number == 0:
            rules = ["-" * width for width in widths]
            yield f"| {' | '.join(rules[:2] + [rule[:-1] + ':' for rule in rules[2:]])} |"


def machine() -> str:
    """What was measured on, in general terms."""
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()},"
        f" {os.cpu_count()} cores"
    )


def _ratio(result: Result, results: Sequence[Result]) -> float | None:
    for other in results:
        if other.row is FLOOR and other.workload == result.workload:
            return result.ratio_to(other)
    return None


_BARS = (
    ("timers", "kernel", 0.60),
    ("ping_pong", "kernel", 0.60),
    ("sleepers", "virtual_loop", 0.13),
)


def bars(results: Sequence[Result]) -> Iterator[tuple[bool, str]]:
    """Each thing that we promise of our speed: whether it held, and what it is."""
    by_key = {(result.workload, result.row.module): result for result in results}
    for workload, module, bar in _BARS:
        result = by_key.get((workload, module))
        ratio = None if result is None else _ratio(result, results)
        if result is not None and ratio is not None:
            yield (
                ratio >= bar,
                f"{workload}, {result.row.title}: {ratio:.3f} of the floor, bar {bar}",
            )
    ours = by_key.get(("sleepers", "virtual_loop"))
    peers = [
        result
        for result in results
        if result.workload == "sleepers" and result.row.is_asyncio and result is not ours
    ]
    if ours is not None and peers:
        best = max(peers, key=lambda result: result.speed)
        factor = ours.ratio_to(best)
        yield factor > 1, f"sleepers, {factor:.2f} times the best asyncio peer ({best.row.title})"
