"""Stale reads: answers that were older than what somebody had been promised before.

A read is stale if, before it began, a client had the acknowledgement of a write of that key which
some server accepted later than the one whose value was read; for a read that found nothing, later
than the key was deleted, expired or evicted. It looks at reality, not at what one server could
know: also a read from the right master is stale when an acknowledged write was lost.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.datasets import Accepted, Reign, follow_groups
from sim.judge.nodes import Nodes, find_nodes
from sim.judge.spans import span_at
from sim.judge.states import NodeHistory, node_histories
from sim.trace import KeyRemoved, Operation, ValueRead, WriteAccepted

__all__ = ["StaleRead", "find_stale_reads"]


@dataclass(frozen=True, slots=True)
class StaleRead:
    """`client` read `value` (None: nothing) at `key` from `server`, and missed the write `missed`.

    `missed` is the newest write acknowledged when the read began, at `started_us`, and `behind_us`
    tells how long ago that was. `why` is ``replica`` (the server was one), ``old master`` (another
    one was in office) or ``lost`` (the right master did not have the write).
    """

    client: str
    key: str
    value: str | None
    server: str
    started_us: int
    ended_us: int
    missed: str
    behind_us: int
    why: str


@dataclass(frozen=True, slots=True)
class _Promise:
    """A write that had been acknowledged by `acknowledged_us` and was accepted at `accepted_us`."""

    acknowledged_us: int
    accepted_us: int
    write: str


def find_stale_reads(trace: Trace) -> tuple[StaleRead, ...]:
    """Every stale read of the trace, in order of their end."""
    if not trace.of(ValueRead):
        return ()
    nodes, histories = find_nodes(trace), node_histories(trace)
    accepted: dict[str, Accepted] = {}
    reigns: dict[str, list[Reign]] = {}
    for group, sets in follow_groups(trace).items():
        accepted |= sets.accepted
        reigns |= dict.fromkeys(group.servers, sets.reigns)
    promises = _promises(trace, accepted)
    removals: dict[str, int] = {}
    stale = []
    for entry, data in trace.of(KeyRemoved, WriteAccepted, ValueRead):
        if isinstance(data, KeyRemoved) or (isinstance(data, WriteAccepted) and data.value is None):
            removals[data.key] = entry.time_us
        if not isinstance(data, ValueRead):
            continue
        newest = _newest_before(promises.get(data.key, ()), data.started_us)
        read = accepted.get(f"{data.key}={data.value}")
        seen_us = removals.get(data.key, 0) if data.value is None else read.time_us if read else 0
        if newest is None or newest.accepted_us <= seen_us:
            continue
        server = _server(nodes, data.target)
        stale.append(
            StaleRead(
                client=entry.node,
                key=data.key,
                value=data.value,
                server=server,
                started_us=data.started_us,
                ended_us=entry.time_us,
                missed=newest.write,
                behind_us=data.started_us - newest.acknowledged_us,
                why=_why(reigns.get(server, []), histories.get(server), server, data.started_us),
            )
        )
    return tuple(stale)


def _promises(trace: Trace, accepted: dict[str, Accepted]) -> dict[str, list[_Promise]]:
    """For each key, in order of acknowledgement, the promise that was the newest from then on."""
    keys = {data.write: data.key for _, data in trace.of(WriteAccepted)}
    promises: dict[str, list[_Promise]] = {}
    for entry, data in trace.of(Operation):
        if data.outcome != "ok" or data.write not in accepted:
            continue
        promise = _Promise(entry.time_us, accepted[data.write].time_us, data.write)
        earlier = promises.setdefault(keys[data.write], [])
        if not earlier or promise.accepted_us > earlier[-1].accepted_us:
            earlier.append(promise)
    return promises


def _newest_before(promises: list[_Promise] | tuple[()], time_us: int) -> _Promise | None:
    index = bisect_right(promises, time_us, key=lambda each: each.acknowledged_us)
    return promises[index - 1] if index else None


def _server(nodes: Nodes, target: str) -> str:
    host, _, port = target.rpartition(":")
    return nodes.name_at((host, int(port)))


def _why(reigns: list[Reign], history: NodeHistory | None, server: str, time_us: int) -> str:
    role = span_at(history.role, time_us) if history else None
    if role is not None and role.value.name == "replica":
        return "replica"
    index = bisect_right(reigns, time_us, key=lambda each: each.start_us)
    in_office = reigns[index - 1].server if index else server
    return "lost" if server == in_office else "old master"
