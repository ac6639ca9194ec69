"""Reading scenario files: TOML, checked against a small schema, with errors that help.

Every error names the file, the line, the key and what was expected.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sim.scenarios.events import EVENT_NAMES
from sim.scenarios.expectations import EXPECTATIONS
from sim.scenarios.scenario import Expectation, Fault, Scenario, ScenarioError
from sim.world.deployment import DEPLOYMENT_SETTINGS, Deployment, DeploymentError

__all__ = ["VERBS", "read_scenario"]

T = TypeVar("T")

VERBS: dict[str, tuple[str, ...]] = {
    "kill": ("node",),
    "restart": ("node",),
    "pause": ("node",),
    "resume": ("node",),
    "block": ("node", "seconds"),
    "power_off": ("node",),
    "power_on": ("node",),
    "step_clock": ("node", "seconds"),
    "partition": ("groups",),
    "heal": (),
}
"""What can be done to the world, and the keys that it needs."""

COUNTS = ("sentinels", "replicas", "clients")
OPTIONAL: dict[str, tuple[str, ...]] = {"restart": ("keep-data",)}
MOMENT = ("at", "when", "after")
FOREVER_S = 10**7
"""Nothing in a scenario takes as long as that, which is 115 days."""

NODE = re.compile(r"(redis|sentinel|client)-[1-9][0-9]*")


class _Reader:
    """Where we are in which file, for errors."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._lines = text.splitlines()

    def error(self, table: str, key: str, problem: str, index: int = 0) -> ScenarioError:
        where = f"{table}.{key}" if table and key else table or key
        return ScenarioError(
            f"{self.path}, line {self.line(table, key, index)}: {where}: {problem}"
        )

    def line(self, table: str, key: str, index: int = 0) -> int:
        """The line of `key` in the `index`-th table of that name, of the table, or the first."""
        current, seen, header_line = "", -1, 1
        for number, text in enumerate(self._lines, start=1):
            header = re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]", text)
            if header:
                current = header[1]
                if current == table:
                    seen += 1
                    if seen == index:
                        header_line = number
            elif (
                key
                and current == table
                and (seen == index or not table)
                and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", text)
            ):
                return number
        return header_line


def read_scenario(text: str, *, name: str, path: str) -> Scenario:
    """The scenario in `text`; raises `ScenarioError`."""
    reader = _Reader(path, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        place = re.search(r"at line (\d+)", str(problem))
        line = int(place[1]) if place else max(1, len(text.splitlines()))
        what = re.sub(r"\s*\(at [^)]*\)", "", str(problem))
        raise ScenarioError(f"{path}, line {line}: expected TOML: {what}") from None
    known = ("title", "theme", "about", "deployment", "settings", "faults", "run", "expect")
    _check_keys(reader, "", document, known)
    run = _table(reader, document, "run")
    _check_keys(reader, "run", run, ("calm-for", "limit"))
    return Scenario(
        name=name,
        title=_value(reader, "", document, "title", str, "a text"),
        theme=_value(reader, "", document, "theme", str, "a text", "Other"),
        about=_value(reader, "", document, "about", str, "a text", "").strip(),
        deployment=_deployment(reader, document),
        faults=_faults(reader, document),
        expectations=_expectations(reader, document),
        calm_for=_seconds(reader, "run", run, "calm-for", 3.0),
        limit=_seconds(reader, "run", run, "limit", 300.0),
    )


def _table(reader: _Reader, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise reader.error("", name, f"expected a table [{name}], found {table!r}")
    return table


def _check_keys(
    reader: _Reader, table: str, found: Mapping[str, Any], known: Sequence[str], index: int = 0
) -> None:
    for key in found:
        if key in known:
            continue
        close = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"expected one of: {', '.join(known)}"
        is_table = isinstance(found[key], dict) or (
            isinstance(found[key], list) and any(isinstance(each, dict) for each in found[key])
        )
        line_key = "" if is_table and not table else key
        raise reader.error(
            table or (key if not line_key else ""), line_key, f"unknown; {hint}", index
        )


_REQUIRED: Any = object()


def _value(
    reader: _Reader,
    table: str,
    found: Mapping[str, Any],
    key: str,
    kind: type[T] | tuple[type[T], ...],
    expected: str,
    default: Any = _REQUIRED,
    index: int = 0,
) -> T:
    if key not in found:
        if default is _REQUIRED:
            raise reader.error(table, key, f"missing; expected {expected}", index)
        return default  # type: ignore[no-any-return]
    value = found[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise reader.error(table, key, f"expected {expected}, found {value!r}", index)
    return value


def _seconds(
    reader: _Reader,
    table: str,
    found: Mapping[str, Any],
    key: str,
    default: Any = _REQUIRED,
    index: int = 0,
    *,
    signed: bool = False,
) -> float:
    lowest = -FOREVER_S if signed else 0
    expected = f"a number of seconds, {lowest} or more"
    value: float = _value(reader, table, found, key, (int, float), expected, default, index)
    if not lowest <= value < FOREVER_S:
        raise reader.error(table, key, f"expected {expected}, found {value!r}", index)
    return float(value)


def _deployment(reader: _Reader, document: Mapping[str, Any]) -> Deployment:
    deployment = Deployment()
    counts = _table(reader, document, "deployment")
    _check_keys(reader, "deployment", counts, (*COUNTS, "replica-priorities"))
    settings = _table(reader, document, "settings")
    of_sentinel = [name for name in DEPLOYMENT_SETTINGS if name not in COUNTS]
    _check_keys(reader, "settings", settings, of_sentinel)
    for table, found in (("deployment", counts), ("settings", settings)):
        for key, value in found.items():
            if key == "replica-priorities":
                continue
            if type(value) is not int:
                raise reader.error(table, key, f"expected a whole number, found {value!r}")
            try:
                deployment = deployment.with_setting(key, str(value))
            except DeploymentError as problem:
                raise reader.error(table, key, str(problem)) from None
    priorities = counts.get("replica-priorities", [])
    if not isinstance(priorities, list) or any(
        type(each) is not int or each < 0 for each in priorities
    ):
        raise reader.error(
            "deployment", "replica-priorities", "expected a list of whole numbers, 0 = never"
        )
    try:
        return dataclasses.replace(deployment, replica_priorities=tuple(priorities))
    except DeploymentError as problem:
        raise reader.error("deployment", "replica-priorities", str(problem)) from None


def _faults(reader: _Reader, document: Mapping[str, Any]) -> tuple[Fault, ...]:
    tables = document.get("faults", [])
    if not isinstance(tables, list) or any(not isinstance(each, dict) for each in tables):
        raise reader.error("", "faults", "expected tables [[faults]]")
    faults: list[Fault] = []
    now: float | None = 0.0
    for index, table in enumerate(tables):
        fault = _fault(reader, table, index)
        now = _moment_of(reader, fault, index, now)
        _check_names(reader, fault, index, [each.alias for each in faults if each.alias])
        faults.append(fault)
    return tuple(faults)


def _moment_of(reader: _Reader, fault: Fault, index: int, now: float | None) -> float | None:
    """When `fault` happens, if the one before happens at `now`; None: the run will tell."""
    if fault.at is None:
        return None if fault.when or now is None else round(now + fault.after, 6)
    if now is None:
        problem = "expected 'after' or 'when': since a 'when' above nobody knows how late it is"
        raise reader.error("faults", "at", problem, index)
    if fault.at < now:
        problem = f"expected faults in order of time; the last is at {now:g}"
        raise reader.error("faults", "at", problem, index)
    return fault.at


def _check_names(reader: _Reader, fault: Fault, index: int, aliases: Sequence[str]) -> None:
    """Whether the nodes of a fault can exist, in a deployment that is large enough."""
    used = [("node", fault.node)] if fault.node else []
    used += [("groups", name) for group in fault.groups for name in group]
    for key, name in used:
        if name == "master" or name in aliases or NODE.fullmatch(name):
            continue
        known = ", ".join(["master", *aliases])
        expected = f"expected {known}, or a node such as redis-1, sentinel-1, client-1"
        raise reader.error("faults", key, f"{expected}; found {name!r}", index)
    if fault.alias == "master" or NODE.fullmatch(fault.alias):
        problem = f"expected a name that nobody has, found {fault.alias!r}"
        raise reader.error("faults", "as", problem, index)


def _fault(reader: _Reader, table: Mapping[str, Any], index: int) -> Fault:
    def value(key: str, kind: type[T], expected: str, default: Any = _REQUIRED) -> T:
        return _value(reader, "faults", table, key, kind, expected, default, index)

    do = value("do", str, f"one of: {', '.join(VERBS)}")
    if do not in VERBS:
        raise reader.error(
            "faults", "do", f"expected one of: {', '.join(VERBS)}; found {do!r}", index
        )
    alias = ("as",) if "node" in VERBS[do] else ()
    known = ("do", *MOMENT, *VERBS[do], *alias, *OPTIONAL.get(do, ()))
    _check_keys(reader, "faults", table, known, index)
    for key in VERBS[do]:
        if key not in table:
            raise reader.error("faults", key, f"missing; {do!r} needs it", index)
    at, after, when = _moment(reader, table, index)
    groups = value("groups", list, "a list of lists of node names", [])
    named = all(isinstance(g, list) and g and all(isinstance(n, str) for n in g) for g in groups)
    if not named or ("groups" in table and not groups):
        raise reader.error("faults", "groups", "expected a list of lists of node names", index)
    return Fault(
        do=do,
        at=at,
        after=after,
        when=when,
        node=value("node", str, "the name of a node, or master", ""),
        alias=value("as", str, "a name for the node that is hit", ""),
        groups=tuple(tuple(group) for group in groups),
        seconds=_seconds(reader, "faults", table, "seconds", 0.0, index, signed=do == "step_clock"),
        keep_data=value("keep-data", bool, "true or false", True),
    )


def _moment(
    reader: _Reader, table: Mapping[str, Any], index: int
) -> tuple[float | None, float, str]:
    """The keys `at`, `after` and `when` of a fault."""
    if "at" in table:
        for key in ("after", "when"):
            if key in table:
                raise reader.error("faults", key, "expected either 'at' or this", index)
        return _seconds(reader, "faults", table, "at", index=index), 0.0, ""
    if "after" not in table and "when" not in table:
        problem = (
            "missing; expected 'at' (since the start), 'after' (the fault before), or 'when' "
            "(a Sentinel says so)"
        )
        raise reader.error("faults", "at", problem, index)
    when: str = _value(reader, "faults", table, "when", str, "an event such as +odown", "", index)
    if "when" in table and when not in EVENT_NAMES:
        problem = f"expected an event such as +odown, found {when!r}"
        close = difflib.get_close_matches(when, EVENT_NAMES, 2, cutoff=0.8)
        if close:
            problem += f"; did you mean {' or '.join(sorted(close))}?"
        raise reader.error("faults", "when", problem, index)
    return None, _seconds(reader, "faults", table, "after", 0.0, index), when


def _expectations(reader: _Reader, document: Mapping[str, Any]) -> tuple[Expectation, ...]:
    table = _table(reader, document, "expect")
    _check_keys(reader, "expect", table, tuple(EXPECTATIONS))
    found = []
    for name, value in table.items():
        kind = EXPECTATIONS[name].kind
        if type(value) is not kind:
            expected = "true or false" if kind is bool else "a whole number"
            raise reader.error("expect", name, f"expected {expected}, found {value!r}")
        found.append(Expectation(name, value))
    return tuple(found)
