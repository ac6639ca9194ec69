"""Where the time of a simulated deployment goes, by the parts of the program.

Measured by `cProfile`, whose clock costs most where functions are small, so the shares are rough.
What is built into Python counts for the part that calls it.
"""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final

from benchmarks.deployments import STORIES, live

__all__ = ["breakdown", "lines"]

_PARTS: Final = (
    ("sim/kernel", "kernel: queue and clock"),
    ("sim/network", "network: sending and arriving"),
    ("sim/process", "processes: steps and timers"),
    ("sim/sentinels", "Sentinel node: driving the core, ticks left out"),
    ("minisentinel/driver", "Sentinel node: driving the core, ticks left out"),
    ("minisentinel/core", "protocol core"),
    ("minisentinel/service", "service: commands of other Sentinels"),
    ("minisentinel/config", "configuration files"),
    ("minisentinel/words", "configuration files"),
    ("sim/redis", "Redis nodes"),
    ("sim/trace", "trace"),
    ("minisentinel/trace", "trace"),
)


def _part(file: str) -> str | None:
    path = PurePath(file).as_posix()
    return next((title for place, title in _PARTS if place in path), None)


def breakdown(name: str, pieces: int) -> dict[str, float]:
    """The share of each part in the CPU time of a story, from large to small."""
    profile = cProfile.Profile()
    for piece, _ in live(STORIES[name], pieces):
        profile.runcall(piece)
    spent: Counter[str] = Counter()
    # file, line, name -> calls, primitive calls, own time, time, the same four by caller
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        part = _part(file)
        if part is not None:
            spent[part] += own
            continue
        for (caller, _, _), (_, _, own_for_caller, _) in callers.items():
            spent[_part(caller) or "all else"] += own_for_caller
    total = sum(spent.values())
    return {part: own / total for part, own in spent.most_common()}


def lines(name: str, pieces: int) -> Iterator[str]:
    """The breakdown as a table."""
    shares = breakdown(name, pieces)
    width = max(map(len, shares))
    yield f"| {STORIES[name].title.ljust(width)} | share |"
    yield f"| {'-' * width} | ----: |"
    for part, share in shares.items():
        yield f"| {part.ljust(width)} | {share:5.0%} |"
