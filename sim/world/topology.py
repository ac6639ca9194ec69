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
    """What lies between two sites (or within one), both ways: a distribution of one-way delays.

    Without a `latency` it is as anywhere.

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

    For a Sentinel: its own `quorum`, the server that its file `monitors` as the master, what it
    calls that one (`master_name`), and further lines of its file (`conf`). For a server: directives
    of its ``redis.conf`` (`directives`), whom it `follows` at the start if not its master, or that
    it `stands_alone` then.

    With a `published_port` the node lives in a container: others reach it at that port of its
    machine, and it sees an address of its own and its usual port. It `announces` where others reach
    it, or what it sees. `drift_ppm` is by how many parts per million the clock of its machine runs
    too fast; the machine stalls for `busy`, again `free` after each stall, if both are given.
    """

    name: str
    quorum: int | None = None
    monitors: str = ""
    conf: tuple[str, ...] = ()
    directives: tuple[tuple[str, str], ...] = ()
    stands_alone: bool = False
    follows: str = ""
    master_name: str = ""
    published_port: int | None = None
    announces: bool = False
    drift_ppm: float = 0.0
    busy: Latency | None = None
    free: Latency | None = None


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
            names.update(dict.fromkeys(other for other in (each.monitors, each.follows) if other))
        present = set(known)
        return [name for name in names if name not in present]


def members_of(names: Iterable[str], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The nodes that `names` stand for, where a name may be that of a group; none twice."""
    return tuple(dict.fromkeys(node for name in names for node in groups.get(name, (name,))))
