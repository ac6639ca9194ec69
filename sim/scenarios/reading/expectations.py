"""The table ``[expect]``, and in it ``[[expect.eventually]]`` and ``[[expect.never]]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.scenarios.events import EVENT_NAMES
from sim.scenarios.expectations import EXPECTATIONS, STATES
from sim.scenarios.expectations.words import CONDITIONAL_NAMES, INVARIANT_NAMES
from sim.scenarios.reading.faults import NODE, ROLES
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import (
    BOOLEAN,
    COMPARISON,
    EVENT,
    NAME,
    NAMES,
    POSITIVE_SECONDS,
    SECONDS,
    TEXT,
    Kind,
    choice,
    whole_from,
)
from sim.scenarios.reading.tables import Key, Table, array_of_tables, check_keys, table_of
from sim.scenarios.scenario import Claim, Expectation, Fault
from sim.world.deployment import Deployment

__all__ = ["CLAIM", "EXPECT", "INVARIANTS", "read_claims", "read_expectations"]


def _since(value: object) -> str | float:
    if isinstance(value, str) and value:
        return value
    moment: float = SECONDS.read(value)
    return moment


def _invariants(value: object) -> tuple[str, ...]:
    names: tuple[str, ...] = NAMES.read(value)
    for name in names:
        if name not in INVARIANT_NAMES:
            known = ", ".join(INVARIANT_NAMES)
            raise ValueError(f"expected one of: {known}; found {name!r}")
    return names


def _judged(value: object) -> tuple[str, ...]:
    return CONDITIONAL_NAMES if value == "all" else _invariants(value)


INVARIANTS = Kind("`all`, or a list of names of invariants", _judged)

_KINDS = {
    "true or false": BOOLEAN,
    "comparison": COMPARISON,
    "node": NAME,
    "invariants": Kind("the name of an invariant, or a list of names", _invariants),
}

EXPECT = Table(
    "expect",
    'What should come of it. Numbers are compared as they are told: `3`, `"> 0"`, `"2 to 5"`.',
    tuple(
        Key(
            name,
            whole_from(kind.lowest) if kind.value == "whole number" else _KINDS[kind.value],
            kind.about,
        )
        for name, kind in EXPECTATIONS.items()
    ),
)

CLAIM = Table(
    "expect.eventually",
    "What must be seen (`[[expect.eventually]]`) or must not be (`[[expect.never]]`): an event "
    "of a Sentinel, an answer to an operator, or a state of the world.",
    (
        Key("event", EVENT, "an event"),
        Key("answer", TEXT, "text in an answer to a `command`, instead of an event"),
        Key("by", NAMES, "said by this node, or by one of these", "any Sentinel"),
        Key("about", NAME, "said about this node", "anybody"),
        Key("text", TEXT, "with this text in what was said"),
        Key("count", COMPARISON, "how often; only with `eventually`", '">= 1"'),
        Key("state", choice(tuple(STATES)), "a state, from the list below, instead of an event"),
        Key("lasting", POSITIVE_SECONDS, "the state holds that long without interruption"),
        Key(
            "since",
            Kind("a number of seconds, the name of a fault, or an event", _since),
            "from when on: seconds of the run, a fault by the name that `as` gave it, or the first "
            "time that an event is said after the first fault",
            "the first fault",
        ),
        Key("within", POSITIVE_SECONDS, "for so many seconds from then on", "to the end"),
    ),
    many=True,
)

_SEEN = {
    "event": ("by", "about", "text", "count"),
    "answer": ("by", "count"),
    "state": ("lasting",),
}
"""What can be seen, and the keys that go with it."""


def read_expectations(
    file: ScenarioFile,
    document: Mapping[str, Any],
    deployment: Deployment,
    faults: Sequence[Fault],
) -> tuple[Expectation, ...]:
    """The keys of ``[expect]``."""
    table = {
        key: value
        for key, value in table_of(file, document, "expect").items()
        if key not in ("eventually", "never")
    }
    check_keys(file, "expect", table, tuple(EXPECTATIONS))
    expectations = []
    values = EXPECT.read(file, table)
    for name in table:
        kind, value = EXPECTATIONS[name], values[name]
        if kind.needs_clients and not deployment.clients:
            problem = "says nothing where nobody writes; expected a client in [deployment], or none"
            raise file.error("expect", name, f"{problem} of this")
        if kind.value == "node":
            _check_name(file, "expect", name, str(value), 0, faults, deployment)
        expectations.append(Expectation(name, value))
    return tuple(expectations)


def read_claims(
    file: ScenarioFile,
    document: Mapping[str, Any],
    deployment: Deployment,
    faults: Sequence[Fault],
) -> tuple[Claim, ...]:
    """What is expected eventually, then what is expected never."""
    expect = table_of(file, document, "expect")
    claims = []
    for which in ("eventually", "never"):
        name = f"expect.{which}"
        for index, table in enumerate(array_of_tables(file, expect, name)):
            found = CLAIM.read(file, table, index, name=name)
            _check_claim(file, name, found, index, deployment, faults)
            claims.append(
                Claim(
                    which == "eventually",
                    event=found.get("event", ""),
                    answer=found.get("answer", ""),
                    state=found.get("state", ""),
                    by=found.get("by", ()),
                    about=found.get("about", ""),
                    text=found.get("text", ""),
                    count=found.get("count"),
                    lasting=found.get("lasting", 0.0),
                    since=found.get("since", ""),
                    within=found.get("within"),
                )
            )
    return tuple(claims)


def _check_claim(
    file: ScenarioFile,
    name: str,
    found: Mapping[str, Any],
    index: int,
    deployment: Deployment,
    faults: Sequence[Fault],
) -> None:
    kinds = [key for key in _SEEN if key in found]
    if len(kinds) != 1:
        key = kinds[-1] if kinds else "event"
        raise file.error(name, key, f"expected exactly one of: {', '.join(_SEEN)}", index)
    for key in found:
        if key not in (*_SEEN[kinds[0]], kinds[0], "since", "within"):
            beside = " or ".join(kind for kind, keys in _SEEN.items() if key in keys)
            raise file.error(name, key, f"expected {beside} beside it", index)
    if "count" in found and name == "expect.never":
        raise file.error(name, "count", "expected no 'count': never is never", index)
    if "count" in found and found["count"].allows(0):
        problem = "holds also if it is never said; expected a number from 1, or [[expect.never]]"
        raise file.error(name, "count", problem, index)
    if "state" in found and STATES[found["state"]].needs_clients and not deployment.clients:
        problem = "says nothing where nobody writes; expected a client in [deployment]"
        raise file.error(name, "state", problem, index)
    since = found.get("since")
    aliases = [fault.alias for fault in faults if fault.alias]
    if isinstance(since, str) and since not in aliases and since not in EVENT_NAMES:
        known = ", ".join(aliases) or "none has a name"
        problem = f"expected a number, an event, or the name of a fault ({known}); found {since!r}"
        raise file.error(name, "since", problem, index)
    for who in found.get("by", ()):
        _check_name(file, name, "by", who, index, faults, deployment)
    if "about" in found:
        _check_name(file, name, "about", found["about"], index, faults, deployment)


def _check_name(
    file: ScenarioFile,
    table: str,
    key: str,
    name: str,
    index: int,
    faults: Sequence[Fault],
    deployment: Deployment,
) -> None:
    """Whether `name` is that of a node that there is, or that was given to one."""
    aliases = [fault.alias for fault in faults if fault.alias]
    groups = [*deployment.topology.groups, "servers", "sentinels", "clients"]
    added = [node for fault in faults if fault.do == "add" for node in fault.targets]
    counts = {
        "redis": (deployment.replicas + 1) * deployment.masters,
        "sentinel": deployment.sentinels,
        "client": deployment.clients,
    }
    if name in aliases or name in groups or name in added:
        return
    if NODE.fullmatch(name):
        kind, _, number = name.partition("-")
        if int(number) <= counts[kind]:
            return
    if name in ROLES:
        problem = f"expected a node, or a name that 'as' gave to one; who is the {name} changes"
        raise file.error(table, key, problem, index)
    known = ", ".join([*aliases, *groups])
    nodes = ", ".join(f"{kind}-1 to {kind}-{count}" for kind, count in counts.items() if count)
    raise file.error(table, key, f"expected {known}, or {nodes}; found {name!r}", index)
