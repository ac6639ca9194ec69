"""Replication lag: how many bytes of its master's stream each replica has yet to receive."""

from __future__ import annotations

from dataclasses import dataclass, field

from minisentinel.trace import Entry, Trace
from sim.judge.nodes import Nodes, find_nodes
from sim.trace import (
    FullSyncLoaded,
    FullSyncStarted,
    PartialSync,
    ProcessChanged,
    ReplicaLinkChanged,
    ReplicationOffset,
    RoleChanged,
    WriteAccepted,
    WriteApplied,
)

__all__ = ["LagPoint", "LagSeries", "replication_lag"]


@dataclass(frozen=True, slots=True)
class LagPoint:
    """From `time_us` on the lag is `lag_bytes`.

    None: there is none, since it is no replica, or it or its master does not run.
    """

    time_us: int
    lag_bytes: int | None


@dataclass(frozen=True, slots=True)
class LagSeries:
    """The lag of one server over time, as steps; only servers that ever were a replica have one."""

    replica: str
    points: tuple[LagPoint, ...]


def replication_lag(trace: Trace) -> tuple[LagSeries, ...]:
    """The lag of each replica behind the server that it is configured to follow.

    It is the offset of that server minus its own, seen from outside: no node knows it that exactly.
    Offsets are sampled, and told by writes and synchronisations too. What a replica has received
    over a link that is up, its master must have sent, whenever that was sampled; so the lag of such
    a replica is never negative. Without a link it is, when the replica holds bytes of a history
    that is not its master's, as an old master does until its data is replaced.
    """
    reader = _Reader(find_nodes(trace))
    for entry in trace.entries:
        reader.read(entry)
    return tuple(LagSeries(node, tuple(points)) for node, points in reader.series.items() if points)


@dataclass(slots=True)
class _Reader:
    """What is known while the trace is read: offsets, who follows whom, and over which links."""

    nodes: Nodes
    offsets: dict[str, int] = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)
    linked: set[str] = field(default_factory=set)
    series: dict[str, list[LagPoint]] = field(default_factory=dict)

    def read(self, entry: Entry) -> None:
        """Take note of one entry."""
        data = entry.data
        node, now = entry.node, entry.time_us
        match data:
            case (
                ReplicationOffset()
                | WriteAccepted()
                | WriteApplied()
                | FullSyncStarted()
                | FullSyncLoaded()
                | PartialSync()
            ):
                self.has_offset(node, data.offset, now)
            case RoleChanged():
                master = None
                if data.role == "replica":
                    master = self.nodes.name_at((data.master_host, data.master_port))
                if master is None or master != self.follows.get(node):
                    self.linked.discard(node)
                    self.follows.pop(node, None)
                if master is not None:
                    self.follows[node] = master
                self.note(node, now)
            case ReplicaLinkChanged():
                if data.up:
                    self.linked.add(node)
                else:
                    self.linked.discard(node)
            case ProcessChanged() if data.is_end:
                self.linked.discard(node)
                self.offsets.pop(node, None)
                self.note(node, now)
            case _:
                pass

    def has_offset(self, node: str, offset: int, now: int) -> None:
        """`node` is at `offset`, and its master therefore not behind that."""
        self.offsets[node] = offset
        master = self.follows.get(node)
        if node in self.linked and master in self.offsets and self.offsets[master] < offset:
            self.has_offset(master, offset, now)
        self.note(node, now)
        for replica, followed in self.follows.items():
            if followed == node:
                self.note(replica, now)

    def note(self, node: str, now: int) -> None:
        """Add a point to the series of `node` if its lag has changed."""
        master = self.follows.get(node)
        if master is None or node not in self.offsets or master not in self.offsets:
            lag = None
        else:
            lag = self.offsets[master] - self.offsets[node]
        points = self.series.setdefault(node, [])
        if points and points[-1].time_us == now:
            points.pop()
        if (points and points[-1].lag_bytes == lag) or (not points and lag is None):
            return
        points.append(LagPoint(now, lag))
