"""States of the whole world that come and go, as intervals of time.

A state holds *at* a moment; each function gives the (start, end) intervals, in microseconds, in
which it held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minisentinel.trace import SentinelEvent, Trace
from sim.judge import Health, node_histories, trace_end_us
from sim.judge.flags import switch_addresses
from sim.judge.spans import merged_intervals
from sim.scenarios.expectations.writers import find_writers

__all__ = ["STATES", "State"]

Intervals = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class State:
    """A state that scenario files can name, in words, and when it held."""

    about: str
    intervals: Callable[[Trace], Intervals]
    needs_clients: bool = False


def _masters_at_once(allows: Callable[[int], bool]) -> Callable[[Trace], Intervals]:
    """When the number of running servers that are masters is one that `allows` wants."""

    def intervals(trace: Trace) -> Intervals:
        changes: list[tuple[int, int]] = []
        for history in node_histories(trace).values():
            for role in history.role:
                if role.value.name != "master":
                    continue
                for health in history.health:
                    start = max(role.start_us, health.start_us)
                    end = min(role.end_us, health.end_us)
                    if health.value is not Health.DOWN and start < end:
                        changes += [(start, 1), (end, -1)]
        return _while(changes, allows, trace_end_us(trace) + 1)

    return intervals


def _while(changes: list[tuple[int, int]], allows: Callable[[int], bool], end: int) -> Intervals:
    """When a count that changes by so much at such times is one that is allowed."""
    count, since = 0, 0
    found: list[tuple[int, int]] = []
    for time_us, by in [*sorted(changes), (end, 0)]:
        if time_us > since and allows(count):
            found.append((since, time_us))
        count, since = count + by, time_us
    return merged_intervals(found)


def _agreement(trace: Trace) -> Intervals:
    """When all living Sentinels, one at least, name the same master."""
    named: dict[str, tuple[str, int]] = {}
    found: list[tuple[int, int]] = []
    since = 0
    ends = {
        (entry.time_us, entry.node)
        for entry in trace.of_kind("process")
        if entry.data.is_end  # type: ignore[attr-defined]
    }
    for entry in trace.entries:
        data = entry.data
        before = dict(named)
        if (entry.time_us, entry.node) in ends:
            named.pop(entry.node, None)
        elif isinstance(data, SentinelEvent) and data.name == "+monitor":
            named[entry.node] = (data.host, data.port)
        elif isinstance(data, SentinelEvent) and data.name == "+switch-master":
            switch = switch_addresses(data)
            if switch is not None:
                named[entry.node] = switch[1]
        if named != before:
            if len(set(before.values())) == 1 and entry.time_us > since:
                found.append((since, entry.time_us))
            since = entry.time_us
    if len(set(named.values())) == 1:
        found.append((since, trace_end_us(trace) + 1))
    return merged_intervals(found)


def _everybody_writes(trace: Trace) -> Intervals:
    """When every client that writes has had a write done lately."""
    changes: list[tuple[int, int]] = []
    writers = find_writers(trace)
    for writer in writers:
        for start, end in merged_intervals(writer.fresh_us()):
            changes += [(start, 1), (end, -1)]
    end_us = trace_end_us(trace) + 1
    changes = [(min(time_us, end_us), by) for time_us, by in changes]
    return _while(changes, lambda writing: 0 < writing == len(writers), end_us)


STATES: dict[str, State] = {
    "no-master": State(
        "no living server is a master", _masters_at_once(lambda masters: masters == 0)
    ),
    "one-master": State(
        "one living server is a master", _masters_at_once(lambda masters: masters == 1)
    ),
    "two-masters": State(
        "two living servers are masters, or more", _masters_at_once(lambda masters: masters > 1)
    ),
    "agreement": State("all living Sentinels name the same master", _agreement),
    "clients-write": State(
        "every client that writes has had a write done in the last two seconds (a slow writer: "
        "in the time in which it tries three)",
        _everybody_writes,
        needs_clients=True,
    ),
}
