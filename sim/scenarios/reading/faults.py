"""The tables ``[[faults]]``: what is done, to whom, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sim.network.latency import Constant, Latency, Uniform
from sim.scenarios.reading.aims import check_aims
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import (
    BOOLEAN,
    COMMAND,
    DELAY,
    EVENT,
    GROUPS,
    MEGABITS,
    NAME,
    NAMES,
    PARTS_PER_MILLION,
    POSITIVE_SECONDS,
    SECONDS,
    SHARE,
    SIGNED_SECONDS,
    Kind,
    choice,
    whole_from,
)
from sim.scenarios.reading.tables import Key, Table, array_of_tables
from sim.scenarios.scenario import Fault, Repetition
from sim.scenarios.verbs import VERBS

__all__ = ["FAULTS", "NODE", "ROLES", "WHEN", "read_faults"]

NODE = re.compile(r"(redis|sentinel|client)-[1-9][0-9]*")

ROLES = {
    "master": "the server that most living Sentinels name at that moment",
    "masters": "the masters of all groups of servers, where there are several",
    "replicas": "all other servers",
    "servers": "all servers",
    "sentinels": "all Sentinels",
    "clients": "all clients",
    "speaker": "the Sentinel that said what this fault, or the last one with `when`, waited for",
    "subject": "the node that it said it about",
}
"""Names that stand for nodes, and for whom."""


def _factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 10**6:
        raise ValueError
    return float(value)


CALM = "calm"
WHEN = Kind(
    f"an event such as +odown, or {CALM}",
    lambda value: value if value == CALM else EVENT.read(value),
)

FACTOR = Kind("a number, 1 or more", _factor)

FAULTS = Table(
    "faults",
    "What happens, in order: one table for each fault.",
    (
        Key("do", choice(tuple(VERBS)), "what is done, a verb of the list below", required=True),
        Key("at", SECONDS, "when: seconds since the start of the run"),
        Key("after", SECONDS, "when: seconds since the fault before, or since what `when` names"),
        Key(
            "when",
            WHEN,
            "when: as soon as a Sentinel says so after the fault before; `calm`: as soon as all "
            "has been well for a while",
        ),
        Key("by", NAME, "only if this node says so", "any Sentinel"),
        Key("about", NAME, "only if it is said about this node", "anybody"),
        Key("nth", whole_from(1), "the how manieth time that it is said", "1"),
        Key(
            "at-once",
            BOOLEAN,
            "in the instant in which it is said, not at the next look within a tenth of a second",
            "false",
        ),
        Key(
            "within",
            POSITIVE_SECONDS,
            "if it is not said within so many seconds, the fault is left out",
            "the patience of the run, and then the run has failed",
        ),
        Key("node", NAME, "the node that is hit, by its name or role"),
        Key("nodes", NAMES, "the nodes that are hit, if several are"),
        Key("groups", GROUPS, "the groups of nodes between which something happens"),
        Key("to", NAME, "another node: whom `hold` is about, whom `add` puts a node beside, …"),
        Key("seconds", SIGNED_SECONDS, "how long; negative only where a clock is set back"),
        Key("milliseconds", DELAY, "the one-way delay of a message"),
        Key("loss", SHARE, "the share of packets that get lost; 0: none any more"),
        Key("megabits-per-second", MEGABITS, "what a path carries in each direction"),
        Key("name", NAME, "a host name, one of `[names]`"),
        Key("parts-per-million", PARTS_PER_MILLION, "by how much a clock runs too fast"),
        Key("busy-milliseconds", DELAY, "how long a host stands still"),
        Key("free-milliseconds", DELAY, "how long it runs until it stands still again"),
        Key("factor", FACTOR, "how many times as long something takes; 1: as ever"),
        Key("keep-data", BOOLEAN, "whether a server finds its data again", "true"),
        Key("one-way", BOOLEAN, "whether only one direction is cut", "false"),
        Key("words", COMMAND, 'a command, such as `"SENTINEL FAILOVER mymaster"`'),
        Key("as", NAME, "a name for this fault and for the nodes that were hit"),
        Key("every", POSITIVE_SECONDS, "again and again, with so many seconds between"),
        Key("jitter", SECONDS, "each of these pauses is up to that much longer or shorter", "0"),
        Key(
            "spread",
            choice(("even", "exponential")),
            "`exponential`: the pauses are random, and `every` is their mean",
            "even",
        ),
        Key("times", whole_from(2), "how often it happens in all"),
        Key("until", SECONDS, "the second of the run after which it happens no more"),
    ),
    many=True,
)

_MOMENT = ("at", "when", "after")
_CONDITION = ("by", "about", "nth", "at-once", "within")
_REPEAT = ("every", "jitter", "spread", "times", "until")


def read_faults(
    file: ScenarioFile,
    document: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]] = MappingProxyType({}),
    host_names: Sequence[str] = (),
) -> tuple[Fault, ...]:
    """Every fault; `groups` are the nodes of boxes and sites, `host_names` the names of hosts."""
    faults: list[Fault] = []
    now: float | None = 0.0
    for index, table in enumerate(array_of_tables(file, document, "faults")):
        fault = _fault(file, table, index)
        now = _moment_of(file, fault, index, now)
        _check_names(file, fault, index, faults, tuple(groups))
        check_aims(file, fault, index, faults, groups)
        if fault.host_name and fault.host_name not in host_names:
            known = ", ".join(host_names) or "none are given"
            problem = f"expected a name of [names] ({known}), found {fault.host_name!r}"
            raise file.error("faults", "name", problem, index)
        faults.append(fault)
    return tuple(faults)


def _fault(file: ScenarioFile, table: Mapping[str, Any], index: int) -> Fault:
    do: str = FAULTS.keys[0].kind.read(_verb_of(file, table, index))
    verb = VERBS[do]
    aimed = ("nodes",) if "node" in verb.needs else ()
    known = ("do", *_MOMENT, *_CONDITION, *verb.needs, *aimed, *verb.may, "as", *_REPEAT)
    found = FAULTS.read(file, table, index, known=known)
    for key in verb.needs:
        if key not in found and not (key == "node" and "nodes" in found):
            raise file.error("faults", key, f"missing; {do!r} needs it", index)
    if "node" in found and "nodes" in found:
        raise file.error("faults", "nodes", "expected either 'node' or this", index)
    _check_moment(file, found, index)
    seconds: float = found.get("seconds", 0.0)
    if seconds < 0 and do != "step_clock":
        problem = f"expected {SECONDS.expected}, found {table['seconds']!r}"
        raise file.error("faults", "seconds", problem, index)
    latency = found.get("milliseconds")
    return Fault(
        do=do,
        at=found.get("at"),
        after=found.get("after", 0.0),
        when=found.get("when", ""),
        node=found.get("node", ""),
        alias=found.get("as", ""),
        groups=found.get("groups", ()),
        seconds=seconds,
        keep_data=found.get("keep-data", True),
        nodes=found.get("nodes", ()),
        by=found.get("by", ""),
        about=found.get("about", ""),
        nth=found.get("nth", 1),
        at_once=found.get("at-once", False),
        within=found.get("within"),
        repeat=_repetition(file, found, index),
        words=found.get("words", ()),
        to=found.get("to", ""),
        milliseconds=_range(latency),
        latency=latency,
        loss=found.get("loss", 0.0),
        megabits_per_second=found.get("megabits-per-second", 0.0),
        host_name=found.get("name", ""),
        parts_per_million=found.get("parts-per-million", 0.0),
        busy=found.get("busy-milliseconds"),
        free=found.get("free-milliseconds"),
        factor=found.get("factor", 1.0),
        one_way=found.get("one-way", False),
    )


def _range(latency: Latency | None) -> tuple[float, float]:
    """The lowest and the highest delay in milliseconds, of a distribution that has them."""
    if isinstance(latency, Uniform):
        return (latency.low_us / 1000, latency.high_us / 1000)
    if isinstance(latency, Constant):
        return (latency.delay_us / 1000, latency.delay_us / 1000)
    return (0.0, 0.0)


def _verb_of(file: ScenarioFile, table: Mapping[str, Any], index: int) -> str:
    do = table.get("do")
    if do is None:
        raise file.error("faults", "do", f"missing; expected {FAULTS.keys[0].kind.expected}", index)
    try:
        return str(FAULTS.keys[0].kind.read(do))
    except ValueError as problem:
        raise file.error("faults", "do", str(problem), index) from None


def _check_moment(file: ScenarioFile, found: Mapping[str, Any], index: int) -> None:
    if "at" in found:
        for key in ("after", "when"):
            if key in found:
                raise file.error("faults", key, "expected either 'at' or this", index)
    elif "after" not in found and "when" not in found:
        problem = (
            "missing; expected 'at' (since the start), 'after' (the fault before), or 'when' "
            "(a Sentinel says so)"
        )
        raise file.error("faults", "at", problem, index)
    for key in _CONDITION:
        if key in found and found.get("when", CALM) == CALM:
            raise file.error("faults", key, "expected 'when' with an event beside it", index)


def _repetition(file: ScenarioFile, found: Mapping[str, Any], index: int) -> Repetition | None:
    if "every" not in found:
        for key in _REPEAT:
            if key in found:
                raise file.error("faults", key, "expected 'every' beside it", index)
        return None
    if "times" not in found and "until" not in found:
        problem = "expected 'times' or 'until' beside it: the run would never end"
        raise file.error("faults", "every", problem, index)
    every, jitter = found["every"], found.get("jitter", 0.0)
    if jitter > every:
        raise file.error(
            "faults", "jitter", f"expected {every:g} s, which is 'every', or less", index
        )
    random = found.get("spread") == "exponential"
    if random and jitter:
        raise file.error("faults", "jitter", "expected no jitter where pauses are random", index)
    return Repetition(every, jitter, random, found.get("times"), found.get("until"))


def _moment_of(file: ScenarioFile, fault: Fault, index: int, now: float | None) -> float | None:
    """When `fault` happens at the latest, if the one before is over at `now`; None: who knows."""
    if fault.at is None:
        if now is None or (fault.when and fault.within is None):
            return None
        return round(now + fault.after + (fault.within or 0.0), 6)
    if now is None:
        problem = (
            "expected 'after' or 'when': since a 'when' above, which has no 'within', nobody knows "
            "how late it is"
        )
        raise file.error("faults", "at", problem, index)
    if fault.at < now:
        problem = f"expected faults in order of time; the last is at {now:g}"
        raise file.error("faults", "at", problem, index)
    return fault.at


def _check_names(
    file: ScenarioFile, fault: Fault, index: int, before: Sequence[Fault], groups: Sequence[str]
) -> None:
    """Whether the nodes of a fault can exist, in a deployment that is large enough."""
    aliases = [each.alias for each in before if each.alias]
    listens = any(each.when not in ("", CALM) for each in (*before, fault))
    used = [("node", fault.node)] if fault.node else []
    used += [("nodes", name) for name in fault.nodes]
    used += [("groups", name) for group in fault.groups for name in group]
    used += [(key, getattr(fault, key)) for key in ("to", "by", "about") if getattr(fault, key)]
    for key, name in used:
        if name in ("speaker", "subject") and not listens:
            problem = f"expected 'when' with an event, here or above: nobody is the {name} before"
            raise file.error("faults", key, problem, index)
        if name in ROLES or name in aliases or name in groups or NODE.fullmatch(name):
            continue
        known = ", ".join(["master", *aliases, *groups])
        expected = f"expected {known}, or a node such as redis-1, sentinel-1, client-1"
        raise file.error("faults", key, f"{expected}; found {name!r}", index)
    if fault.alias in ROLES or fault.alias in groups or NODE.fullmatch(fault.alias):
        problem = f"expected a name that nobody has, found {fault.alias!r}"
        raise file.error("faults", "as", problem, index)
