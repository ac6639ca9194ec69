"""What is particular about a deployment: machines that are shared, sites, and single nodes.

All of it is said by the names of nodes (``redis-1``, ``sentinel-2``, ``client-1``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.network.latency import Latency

__all__ = ["Box", "Link", "NodeSettings", "Site", "Topology", "members_of"]


@dataclass(frozen=True, slots=True)
class Box:
    """A machine called `name` on which all `nodes` live: one address, one clock, one power plug."""

    name: str
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A place called `name`, such as a data centre, and the `nodes` (or boxes) that are there."""

    name: str
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What lies between two sites, both ways: a distribution of one-way delays (None: as anywhere).

    Each direction carries `bytes_per_second` for all together (None: no limit), and loses a share
    `loss` of the packets.
    """

    one: str
    other: str
    latency: Latency | None = None
    bytes_per_second: float | None = None
    loss: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """What is different about the node `name`.

    For a Sentinel: its own `quorum`, the server that its file `monitors` as the master, and further
    lines of its file (`conf`). For a server: directives of its ``redis.conf`` (`directives`), and
    `stands_alone`, so that it follows nobody at the start.
    """

    name: str
    quorum: int | None = None
    monitors: str = ""
    conf: tuple[str, ...] = ()
    directives: tuple[tuple[str, str], ...] = ()
    stands_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """All of it together; empty by default: a machine for each node, all in one place.

    With `in_step` all Sentinels start in the same instant with the same random numbers, as copies
    of one virtual machine do.
    """

    boxes: tuple[Box, ...] = ()
    sites: tuple[Site, ...] = ()
    links: tuple[Link, ...] = ()
    nodes: tuple[NodeSettings, ...] = ()
    in_step: bool = False

    def settings_of(self, node: str) -> NodeSettings:
        """What is different about `node`."""
        return next((each for each in self.nodes if each.name == node), NodeSettings(name=node))

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The nodes of every box and every site, by its name."""
        boxes = {box.name: box.nodes for box in self.boxes}
        sites = {site.name: members_of(site.nodes, boxes) for site in self.sites}
        return {**boxes, **sites}

    def unknown_nodes(self, known: Iterable[str]) -> list[str]:
        """The nodes that something is said about and that are not among `known`, in order."""
        names = dict.fromkeys(node for group in self.groups.values() for node in group)
        for each in self.nodes:
            names[each.name] = None
            if each.monitors:
                names[each.monitors] = None
        present = set(known)
        return [name for name in names if name not in present]


def members_of(names: Iterable[str], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The nodes that `names` stand for, where a name may be that of a group; none twice."""
    return tuple(dict.fromkeys(node for name in names for node in groups.get(name, (name,))))
