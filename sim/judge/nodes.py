"""Who took part: names, types, addresses, and the Sentinel id behind each name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.trace import HostNamed, NodeStarted

__all__ = ["Address", "Node", "Nodes", "find_nodes", "trace_end_us"]

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Node:
    """A process of the run. `address` is where it is reached; `runid` the one it had first.

    A Redis server takes a new run id whenever it starts, a Sentinel keeps its id for life.
    """

    name: str
    type: str
    address: Address
    runid: str
    started_us: int


@dataclass(frozen=True, slots=True)
class Nodes:
    """All nodes in the order in which they started, and how to find them.

    A host may be written as a name, in lower case, where that is the last thing it was known to
    mean.
    """

    all: tuple[Node, ...]
    by_name: Mapping[str, Node]
    by_address: Mapping[Address, Node]
    by_runid: Mapping[str, Node]

    def of_type(self, type: str) -> tuple[Node, ...]:
        """The nodes of `type` (redis, sentinel, client), in the order in which they started."""
        return tuple(node for node in self.all if node.type == type)

    def name_at(self, address: Address) -> str:
        """The name of the node at `address`; ``host:port`` if no node of the trace is there."""
        node = self.at(address)
        return node.name if node else f"{address[0]}:{address[1]}"

    def at(self, address: Address) -> Node | None:
        """The node at `address`, where the host may be a name; None if no node is there."""
        host, port = address
        return self.by_address.get(address) or self.by_address.get((host.lower(), port))

    def name_of_id(self, runid: str) -> str:
        """The name of the node with this id; the id itself if the trace does not know it."""
        node = self.by_runid.get(runid)
        return node.name if node else runid


def find_nodes(trace: Trace) -> Nodes:
    """The nodes of a trace, from its ``node-started`` records (a restart repeats one).

    The names of their hosts come from ``host-named`` records.
    """
    by_name: dict[str, Node] = {}
    by_address: dict[Address, Node] = {}
    by_runid: dict[str, Node] = {}
    names: dict[str, str] = {}
    for _, named in trace.of(HostNamed):
        if named.address:
            names[named.name.lower()] = named.address
    for entry, data in trace.of(NodeStarted):
        node = by_name.get(entry.node)
        if node is None:
            address = (data.host, data.port)
            node = Node(entry.node, data.type, address, data.runid, entry.time_us)
            by_name[entry.node] = node
        if data.port:
            by_address[data.host, data.port] = node
        if data.runid:
            by_runid[data.runid] = node
    for name, host in names.items():
        ports = [(port, node) for (at, port), node in by_address.items() if at == host]
        by_address.update({(name, port): node for port, node in ports})
    return Nodes(tuple(by_name.values()), by_name, by_address, by_runid)


def trace_end_us(trace: Trace) -> int:
    """The time of the last entry, which is where everything still going on is cut off."""
    return trace.entries[-1].time_us if trace.entries else 0
