"""Whom every Sentinel counts: the voters, dead or alive, that it knows of at a moment."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minisentinel.trace import SentinelEvent, Trace
from sim.judge.nodes import Address, find_nodes, trace_end_us
from sim.judge.states import Health, node_histories
from sim.tables import Table

__all__ = ["Acquaintance", "find_acquaintances", "voters_table"]

_MOVED = re.compile(r" ip (?P<ip>\S+) port (?P<port>\d+) for (?P<runid>[0-9a-f]{40})$")


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What the Sentinel `sentinel` knows of one master's other Sentinels and replicas.

    `peers` and `replicas` are addresses in the order in which they were met. All of the peers
    count as voters, alive or not (spec: election §6).
    """

    sentinel: str
    master: str
    peers: tuple[Address, ...]
    replicas: tuple[Address, ...]

    @property
    def voters(self) -> int:
        """The Sentinels that it believes there are, itself included."""
        return len(self.peers) + 1

    @property
    def majority(self) -> int:
        """The votes that it needs to be a leader, whatever the quorum."""
        return self.voters // 2 + 1


def find_acquaintances(trace: Trace, at: float | None = None) -> tuple[Acquaintance, ...]:
    """What each Sentinel knows at `at`, in seconds of the run (None: at the end).

    Read from the events that tell of it, so what stood in a configuration file before is unknown; a
    Sentinel that was restarted still knows what it knew. Sentinels in order of their names.
    """
    until = trace_end_us(trace) if at is None else int(at * 1e6)
    known: dict[tuple[str, str], tuple[dict[str, Address], dict[Address, None]]] = {}
    for entry, data in trace.of(SentinelEvent):
        if entry.time_us > until:
            break
        if data.master:
            key = (entry.node, data.master)
            peers, replicas = known.setdefault(key, ({}, {}))
            _follow(data, peers, replicas)
            if data.name == "-monitor":
                del known[key]
    found = (
        Acquaintance(sentinel, master, tuple(peers.values()), tuple(replicas))
        for (sentinel, master), (peers, replicas) in known.items()
    )
    return tuple(sorted(found, key=lambda each: (_number(each.sentinel), each.master)))


def _follow(data: SentinelEvent, peers: dict[str, Address], replicas: dict[Address, None]) -> None:
    address = (data.host, data.port)
    match data.name:
        case "+sentinel":
            peers[data.payload.split(" ")[1]] = address
        case "+sentinel-invalid-addr":
            peers.pop(data.payload.split(" ")[1], None)
        case "+sentinel-address-switch":
            moved = _MOVED.search(data.payload)
            if moved:
                peers[moved["runid"]] = (moved["ip"], int(moved["port"]))
        case "+slave":
            replicas[address] = None
        case "+reset-master":
            peers.clear()
            replicas.clear()
        case "+switch-master":
            replicas.clear()  # each one that is kept is announced again
        case _:
            pass


def voters_table(trace: Trace, at: float | None = None) -> Table:
    """A row for each Sentinel that lives at `at` (seconds of the run; None: the end).

    Which others it knows (a dead one in brackets), how many voters that makes, how many votes a
    leader needs, and how many of those voters live: too few, if less than needed.
    """
    nodes = find_nodes(trace)
    time_us = trace_end_us(trace) if at is None else int(at * 1e6)
    living = {
        name
        for name, history in node_histories(trace).items()
        if history.health_at(time_us) not in (None, Health.DOWN)
    }
    several = len({each.master for each in find_acquaintances(trace, at)}) > 1
    rows = []
    for each in find_acquaintances(trace, at):
        if each.sentinel not in living:
            continue
        names = [nodes.name_at(address) for address in each.peers]
        told = [name if name in living else f"({name})" for name in sorted(names, key=_number)]
        alive = 1 + sum(name in living for name in names)
        who = f"{each.sentinel}, {each.master}" if several else each.sentinel
        replicas = len(each.replicas)
        rows.append((who, ", ".join(told), each.voters, each.majority, alive, replicas))
    headings = ("Sentinel", "knows", "voters", "votes needed", "of them alive", "replicas known")
    return Table(headings, tuple(rows))


def _number(name: str) -> tuple[int, str]:
    """sentinel-2 before sentinel-10."""
    return len(name), name
