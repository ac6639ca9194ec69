"""Which master each Sentinel names, and which server was the master when the trace ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from minisentinel.trace import Entry, SentinelEvent, Trace
from sim.judge.flags import switch_addresses
from sim.judge.nodes import Address, find_nodes
from sim.judge.states import Health, node_histories

__all__ = ["Naming", "find_final_master", "find_namings"]


@dataclass(frozen=True, slots=True)
class Naming:
    """The last word of `sentinel` on where `master` is, and the entry in which it said so."""

    sentinel: str
    master: str
    address: Address
    entry: Entry


def find_namings(trace: Trace) -> dict[str, tuple[Naming, ...]]:
    """Per master name, the last naming of every Sentinel, in the order of their first.

    A Sentinel names a master by ``+monitor`` (at each start) and by ``+switch-master``. The leader
    answers clients with the new address already from ``+promoted-slave`` on; this function does not
    count that.
    """
    namings: dict[str, dict[str, Naming]] = {}
    for entry, data in trace.of(SentinelEvent):
        if data.name == "+monitor":
            address = (data.host, data.port)
        elif data.name == "+switch-master":
            switch = switch_addresses(data)
            if switch is None:
                continue
            address = switch[1]
        elif data.name == "-monitor":
            namings.get(data.master, {}).pop(entry.node, None)
            continue
        else:
            continue
        naming = Naming(entry.node, data.master, address, entry)
        namings.setdefault(data.master, {})[entry.node] = naming
    return {master: tuple(each.values()) for master, each in namings.items()}


def find_final_master(trace: Trace, masters: Collection[str] = ()) -> str | None:
    """The node that is the master when the trace ends; None if that cannot be said.

    It is the server that all running Sentinels name, if they name one and the same; without any
    Sentinel in the trace, it is the only running server whose role is master. `masters` are the
    names of masters that count, by default all.
    """
    nodes = find_nodes(trace)
    histories = node_histories(trace)
    end_us = trace.entries[-1].time_us if trace.entries else 0
    running = {
        name for name, history in histories.items() if history.health_at(end_us) is Health.UP
    }
    named = {
        nodes.name_at(naming.address)
        for name, namings in find_namings(trace).items()
        for naming in namings
        if not masters or name in masters
        if naming.sentinel in running or naming.sentinel not in histories
    }
    if named:
        return named.pop() if len(named) == 1 and named <= nodes.by_name.keys() else None
    masters = [
        name
        for name in histories
        if name in running
        and (role := histories[name].role_at(end_us)) is not None
        and role.name == "master"
    ]
    return masters[0] if len(masters) == 1 else None
