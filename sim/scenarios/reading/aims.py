"""Whom a fault may be aimed at: a verb that only some kinds of nodes can suffer names these.

What a name stands for may be known only when the run is at that point (who is the master then?),
but not what kind of node it is: so the wrong kind is refused when the file is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.scenario import Fault
from sim.scenarios.verbs import VERBS

__all__ = ["KINDS", "ROLE_KINDS", "check_aims"]

KINDS = {"redis": "a server", "sentinel": "a Sentinel", "client": "a client"}
"""The kinds of nodes, by the first word of their names."""

ROLE_KINDS = {
    "master": ("redis",),
    "masters": ("redis",),
    "replicas": ("redis",),
    "servers": ("redis",),
    "sentinels": ("sentinel",),
    "clients": ("client",),
    "speaker": ("sentinel",),
    "subject": ("redis", "sentinel"),
}
"""What those may be for whom a role stands."""

_SPEAKS = {"by": ("sentinel",), "about": ("redis", "sentinel")}
"""Who says anything, and about whom."""


def check_aims(
    file: ScenarioFile,
    fault: Fault,
    index: int,
    before: Sequence[Fault],
    groups: Mapping[str, Sequence[str]],
) -> None:
    """Raises `ScenarioError` for a node of a kind that this cannot be done to.

    `before` are the faults above, of which this one may use the names; `groups` are the nodes of
    boxes and sites. All names are known to stand for somebody.
    """
    verb = VERBS[fault.do]
    key = "nodes" if fault.nodes else "node"
    for name in fault.targets:
        if verb.joins and not _kind_of(name):
            expected = "expected the name of a node that is not there yet, such as sentinel-9"
            raise file.error("faults", key, f"{expected}; found {name!r}", index)
        _check(file, index, key, name, verb.aims, f"{fault.do!r}", before, groups)
    if verb.joins and fault.to:
        _check(file, index, "to", fault.to, verb.aims, f"{fault.do!r}", before, groups)
    for condition, kinds in _SPEAKS.items():
        name = getattr(fault, condition)
        if name:
            _check(file, index, condition, name, kinds, f"{fault.when!r}", before, groups)


def _check(
    file: ScenarioFile,
    index: int,
    key: str,
    name: str,
    allowed: Sequence[str],
    what: str,
    before: Sequence[Fault],
    groups: Mapping[str, Sequence[str]],
) -> None:
    for kind in _kinds_of(name, before, groups):
        if kind not in allowed:
            expected = " or ".join(KINDS[each] for each in allowed)
            examples = ", ".join(f"{each}-1" for each in allowed)
            means = "is" if name.startswith(f"{kind}-") else "stands for"
            problem = (
                f"{what} concerns {expected}, and {name} {means} {KINDS[kind]}; "
                f"expected a node such as {examples}"
            )
            raise file.error("faults", key, problem, index)


def _kinds_of(
    name: str, before: Sequence[Fault], groups: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The kinds of all nodes that a name may stand for; () if nobody knows."""
    for number in range(len(before) - 1, -1, -1):
        fault = before[number]
        if fault.alias == name:
            hit = (*fault.targets, *(each for group in fault.groups for each in group))
            return _all_kinds(hit, before[:number], groups)
    if name in groups:
        return _all_kinds(groups[name], (), {})
    if name in ROLE_KINDS:
        return ROLE_KINDS[name]
    kind = _kind_of(name)
    return (kind,) if kind else ()


def _kind_of(name: str) -> str:
    """The kind of a single node, empty if that is no name of one."""
    kind, _, number = name.partition("-")
    return kind if kind in KINDS and number.isdigit() else ""


def _all_kinds(
    names: Sequence[str], before: Sequence[Fault], groups: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind for name in names for kind in _kinds_of(name, before, groups)))
