"""Who is there and how it is configured: deployment, settings, servers, boxes, sites, nodes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from minisentinel.config import ConfigError
from sim.kernel.units import microseconds
from sim.network.latency import Uniform
from sim.redis.settings import Machine
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import (
    BOOLEAN,
    MILLISECONDS,
    NAME,
    NAMES,
    PRIORITIES,
    TEXT,
    TEXTS,
    Kind,
    whole_from,
)
from sim.scenarios.reading.tables import Key, Table, array_of_tables, table_of
from sim.world.deployment import DEPLOYMENT_SETTINGS, Deployment, DeploymentError
from sim.world.redis_conf import check_directives
from sim.world.topology import Box, Link, NodeSettings, Site, Topology

__all__ = ["TABLES", "ReadFile", "read_deployment"]

ReadFile = Callable[[str], str]
"""Gives the text of a file that a scenario names; raises OSError or ValueError."""

COUNTS = ("sentinels", "masters", "replicas", "clients")
MEGABYTE = 1024 * 1024


def _setting(name: str) -> Key:
    setting = DEPLOYMENT_SETTINGS[name]
    default = getattr(Deployment(), setting.attribute)
    shown = "a majority" if default is None else str(default)
    return Key(name, Kind("a whole number", _whole), setting.about, shown)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError
    return value


def _directive_value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | str):
        raise ValueError
    return str(value)


DIRECTIVE = Kind("a whole number, a text, or true or false", _directive_value)

DEPLOYMENT = Table(
    "deployment",
    "Who is there.",
    (
        *(_setting(name) for name in COUNTS),
        Key(
            "replica-priorities",
            PRIORITIES,
            "of `redis-2`, `redis-3`, …; 100 where the list ends, 0 is never promoted",
            "[]",
        ),
        Key("sentinel-conf", TEXT, "a real `sentinel.conf`, beside this file, to begin with"),
        Key("redis-conf", TEXT, "a real `redis.conf`, beside this file, for all servers"),
        Key(
            "in-step",
            BOOLEAN,
            "whether all Sentinels start in one instant with the same random numbers, as copies "
            "of one virtual machine do",
            "false",
        ),
    ),
)
SETTINGS = Table(
    "settings",
    "How Sentinel is configured, under Sentinel's own names and in its units.",
    tuple(_setting(name) for name in DEPLOYMENT_SETTINGS if name not in COUNTS),
)
MACHINE = (
    Key(
        "data-megabytes",
        whole_from(0),
        "data that is not simulated, but takes its time to load and to transfer",
        "0",
    ),
    Key("load-megabytes-per-second", whole_from(1), "how fast a server loads its data", "190"),
    Key("sync-megabytes-per-second", whole_from(1), "how fast data is transferred", "95"),
    Key("save-megabytes-per-second", whole_from(1), "how fast a server writes its data", "95"),
    Key(
        "replay-megabytes-per-second",
        whole_from(1),
        "how fast a server executes its append-only file",
        "47",
    ),
    Key("memory-megabytes", whole_from(0), "memory of the machine; 0 is without end", "0"),
    Key(
        "data-keys",
        whole_from(0),
        "keys of the data that is not simulated, for commands that look at all of them",
        "0",
    ),
    Key(
        "fork-milliseconds-per-gigabyte",
        whole_from(0),
        "how long a server stands still to fork",
        "10",
    ),
)
MACHINE_VALUES = {
    "data-megabytes": ("other_data_bytes", MEGABYTE),
    "load-megabytes-per-second": ("load_bytes_per_second", MEGABYTE),
    "sync-megabytes-per-second": ("sync_bytes_per_second", MEGABYTE),
    "save-megabytes-per-second": ("save_bytes_per_second", MEGABYTE),
    "replay-megabytes-per-second": ("replay_bytes_per_second", MEGABYTE),
    "memory-megabytes": ("memory_bytes", MEGABYTE),
    "data-keys": ("other_keys", 1),
    "fork-milliseconds-per-gigabyte": ("fork_us_per_gigabyte", 1000),
}
"""The attributes of `Machine` that these keys set, and how many of their units one of a key is."""

SERVERS = Table(
    "servers",
    "Directives of `redis.conf` for all servers (those that are simulated), and their machines.",
    MACHINE,
)
BOXES = Table(
    "boxes",
    "Machines that several nodes share: `name = [nodes]`. They have one address, one clock and one "
    "power plug.",
    (),
)
SITES = Table(
    "sites",
    "Places, such as data centres: `name = [nodes or boxes]`.",
    (),
)
LINKS = Table(
    "links",
    "What lies between two sites.",
    (
        Key("between", NAMES, "the names of the two sites", required=True),
        Key(
            "milliseconds",
            MILLISECONDS,
            "the one-way delay, or the lowest and the highest",
            required=True,
        ),
    ),
    many=True,
)
NODES = Table(
    "nodes.NAME",
    "What is different about one node. Of a server, directives of its `redis.conf` too.",
    (
        Key("quorum", whole_from(1), "the quorum in this Sentinel's file"),
        Key("monitors", NAME, "the server that this Sentinel's file names as the master"),
        Key("conf", TEXTS, "further lines of this Sentinel's file"),
        Key("stands-alone", BOOLEAN, "whether this server follows nobody at the start", "false"),
    ),
)
TABLES = (DEPLOYMENT, SETTINGS, SERVERS, BOXES, SITES, LINKS, NODES)


def read_deployment(
    file: ScenarioFile, document: Mapping[str, Any], read_file: ReadFile
) -> Deployment:
    """The deployment that the tables of this module describe."""
    found = DEPLOYMENT.read(file, table_of(file, document, "deployment"))
    settings = SETTINGS.read(file, table_of(file, document, "settings"))
    deployment = _from_files(file, found, read_file)
    for table, values in (("deployment", found), ("settings", settings)):
        for key, value in values.items():
            if key in DEPLOYMENT_SETTINGS:
                try:
                    deployment = deployment.with_setting(key, str(value))
                except DeploymentError as problem:
                    raise file.error(table, key, str(problem)) from None
    try:
        priorities = tuple(found.get("replica-priorities", ()))
        deployment = dataclasses.replace(deployment, replica_priorities=priorities)
    except DeploymentError as problem:
        raise file.error("deployment", "replica-priorities", str(problem)) from None
    directives, machine = _servers(file, document)
    return dataclasses.replace(
        deployment,
        directives=directives,
        machine=machine,
        topology=_topology(file, document, found.get("in-step", False)),
    )


def _from_files(file: ScenarioFile, found: Mapping[str, Any], read_file: ReadFile) -> Deployment:
    deployment = Deployment()
    for key in ("sentinel-conf", "redis-conf"):
        if key not in found:
            continue
        path = found[key]
        try:
            text = read_file(path)
            if key == "sentinel-conf":
                deployment = Deployment.from_conf(text, path=path, base=deployment)
            else:
                deployment = dataclasses.replace(deployment, redis_conf=text)
        except OSError as problem:
            reason = f"{path} cannot be read: {problem.strerror}"
            raise file.error("deployment", key, reason) from None
        except (ConfigError, ValueError) as problem:
            raise file.error("deployment", key, str(problem)) from None
    return deployment


def _servers(
    file: ScenarioFile, document: Mapping[str, Any]
) -> tuple[tuple[tuple[str, str], ...], Machine]:
    table = dict(table_of(file, document, "servers"))
    names = [key.name for key in MACHINE]
    found = SERVERS.read(file, {key: table.pop(key) for key in names if key in table})
    sizes = {
        attribute: found[key] * unit
        for key, (attribute, unit) in MACHINE_VALUES.items()
        if key in found
    }
    machine = dataclasses.replace(Machine(), **sizes)
    return _directives(file, "servers", table), machine


def _directives(
    file: ScenarioFile, table: str, found: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    directives = []
    for key, value in found.items():
        try:
            directives.append((key, DIRECTIVE.read(value)))
        except ValueError:
            what = f"expected {DIRECTIVE.expected}, found {value!r}"
            raise file.error(table, key, what) from None
        problem = check_directives(directives[-1:])
        if problem:
            raise file.error(table, key, problem)
    return tuple(directives)


def _topology(file: ScenarioFile, document: Mapping[str, Any], in_step: bool) -> Topology:
    boxes = dict(_groups(file, document, "boxes"))
    sites = dict(_groups(file, document, "sites"))
    return Topology(
        boxes=tuple(Box(name, nodes) for name, nodes in boxes.items()),
        sites=tuple(Site(name, nodes) for name, nodes in sites.items()),
        links=_links(file, document, sites),
        nodes=tuple(
            _node(file, name, table) for name, table in table_of(file, document, "nodes").items()
        ),
        in_step=in_step,
    )


def _groups(
    file: ScenarioFile, document: Mapping[str, Any], table: str
) -> list[tuple[str, tuple[str, ...]]]:
    groups = []
    for name, value in table_of(file, document, table).items():
        try:
            groups.append((name, NAMES.read(value)))
        except ValueError:
            raise file.error(table, name, f"expected {NAMES.expected}, found {value!r}") from None
    return groups


def _links(
    file: ScenarioFile, document: Mapping[str, Any], sites: Mapping[str, object]
) -> tuple[Link, ...]:
    links = []
    for index, table in enumerate(array_of_tables(file, document, "links")):
        found = LINKS.read(file, table, index)
        ends = found["between"]
        if len(ends) != 2 or ends[0] == ends[1] or any(end not in sites for end in ends):
            known = ", ".join(sites) or "none are given"
            problem = f"expected the names of two sites of [sites] ({known}), found {list(ends)}"
            raise file.error("links", "between", problem, index)
        low, high = found["milliseconds"]
        latency = Uniform(microseconds(low / 1000), microseconds(high / 1000))
        links.append(Link(ends[0], ends[1], latency))
    return tuple(links)


def _node(file: ScenarioFile, name: str, table: object) -> NodeSettings:
    where = f"nodes.{name}"
    if not isinstance(table, dict):
        raise file.error("nodes", name, f"expected a table [{where}], found {table!r}")
    if name.startswith("redis-"):
        rest = dict(table)
        alone = NODES.read(
            file,
            {"stands-alone": rest.pop("stands-alone")} if "stands-alone" in rest else {},
            name=where,
        )
        return NodeSettings(
            name=name,
            directives=_directives(file, where, rest),
            stands_alone=alone.get("stands-alone", False),
        )
    if not name.startswith("sentinel-"):
        problem = "expected a server or a Sentinel, such as [nodes.redis-2] or [nodes.sentinel-1]"
        raise file.error(where, "", problem)
    found = NODES.read(file, table, name=where, known=("quorum", "monitors", "conf"))
    return NodeSettings(
        name=name,
        quorum=found.get("quorum"),
        monitors=found.get("monitors", ""),
        conf=found.get("conf", ()),
    )
