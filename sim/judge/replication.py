"""Replication lag: how many bytes of its master's stream each replica has yet to receive."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.nodes import find_nodes
from sim.trace import NodeStarted, ProcessChanged, ReplicationOffset, RoleChanged

__all__ = ["LagPoint", "LagSeries", "replication_lag"]


@dataclass(frozen=True, slots=True)
class LagPoint:
    """From `time_us` on the lag is `lag_bytes`; None: it has none (down, or no replica)."""

    time_us: int
    lag_bytes: int | None


@dataclass(frozen=True, slots=True)
class LagSeries:
    """The lag of one server over time, as steps; only servers that ever were a replica have one."""

    replica: str
    points: tuple[LagPoint, ...]


def replication_lag(trace: Trace) -> tuple[LagSeries, ...]:
    """The lag of each replica behind the server that it is configured to follow.

    It is the offset of that server minus its own, as the trace samples them, seen from outside: no
    node knows it that exactly. It is negative when the replica holds bytes of another history than
    its master's, as an old master does until its data is replaced.
    """
    nodes = find_nodes(trace)
    offsets: dict[str, int] = {}
    follows: dict[str, str] = {}
    down: set[str] = set()
    series: dict[str, list[LagPoint]] = {}

    def note(node: str, now: int) -> None:
        master = follows.get(node)
        if node in down or master is None or node not in offsets or master not in offsets:
            lag = None
        else:
            lag = offsets[master] - offsets[node]
        points = series.setdefault(node, [])
        if points and points[-1].lag_bytes == lag:
            return
        if points and points[-1].time_us == now:
            points.pop()
            if points and points[-1].lag_bytes == lag:
                return
        if points or lag is not None:
            points.append(LagPoint(now, lag))

    for entry in trace.entries:
        data = entry.data
        node, now = entry.node, entry.time_us
        match data:
            case ReplicationOffset():
                offsets[node] = data.offset
                for replica, master in follows.items():
                    if master == node:
                        note(replica, now)
                if node in follows:
                    note(node, now)
            case RoleChanged():
                if data.role == "replica":
                    follows[node] = nodes.name_at((data.master_host, data.master_port))
                else:
                    follows.pop(node, None)
                note(node, now)
            case ProcessChanged() if data.change == "killed":
                down.add(node)
                note(node, now)
            case ProcessChanged() if data.change == "started":
                down.discard(node)
            case NodeStarted():
                down.discard(node)
            case _:
                pass
    return tuple(LagSeries(node, tuple(points)) for node, points in series.items() if points)
