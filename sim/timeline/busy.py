"""When a server was busy with a command of an operator, or with loading its data.

Neither is recorded as a state: what is recorded is when a command was sent and when it was
answered, and when a process started and when it had its data. A server does one thing at a time,
so between the two it did nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge import Nodes, trace_end_us
from sim.trace import CommandAnswered, DataLoaded, FaultInjected, ProcessChanged

__all__ = ["Busy", "find_busy"]

_SHORT_US = 100_000
"""What took less is not worth a mark."""

_WAITING = frozenset({"BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BZPOPMAX", "BZPOPMIN", "WAIT"})
"""These commands are answered late although the server is free meanwhile."""


@dataclass(frozen=True, slots=True)
class Busy:
    """`server` answered nobody (`what` is ``blocked``), or only that it was ``loading``."""

    server: str
    what: str
    start_us: int
    end_us: int


def find_busy(trace: Trace, nodes: Nodes) -> tuple[Busy, ...]:
    """Every such time of every Redis server, in order of its beginning.

    A command that was never answered lasts until the process ends, or the trace.
    """
    servers = {node.name for node in nodes.all if node.type == "redis"}
    commands: dict[str, list[tuple[str, int]]] = {name: [] for name in servers}
    started: dict[str, int] = {}
    found: list[Busy] = []

    def add(server: str, what: str, start_us: int, end_us: int) -> None:
        if end_us - start_us >= _SHORT_US:
            found.append(Busy(server, what, start_us, end_us))

    for entry, data in trace.of(FaultInjected, CommandAnswered, ProcessChanged, DataLoaded):
        node, now = entry.node, entry.time_us
        if node not in servers:
            continue
        match data:
            case FaultInjected(verb="command") if data.detail.split(" ")[0].upper() not in _WAITING:
                commands[node].append((data.detail, now))
            case CommandAnswered():
                sent = next((each for each in commands[node] if each[0] == data.command), None)
                if sent is not None:
                    commands[node].remove(sent)
                    add(node, "blocked", sent[1], now)
            case ProcessChanged() if data.is_end:
                for _, sent_us in commands[node]:
                    add(node, "blocked", sent_us, now)
                commands[node].clear()
                started.pop(node, None)
            case ProcessChanged(change="started"):
                started[node] = now
            case DataLoaded() if node in started:
                add(node, "loading", started.pop(node), now)
            case _:
                pass
    end_us = trace_end_us(trace)
    for server in sorted(servers):
        for _, sent_us in commands[server]:
            add(server, "blocked", sent_us, end_us)
    return tuple(sorted(found, key=lambda each: (each.start_us, each.server)))
