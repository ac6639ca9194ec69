"""Who is there and how it is configured: deployment, settings, servers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from minisentinel.config import ConfigError
from sim.redis.settings import Machine
from sim.scenarios.reading.directives import read_directives
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import BOOLEAN, PRIORITIES, TEXT, Kind, whole_from
from sim.scenarios.reading.network import NAMES, NETWORK, read_network
from sim.scenarios.reading.tables import Key, Table, table_of
from sim.scenarios.reading.topology import NODES, PLACES, read_topology
from sim.world.deployment import DEPLOYMENT_SETTINGS, Deployment, DeploymentError

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
    (
        *(_setting(name) for name in DEPLOYMENT_SETTINGS if name not in COUNTS),
        Key(
            "resolve-hostnames",
            BOOLEAN,
            "whether Sentinels look host names up; all files then use those of `[names]`",
            "false",
        ),
        Key(
            "announce-hostnames",
            BOOLEAN,
            "whether Sentinels speak of others by their names",
            "false",
        ),
    ),
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
    Key(
        "fsync-milliseconds",
        whole_from(0),
        "how long an fsync of the append-only file takes",
        "2",
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
    "fsync-milliseconds": ("fsync_us", 1000),
}
"""The attributes of `Machine` that these keys set, and how many of their units one of a key is."""

SERVERS = Table(
    "servers",
    "Directives of `redis.conf` for all servers (those that are simulated), and their machines.",
    MACHINE,
)
TABLES = (DEPLOYMENT, SETTINGS, SERVERS, *PLACES, NODES, NETWORK, NAMES)


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
    deployment = read_network(file, document, deployment)
    try:
        deployment = dataclasses.replace(
            deployment,
            resolve_hostnames=settings.get("resolve-hostnames", False),
            announce_hostnames=settings.get("announce-hostnames", False),
        )
    except DeploymentError as problem:
        raise file.error("settings", "announce-hostnames", str(problem)) from None
    return dataclasses.replace(
        deployment,
        directives=directives,
        machine=machine,
        topology=read_topology(file, document, in_step=found.get("in-step", False)),
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
    return read_directives(file, "servers", table), machine
