"""Where nodes are, and what is different about single ones: boxes, sites, links, nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.scenarios.reading.directives import read_directives
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import (
    BOOLEAN,
    DELAY,
    MEGABITS,
    NAME,
    NAMES,
    PARTS_PER_MILLION,
    PORT,
    SHARE,
    TEXTS,
    whole_from,
)
from sim.scenarios.reading.tables import Key, Table, array_of_tables, table_of
from sim.world.topology import Box, Link, NodeSettings, Site, Topology

__all__ = ["NODES", "PLACES", "read_topology"]

BYTES_PER_MEGABIT = 125_000

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
    "What lies between every two of some sites, each way, or within a single one.",
    (
        Key("between", NAMES, "the names of the sites", required=True),
        Key("milliseconds", DELAY, "the one-way delay of a message", "that of `[network]`"),
        Key("loss", SHARE, "the share of packets that get lost, and are sent again", "0"),
        Key(
            "megabits-per-second",
            MEGABITS,
            "what each direction carries, for all connections together",
            "no limit",
        ),
    ),
    many=True,
)
PLACES = (BOXES, SITES, LINKS)
SERVER_KEYS = (
    Key("stands-alone", BOOLEAN, "whether this server follows nobody at the start", "false"),
    Key("follows", NAME, "the server that this one follows at the start", "its master"),
)
SENTINEL_KEYS = (
    Key("quorum", whole_from(1), "the quorum in this Sentinel's file"),
    Key("monitors", NAME, "the server that this Sentinel's file names as the master"),
    Key("conf", TEXTS, "further lines of this Sentinel's file"),
    Key("master-name", NAME, "what this Sentinel's file calls the master", "mymaster"),
)
MACHINE_KEYS = (
    Key(
        "published-port",
        PORT,
        "the node is in a container, and others reach it at this port of its machine only; it "
        "itself sees an inner address and its usual port",
    ),
    Key(
        "announce",
        BOOLEAN,
        "whether the node tells others where they reach it (`replica-announce-ip` and `-port`, "
        "`announce-ip` and `-port`), by the name of its machine where files use names",
        "false",
    ),
    Key(
        "clock-drift",
        PARTS_PER_MILLION,
        "by how much the clock of its machine runs too fast, in parts per million",
        "0",
    ),
    Key("busy-milliseconds", DELAY, "its machine stalls again and again: for how long"),
    Key("free-milliseconds", DELAY, "how long it runs between two stalls"),
)
NODES = Table(
    "nodes.NAME",
    "What is different about one node. Of a server, directives of its `redis.conf` too.",
    (*SENTINEL_KEYS, *SERVER_KEYS, *MACHINE_KEYS),
)


def read_topology(file: ScenarioFile, document: Mapping[str, Any], *, in_step: bool) -> Topology:
    """The topology that these tables describe. Raises `ScenarioError`."""
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
    links: list[Link] = []
    for index, table in enumerate(array_of_tables(file, document, "links")):
        found = LINKS.read(file, table, index)
        ends = found.pop("between")
        if len(set(ends)) != len(ends) or any(end not in sites for end in ends):
            known = ", ".join(sites) or "none are given"
            problem = f"expected the names of two sites of [sites] ({known}), found {list(ends)}"
            raise file.error("links", "between", problem, index)
        if not found:
            problem = "nothing is said about it; expected 'milliseconds', 'loss' or "
            problem += "'megabits-per-second' beside it"
            raise file.error("links", "between", problem, index)
        megabits = found.get("megabits-per-second")
        links += [
            Link(
                one,
                other,
                found.get("milliseconds"),
                megabits * BYTES_PER_MEGABIT if megabits else None,
                found.get("loss", 0.0),
            )
            for one, other in _pairs(ends)
        ]
    return tuple(links)


def _pairs(ends: tuple[str, ...]) -> list[tuple[str, str]]:
    """Every two of some sites, or a single one twice."""
    if len(ends) == 1:
        return [(ends[0], ends[0])]
    return [(one, other) for n, one in enumerate(ends) for other in ends[n + 1 :]]


def _node(file: ScenarioFile, name: str, table: object) -> NodeSettings:
    where = f"nodes.{name}"
    if not isinstance(table, dict):
        raise file.error("nodes", name, f"expected a table [{where}], found {table!r}")
    is_server = name.startswith("redis-")
    if not is_server and not name.startswith("sentinel-"):
        problem = "expected a server or a Sentinel, such as [nodes.redis-2] or [nodes.sentinel-1]"
        raise file.error(where, "", problem)
    keys = [key.name for key in (*(SERVER_KEYS if is_server else SENTINEL_KEYS), *MACHINE_KEYS)]
    rest = {key: value for key, value in table.items() if is_server and key not in keys}
    mine = {key: value for key, value in table.items() if key not in rest}
    directives = read_directives(file, where, rest)
    found = NODES.read(file, mine, name=where, known=keys)
    if found.get("stands-alone") and "follows" in found:
        raise file.error(where, "follows", "expected either 'stands-alone' or this")
    for key, other in (("busy", "free"), ("free", "busy")):
        if f"{key}-milliseconds" in found and f"{other}-milliseconds" not in found:
            problem = f"expected '{other}-milliseconds' beside it"
            raise file.error(where, f"{key}-milliseconds", problem)
    return NodeSettings(
        name=name,
        quorum=found.get("quorum"),
        monitors=found.get("monitors", ""),
        master_name=found.get("master-name", ""),
        conf=found.get("conf", ()),
        directives=directives,
        stands_alone=found.get("stands-alone", False),
        follows=found.get("follows", ""),
        published_port=found.get("published-port"),
        announces=found.get("announce", False),
        drift_ppm=found.get("clock-drift", 0.0),
        busy=found.get("busy-milliseconds"),
        free=found.get("free-milliseconds"),
    )
