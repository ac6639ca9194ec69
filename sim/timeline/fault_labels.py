"""What faults are called in a picture: short, and once for many of the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sim.judge import Fault, Node

__all__ = ["FaultMark", "label_faults", "listed"]

_LONGEST = 76
_LONGEST_LIST = 40
_OFTEN = 3
"""What happens more often than this is labelled at its first time only."""

_TOLD_BY_DETAIL = frozenset({"command", "step_clock", "supervise", "break_disk"})
"""The detail of these verbs says what was done, and better than the verb."""


@dataclass(frozen=True, slots=True)
class FaultMark:
    """One or more faults of the same kind and time; `text` is empty for a repetition."""

    time_us: int
    text: str
    is_remedy: bool


def label_faults(faults: Sequence[Fault], nodes: Sequence[Node]) -> list[FaultMark]:
    """Faults of one kind at one time share a mark: ``kill redis-1, redis-2``.

    `nodes` are all that there ever are.
    """
    groups: dict[tuple[int, str, str], list[Fault]] = {}
    for fault in faults:
        said = fault.detail if fault.verb in _TOLD_BY_DETAIL or fault.verb == "block" else ""
        groups.setdefault((fault.time_us, fault.verb, said), []).append(fault)
    marks = [
        FaultMark(time_us, _text(verb, members, nodes), members[0].is_remedy)
        for (time_us, verb, _), members in groups.items()
    ]
    counts = Counter(mark.text for mark in marks)
    seen: set[str] = set()
    labelled = []
    for mark in marks:
        text, count = mark.text, counts[mark.text]
        if count > _OFTEN:
            text = "" if text in seen else f"{_cut(text)} ({count} times)"
        seen.add(mark.text)
        labelled.append(FaultMark(mark.time_us, _cut(text, _LONGEST + 12), mark.is_remedy))
    return labelled


def _text(verb: str, members: Sequence[Fault], nodes: Sequence[Node]) -> str:
    fault = members[0]
    if fault.verb == "point_name":
        return _cut("; ".join(each.detail for each in members))
    # What a remedy of the network ends is told by the fault before it.
    if fault.node == "network":
        detail = "" if fault.is_remedy else "; ".join(_sides(each, nodes) for each in members)
        return _cut(f"{verb.replace('_', ' ')} {detail}".strip())
    who = listed(dict.fromkeys(name for each in members for name in _hit(each)))
    if verb in _TOLD_BY_DETAIL:
        return _cut(f"{who}: {fault.detail}")
    lasting = re.fullmatch(r"busy (for .+)", fault.detail) if verb == "block" else None
    return _cut(f"{verb.replace('_', ' ')} {who}{f' {lasting[1]}' if lasting else ''}")


def _hit(fault: Fault) -> list[str]:
    """Whom a fault of a node hits: with its machine, all that run there."""
    of_host = re.fullmatch(r"host off: (.+)", fault.detail) if fault.verb == "power_off" else None
    return of_host[1].split(", ") if of_host else [fault.node]


def _sides(fault: Fault, nodes: Sequence[Node]) -> str:
    """The sides of a cut, the larger one as ``the rest`` if together they are all there is."""
    arrow = " -> " if " -> " in fault.detail else " | "
    sides = [side.split(", ") for side in fault.detail.split(arrow)]
    present = {node.name for node in nodes if node.started_us <= fault.time_us}
    if len(sides) == 2 and present == {name for side in sides for name in side}:
        large = 0 if len(sides[0]) > len(sides[1]) else 1
        told = [listed(side) for side in sides]
        told[large] = "the rest"
        return arrow.join(told)
    return arrow.join(listed(side) for side in sides)


def listed(names: Iterable[str]) -> str:
    """Names in a list, three or more neighbours as a range: ``redis-1 to 3, redis-7``.

    A long list ends in how many there are more.
    """
    names = list(names)
    parts = [
        (match[1], int(match[2])) if (match := _NUMBERED.match(name)) else (name, None)
        for name in names
    ]
    told: list[str] = []
    runs = groupby(enumerate(parts), lambda each: (each[1][0], (each[1][1] or 0) - each[0]))
    for (stem, _), run in runs:
        numbers = [number for _, (_, number) in run]
        if len(numbers) > 2:
            told.append(f"{stem}{numbers[0]} to {numbers[-1]}")
        else:
            told += [stem if number is None else f"{stem}{number}" for number in numbers]
    kept = len(told)
    while kept > 2 and len(", ".join(told[:kept])) > _LONGEST_LIST:
        kept -= 1
    if kept == len(told) - 1:
        kept += 1  # To say that there is one more takes as much room as to say which.
    more = f" and {len(told) - kept} more" if kept < len(told) else ""
    return ", ".join(told[:kept]) + more


_NUMBERED = re.compile(r"(.*?)(\d+)$")


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
