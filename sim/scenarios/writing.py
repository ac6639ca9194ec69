"""Writing scenarios: the file of a scenario that was made by a program, read again as the same one.

What is written is the story as it is run: the values of parameters stand in their places, and of
its variants only the one in force is told. `as_written` is the scenario that reading gives back.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from minisentinel.config import rewrite
from minisentinel.core.saved import SavedConfiguration
from minisentinel.core.timing import RUNID_LENGTH
from minisentinel.files import write_atomically
from sim.clients import PARAMETERS, ClientGroup
from sim.kernel.units import microseconds
from sim.network.latency import Constant, Distances, Empirical, Latency, LogNormal, Uniform
from sim.scenarios.comparisons import Comparison
from sim.scenarios.expectations.words import CONDITIONAL_NAMES
from sim.scenarios.reading import read_scenario
from sim.scenarios.reading.deployment import COUNTS, MACHINE_VALUES
from sim.scenarios.reading.topology import BYTES_PER_MEGABIT
from sim.scenarios.scenario import Claim, Fault, Scenario, ScenarioError, Variant
from sim.scenarios.verbs import VERBS
from sim.world.deployment import DEPLOYMENT_SETTINGS, Deployment
from sim.world.topology import Link, NodeSettings

__all__ = ["as_written", "companion_files", "to_toml", "write_scenario"]

REDIS_CONF = "redis.conf"
NO_ID = "0" * RUNID_LENGTH
DEFAULT = Deployment()


def to_toml(scenario: Scenario) -> str:
    """The scenario file of `scenario`, without those beside it (see `companion_files`).

    Raises `ScenarioError` for what no scenario file can say, such as another address of the master.
    """
    text = "\n".join(_lines(scenario)) + "\n"
    expected = as_written(scenario)
    beside = companion_files(scenario)
    again = read_scenario(
        text,
        name=scenario.name,
        path=f"{scenario.name}.toml",
        variant=expected.variant,
        read_file=lambda name: beside[name],
    )
    if again != expected:
        where = _first_difference(expected, again)
        raise ScenarioError(f"{scenario.full_name}: a scenario file cannot say what {where} is")
    return text


def as_written(scenario: Scenario) -> Scenario:
    """`scenario` as it is read from what `to_toml` writes.

    Claims about what is seen stand before those about what never is, parameters are gone, and the
    only variant is the one in force; rules other than today's need one, and get one of their name.
    A range of milliseconds is a distribution.
    """
    variant = scenario.variant or ("" if scenario.profile == "modern" else scenario.profile)
    variants = tuple(each for each in scenario.variants if each.name == variant)
    if variant and not variants:
        variants = (Variant(variant, f"The Sentinels play by the rules of {scenario.profile}."),)
    return dataclasses.replace(
        scenario,
        parameters=(),
        variant=variant,
        variants=variants,
        faults=tuple(map(_with_latency, scenario.faults)),
        claims=tuple(sorted(scenario.claims, key=lambda claim: not claim.eventually)),
    )


def _with_latency(fault: Fault) -> Fault:
    if fault.latency is not None or not any(fault.milliseconds):
        return fault
    low, high = (microseconds(each / 1000) for each in fault.milliseconds)
    return dataclasses.replace(fault, latency=Uniform(low, high))


def companion_files(scenario: Scenario) -> dict[str, str]:
    """The texts of the files that the scenario file names, by their names."""
    where = scenario.deployment
    files = {}
    if where.conf is not None:
        files[where.conf_name] = _sentinel_conf(where.conf, where.sentinel_port)
    if where.redis_conf:
        files[REDIS_CONF] = where.redis_conf
    return files


def _sentinel_conf(saved: SavedConfiguration, port: int) -> str:
    """A configuration file that says what is `saved`; one without an id has none in its file."""
    text = rewrite(f"port {port}\n", dataclasses.replace(saved, myid=saved.myid or NO_ID))
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if saved.myid or NO_ID not in line)


def write_scenario(scenario: Scenario, path: str | Path) -> None:
    """Write the file of a scenario, and beside it those that it names.

    Raises `ScenarioError` like `to_toml`, and OSError.
    """
    path, text = Path(path), to_toml(scenario)
    for name, content in companion_files(scenario).items():
        write_atomically(path.with_name(name), content.encode(errors="surrogateescape"))
    write_atomically(path, text.encode())


# What a file consists of


def _lines(scenario: Scenario) -> list[str]:
    head = {key: getattr(scenario, key) for key in ("title", "theme", "about", "notice", "helps")}
    lines = _pairs({key: text for key, text in head.items() if text or key in ("title", "theme")})
    lines += _deployment(scenario.deployment)
    for fault in as_written(scenario).faults:
        lines += _table("[[faults]]", _fault(fault))
    lines += _table("[run]", _run(scenario))
    lines += _table("[expect]", {each.name: each.value for each in scenario.expectations})
    for claim in as_written(scenario).claims:
        lines += _table(
            f"[[expect.{'eventually' if claim.eventually else 'never'}]]", _claim(claim)
        )
    for variant in as_written(scenario).variants:
        told = {"name": variant.name, "about": variant.about, "profile": scenario.profile}
        lines += _table("[[variants]]", told)
    return lines


def _run(scenario: Scenario) -> dict[str, Any]:
    found: dict[str, Any] = {"calm-for": scenario.calm_for, "limit": scenario.limit}
    if scenario.watch_for is not None:
        found["watch-for"] = scenario.watch_for
    if scenario.invariants:
        every = scenario.invariants == CONDITIONAL_NAMES
        found["invariants"] = "all" if every else scenario.invariants
    return found


def _deployment(where: Deployment) -> list[str]:
    found: dict[str, Any] = {}
    if where.conf is not None:
        found["sentinel-conf"] = where.conf_name
    if where.redis_conf:
        found["redis-conf"] = REDIS_CONF
    counts = {name: getattr(where, DEPLOYMENT_SETTINGS[name].attribute) for name in COUNTS}
    if where.groups:
        del counts["clients"]
    found |= counts
    if where.replica_priorities:
        found["replica-priorities"] = where.replica_priorities
    if where.topology.in_step:
        found["in-step"] = True
    lines = _table("[deployment]", found)
    settings = {
        name: value
        for name, setting in DEPLOYMENT_SETTINGS.items()
        if name not in COUNTS and (value := getattr(where, setting.attribute)) is not None
    }
    for name in ("resolve-hostnames", "announce-hostnames"):
        if getattr(where, name.replace("-", "_")):
            settings[name] = True
    lines += _table("[settings]", settings)
    machine = {
        key: value // unit
        for key, (attribute, unit) in MACHINE_VALUES.items()
        if (value := getattr(where.machine, attribute)) != getattr(DEFAULT.machine, attribute)
    }
    lines += _table("[servers]", {**machine, **_directives(where.directives)})
    topology = where.topology
    lines += _table("[network]", _network(where)) + _table("[names]", dict(where.host_names))
    lines += _table("[boxes]", {box.name: box.nodes for box in topology.boxes})
    lines += _table("[sites]", {site.name: site.nodes for site in topology.sites})
    for link in topology.links:
        lines += _table("[[links]]", _link(link))
    for node in topology.nodes:
        lines += _table(f"[nodes.{_key(node.name)}]", _node(node), always=True)
    for group in where.groups:
        lines += _table("[[clients]]", _clients(group))
    return lines


def _directives(directives: Iterable[tuple[str, str]]) -> dict[str, int | str]:
    return {
        name: int(value) if value.isdecimal() and str(int(value)) == value else value
        for name, value in directives
    }


def _network(where: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = {}
    latency = where.latency
    if isinstance(latency, Distances):
        found["round-trips"] = (latency.low_us * 2 / 1000, latency.high_us * 2 / 1000)
    elif latency != DEFAULT.latency:
        found["milliseconds"] = _delay(latency)
    if where.name_delay != DEFAULT.name_delay:
        found["lookup-milliseconds"] = _delay(where.name_delay)
    return found


def _delay(latency: Latency) -> Any:
    """A distribution in milliseconds; None for one that no file can say."""
    match latency:
        case Constant():
            return latency.delay_us / 1000
        case Uniform():
            return (latency.low_us / 1000, latency.high_us / 1000)
        case LogNormal():
            return {
                "median": latency.median_us / 1000,
                "sigma": latency.sigma,
                "floor": latency.floor_us / 1000,
            }
        case Empirical():
            return {"samples": [each / 1000 for each in latency.samples_us]}
    raise ScenarioError(f"a scenario file cannot say what the latency {latency!r} is")


def _link(link: Link) -> dict[str, Any]:
    ends = (link.one,) if link.one == link.other else (link.one, link.other)
    found: dict[str, Any] = {"between": ends}
    if link.latency is not None:
        found["milliseconds"] = _delay(link.latency)
    if link.loss:
        found["loss"] = link.loss
    if link.bytes_per_second is not None:
        found["megabits-per-second"] = link.bytes_per_second / BYTES_PER_MEGABIT
    return found


NODE_KEYS = {
    "stands_alone": "stands-alone",
    "master_name": "master-name",
    "published_port": "published-port",
    "announces": "announce",
    "drift_ppm": "clock-drift",
    "busy": "busy-milliseconds",
    "free": "free-milliseconds",
}
"""What the file calls attributes of `NodeSettings`, where that is another name."""


def _node(node: NodeSettings) -> dict[str, Any]:
    found = {
        NODE_KEYS.get(name, name): _delay(value) if name in ("busy", "free") else value
        for name, value in _changed(node, NodeSettings(name=node.name)).items()
        if name != "directives"
    }
    return {**found, **_directives(node.directives)}


def _clients(group: ClientGroup) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": group.kind, "count": group.count}
    if group.first_sentinel != 1:
        found["first-sentinel"] = group.first_sentinel
    found |= group.credentials
    usual = ClientGroup().workload
    return found | {
        key: value
        for key, each in PARAMETERS.items()
        if (value := getattr(group.workload, each.attribute)) != getattr(usual, each.attribute)
    }


FAULT_KEYS = {
    "alias": "as",
    "latency": "milliseconds",
    "host_name": "name",
    "busy": "busy-milliseconds",
    "free": "free-milliseconds",
}
"""What the file calls attributes of `Fault`, where that is not the same with dashes."""


def _fault(fault: Fault) -> dict[str, Any]:
    changed = _changed(fault, Fault(fault.do))
    changed.pop("milliseconds", None)  # `latency` says it too
    how = changed.pop("repeat", None)
    moment = {key: changed.pop(key) for key in ("at", "when", "after") if key in changed}
    found = (moment or {"after": 0.0}) | {"do": fault.do}
    changed |= {
        name: getattr(fault, name)
        for name in (key.replace("-", "_") for key in VERBS[fault.do].needs)
        if name in ("seconds", "loss", "factor", "megabits_per_second", "parts_per_million")
    }
    for name, value in changed.items():
        key = FAULT_KEYS.get(name, name.replace("_", "-"))
        found[key] = _delay(value) if name in ("latency", "busy", "free") else value
    if how is not None:
        found["every"] = how.every
        if how.jitter:
            found["jitter"] = how.jitter
        if how.random:
            found["spread"] = "exponential"
        for key in ("times", "until"):
            if getattr(how, key) is not None:
                found[key] = getattr(how, key)
    return found


def _claim(claim: Claim) -> dict[str, Any]:
    return _changed(claim, Claim(claim.eventually))


def _changed(one: Any, usual: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not as in `usual`, in their order."""
    return {
        each.name: value
        for each in dataclasses.fields(one)
        if (value := getattr(one, each.name)) != getattr(usual, each.name)
    }


# TOML


def _table(header: str, found: Mapping[str, Any], *, always: bool = False) -> list[str]:
    """The lines of a table, behind a blank one; of one that is not there, none."""
    return ["", header, *_pairs(found)] if found or always else []


def _pairs(found: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in found.items()]


def _key(key: str) -> str:
    bare = key and all(char.isascii() and (char.isalnum() or char in "-_") for char in key)
    return key if bare else _value(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case Comparison():
            return _comparison(value)
        case str():
            return _text(value)
        case Mapping():
            inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
            return f"{{ {inner} }}"
    return f"[{', '.join(_value(each) for each in value)}]"


def _comparison(value: Comparison) -> str:
    words = str(value)
    if value.low != value.high and Comparison.parse(words) == value:
        return _text(words)
    # More digits than people are shown.
    if value.low == value.high:
        return _value(float(value.low))
    return _text(words)


def _text(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    if "\n" not in text:
        return quoted
    lines = [
        json.dumps(line, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
        for line in text.split("\n")
    ]
    return '"""\n' + "\n".join(lines) + '"""'


def _first_difference(one: Any, other: Any, path: str = "") -> str:
    """The dotted path of the first field in which two dataclasses differ."""
    for each in dataclasses.fields(one):
        a, b = getattr(one, each.name), getattr(other, each.name)
        if not each.compare or a == b:
            continue
        where = f"{path}.{each.name}" if path else each.name
        if dataclasses.is_dataclass(a) and type(a) is type(b):
            return _first_difference(a, b, where)
        return where
    return path
