"""The state of every node over time: is it up, what is its role, is its link to its master up?"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from minisentinel.trace import Trace
from sim.judge.nodes import Address, trace_end_us
from sim.judge.spans import Span, Track, merged_intervals, span_at
from sim.trace import NodeStarted, ProcessChanged, ReplicaLinkChanged, RoleChanged

__all__ = ["Health", "NodeHistory", "Role", "node_histories"]


class Health(enum.Enum):
    """What a process can do: everything, nothing until it goes on, or nothing at all."""

    UP = "up"
    PAUSED = "paused"
    BLOCKED = "blocked"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Role:
    """A server's configured role: ``master``, or ``replica`` of the server at `master`."""

    name: str
    master: Address | None = None


@dataclass(frozen=True, slots=True)
class NodeHistory:
    """One node over time, as spans.

    `health` begins when the node started. `role` and `link_up` (does the replication stream from
    its master flow?) are those of a Redis server and have gaps where nothing is known. A killed
    process keeps its last role, which it may have again when it returns.
    """

    node: str
    health: tuple[Span[Health], ...]
    role: tuple[Span[Role], ...]
    link_up: tuple[Span[bool], ...]

    def health_at(self, time_us: int) -> Health | None:
        """Its health at `time_us`; None before it existed and after the trace."""
        span = span_at(self.health, time_us)
        return span.value if span else None

    def role_at(self, time_us: int) -> Role | None:
        """Its role at `time_us`; None if unknown."""
        span = span_at(self.role, time_us)
        return span.value if span else None

    def link_at(self, time_us: int) -> bool | None:
        """Whether its link to its master was up at `time_us`; None if it has none."""
        span = span_at(self.link_up, time_us)
        return span.value if span else None

    @property
    def outages(self) -> tuple[tuple[int, int], ...]:
        """The (start, end) intervals in which it was not up, neighbours merged."""
        return merged_intervals(
            [(span.start_us, span.end_us) for span in self.health if span.value is not Health.UP]
        )


_HEALTH_AFTER = {
    "killed": Health.DOWN,
    "stopped": Health.DOWN,
    "exited": Health.DOWN,
    "started": Health.UP,
    "paused": Health.PAUSED,
    "resumed": Health.UP,
    "blocked": Health.BLOCKED,
    "unblocked": Health.UP,
}


@dataclass(slots=True)
class _Tracks:
    health: Track[Health] = field(default_factory=Track)
    role: Track[Role] = field(default_factory=Track)
    link_up: Track[bool] = field(default_factory=Track)


def node_histories(trace: Trace) -> dict[str, NodeHistory]:
    """The history of every node that started, by name, in the order of their first start.

    The last state of all lasts until one microsecond after the last entry, so that "at the end of
    the trace" is a time at which a state holds.
    """
    tracks: dict[str, _Tracks] = {}
    told = trace.of(NodeStarted, ProcessChanged, RoleChanged, ReplicaLinkChanged)
    for entry, data in told:
        now = entry.time_us
        node = tracks.setdefault(entry.node, _Tracks())
        if isinstance(data, NodeStarted):
            node.health.change(now, Health.UP)
        elif isinstance(data, ProcessChanged):
            node.health.change(now, _HEALTH_AFTER.get(data.change, node.health.value))
            if data.is_end:
                node.link_up.change(now, None)
        elif isinstance(data, RoleChanged):
            follows = (data.master_host, data.master_port) if data.role == "replica" else None
            role = Role(data.role, follows)
            if role != node.role.value or node.link_up.value is None:
                # A new master means a new link, which is not up before it is said to be.
                node.link_up.change(now, False if follows else None)
            node.role.change(now, role)
        elif isinstance(data, ReplicaLinkChanged):
            node.link_up.change(now, data.up)
    end = trace_end_us(trace) + 1
    return {
        name: NodeHistory(
            name, each.health.finish(end), each.role.finish(end), each.link_up.finish(end)
        )
        for name, each in tracks.items()
    }
