"""A run in Chrome's trace-event format, which Perfetto and chrome://tracing open.

Every kind of node is a process there and every node a thread; what lasts is a slice, what happens
a slice of a microsecond (arrows can only hang on slices), and a message an arrow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from minisentinel.trace import FailoverStateChanged, Trace
from minisentinel.trace.entry import data_fields
from sim.exports.slices import Slice, tell
from sim.judge import (
    Health,
    Nodes,
    down_spans,
    find_nodes,
    node_histories,
    trace_end_us,
)
from sim.judge.messages import NoMessages, find_messages
from sim.judge.wording import with_names
from sim.trace import Operation, ReplicationOffset

__all__ = ["chrome_trace"]

_GROUPS = {"client": 1, "redis": 2, "sentinel": 3}
_HEADINGS = {1: "clients", 2: "Redis servers", 3: "Sentinels", 4: "the world"}
_WORLD = 4
_MOMENT_US = 1

_Event = dict[str, Any]


class _Threads:
    """Numbers for the tracks: a node's own, and others that belong to it."""

    def __init__(self, nodes: Nodes) -> None:
        self._groups = {node.name: _GROUPS.get(node.type, _WORLD) for node in nodes.all}
        self.numbers: dict[tuple[str, str], tuple[int, int]] = {}

    def of(self, node: str, track: str = "") -> dict[str, int]:
        """The ``pid`` and ``tid`` of a node's track."""
        place = self.numbers.get((node, track))
        if place is None:
            place = (self._groups.get(node, _WORLD), len(self.numbers) + 1)
            self.numbers[node, track] = place
        return {"pid": place[0], "tid": place[1]}

    def names(self) -> Iterator[_Event]:
        """What the viewer shall call the tracks, in the order in which they appeared."""
        for pid in dict.fromkeys(pid for pid, _ in self.numbers.values()):
            yield _meta("process_name", pid, 0, name=_HEADINGS[pid])
            yield _meta("process_sort_index", pid, 0, sort_index=pid)
        for (node, track), (pid, tid) in self.numbers.items():
            yield _meta("thread_name", pid, tid, name=f"{node} {track}".rstrip())


def _meta(sort: str, pid: int, tid: int, **args: object) -> _Event:
    return {"ph": "M", "name": sort, "pid": pid, "tid": tid, "args": args}


def chrome_trace(trace: Trace, part: Slice | None = None) -> str:
    """The JSON text; times are microseconds of the run.

    `part` chooses moments and nodes; states that lie partly within its time are shown whole.
    """
    part = part or Slice()
    threads = _Threads(find_nodes(trace))
    events = [
        *_moments(trace, part, threads),
        *_states(trace, part, threads),
        *_failovers(trace, part, threads),
        *_suspicions(trace, part, threads),
        *_operations(trace, part, threads),
        *_messages(trace, part, threads),
    ]
    events.sort(key=lambda event: event["ts"])
    whole = {
        "displayTimeUnit": "ms",
        "otherData": {"scenario": trace.header.scenario, "seed": trace.header.seed},
        "traceEvents": [*threads.names(), *events],
    }
    return json.dumps(whole, ensure_ascii=False) + "\n"


def _slice(
    title: str, where: dict[str, int], start: int, end: int, args: dict[str, Any] | None = None
) -> _Event:
    span = max(end - start, _MOMENT_US)
    what = {"ph": "X", "name": title, "cat": "run", "ts": start, "dur": span}
    return {**what, **where, "args": args or {}}


def _moments(trace: Trace, part: Slice, threads: _Threads) -> Iterator[_Event]:
    for each in tell(trace, part):
        entry = each.entry
        now = entry.time_us
        fields = data_fields(entry.data)
        where = threads.of(entry.node)
        yield _slice(each.wording.words, where, now, now + _MOMENT_US, fields)
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, ReplicationOffset) and _shows(part, entry.node, entry.time_us):
            yield {
                "ph": "C",
                "name": f"offset of {entry.node}",
                "ts": entry.time_us,
                "args": {"bytes": data.offset},
                **threads.of(entry.node),
            }


def _shows(part: Slice, node: str, *times: int) -> bool:
    return part.has_node(node) and any(map(part.has_moment, times))


def _overlaps(part: Slice, node: str, start: int, end: int) -> bool:
    if not part.has_node(node):
        return False
    return part.until is None or start <= part.until * 1e6 if end >= part.since * 1e6 else False


def _states(trace: Trace, part: Slice, threads: _Threads) -> Iterator[_Event]:
    """What a process could do, and what a server was."""
    for name, history in node_histories(trace).items():
        for health in history.health:
            ill = health.value is not Health.UP
            if ill and _overlaps(part, name, health.start_us, health.end_us):
                where = threads.of(name, "process")
                yield _slice(health.value.value, where, health.start_us, health.end_us)
        for role in history.role:
            if _overlaps(part, name, role.start_us, role.end_us):
                where = threads.of(name, "role")
                yield _slice(role.value.name, where, role.start_us, role.end_us)


def _failovers(trace: Trace, part: Slice, threads: _Threads) -> Iterator[_Event]:
    """The states of each failover machine, except for rest."""
    running: dict[tuple[str, str], tuple[str, int, int]] = {}
    end = trace_end_us(trace)

    def closed(key: tuple[str, str], until: int) -> Iterator[_Event]:
        state, since, epoch = running.pop(key)
        node, master = key
        if state != "none" and _overlaps(part, node, since, until):
            where = threads.of(node, f"failover of {master}")
            yield _slice(state, where, since, until, {"epoch": epoch})

    for entry in trace.entries:
        data = entry.data
        if isinstance(data, FailoverStateChanged):
            key = (entry.node, data.master)
            if key in running:
                yield from closed(key, entry.time_us)
            running[key] = (data.after, entry.time_us, data.epoch)
    for key in list(running):
        yield from closed(key, end)


def _suspicions(trace: Trace, part: Slice, threads: _Threads) -> Iterator[_Event]:
    """Who held whom to be down: these overlap, so they are asynchronous slices."""
    nodes = find_nodes(trace)
    for number, span in enumerate(down_spans(trace)):
        if _overlaps(part, span.sentinel, span.start_us, span.end_us):
            name = f"{span.flag} {nodes.name_at(span.address)}"
            common = {"cat": span.flag, "name": name, "id": number, **threads.of(span.sentinel)}
            yield {"ph": "b", "ts": span.start_us, **common, "args": {"master": span.master}}
            yield {"ph": "e", "ts": span.end_us, **common}


def _operations(trace: Trace, part: Slice, threads: _Threads) -> Iterator[_Event]:
    """Asynchronous, too: a client may have many on their way."""
    number = 0
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, Operation) and _shows(part, entry.node, data.started_us, entry.time_us):
            number += 1
            what = {"cat": "operation", "id": number, **threads.of(entry.node)}
            name = f"{data.name} {data.outcome}"
            args = {"write": data.write, "target": data.target, "error": data.error}
            yield {"ph": "b", "ts": data.started_us, "name": name, **what, "args": args}
            yield {"ph": "e", "ts": entry.time_us, "name": name, **what}


def _messages(trace: Trace, part: Slice, threads: _Threads) -> Iterator[_Event]:
    try:
        messages = find_messages(trace)
    except NoMessages:
        return
    nodes = find_nodes(trace)
    for number, message in enumerate(messages):
        if message.receiver is None or message.received_us is None:
            continue
        ends = ((message.sender, message.sent_us), (message.receiver, message.received_us))
        if not all(_shows(part, node, time) for node, time in ends):
            continue
        for phase, (node, time) in zip("sf", ends, strict=True):
            where = threads.of(node, "messages")
            yield _slice(with_names(message.text, nodes), where, time, time + _MOMENT_US)
            bound = {"bp": "e"} if phase == "f" else {}
            arrow = {"ph": phase, "name": "message", "cat": "message", "id": number, "ts": time}
            yield {**arrow, **bound, **where}
