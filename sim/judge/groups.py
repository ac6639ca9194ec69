"""Which servers belong together: a master under its name, and all that ever replicated it."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import SentinelEvent, Trace
from sim.judge.flags import switch_addresses
from sim.judge.nodes import find_nodes

__all__ = ["Group", "find_groups"]


@dataclass(frozen=True, slots=True)
class Group:
    """`servers` that Sentinels know under the names `masters`, both in order of appearance.

    There is more than one name if a server was seen under several: groups that share a server share
    their data, and count as one.
    """

    masters: tuple[str, ...]
    servers: tuple[str, ...]


def find_groups(trace: Trace) -> tuple[Group, ...]:
    """The groups of servers in `trace`, at least one.

    A server belongs to a name if a Sentinel ever called it the master of that name, or a replica of
    it. If there is only one group, it has every server of the trace.
    """
    nodes = find_nodes(trace)
    servers = [node.name for node in nodes.of_type("redis")]
    known: dict[str, dict[str, None]] = {}
    for _, data in trace.of(SentinelEvent):
        if data.subject not in ("master", "slave"):
            continue
        addresses = [(data.host, data.port)]
        if data.name == "+switch-master" and (switch := switch_addresses(data)) is not None:
            addresses += switch
        members = known.setdefault(data.master, {})
        for address in addresses:
            if (node := nodes.at(address)) is not None:
                members.setdefault(node.name)
    groups = _merged(known)
    if len(groups) <= 1:
        return (Group(tuple(known), tuple(servers)),)
    return tuple(groups)


def _merged(known: dict[str, dict[str, None]]) -> list[Group]:
    """The names with their servers, those with a server in common as one group."""
    groups: list[Group] = []
    for name, members in known.items():
        joined = [group for group in groups if any(each in members for each in group.servers)]
        groups = [group for group in groups if group not in joined]
        masters = [*(each for group in joined for each in group.masters), name]
        servers = dict.fromkeys(each for group in joined for each in group.servers) | members
        groups.append(Group(tuple(masters), tuple(servers)))
    return groups
