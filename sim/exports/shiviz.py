"""A log with vector clocks, in the form that ShiViz reads: who could have known of what."""

from __future__ import annotations

import json
from collections.abc import Iterator

from minisentinel.trace import Trace
from sim.exports.slices import Slice, tell
from sim.judge import find_nodes
from sim.judge.messages import find_messages
from sim.judge.wording import with_names

__all__ = ["SHIVIZ_PATTERN", "shiviz_log"]

SHIVIZ_PATTERN = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"
"""The parsing expression that ShiViz must be told; it is also its default."""


def shiviz_log(trace: Trace, part: Slice | None = None) -> str:
    """Two lines for each event: ``node {"node": count, ...}``, and what happened.

    Shown are the entries of `part`, and the two ends of each message that connects the nodes of
    `part` within its time. A node's own component counts its events; reading a message takes over
    what its sender knew when it was sent. Raises `NoMessages` for a trace without them.
    """
    part = part or Slice()
    texts = {each.index: each.wording.words for each in tell(trace, part)}
    sent_by: dict[int, int] = {}
    nodes = find_nodes(trace)
    for message in find_messages(trace):
        if message.received is None or message.receiver is None or message.received_us is None:
            continue
        ends = map(part.has_node, (message.sender, message.receiver))
        times = map(part.has_moment, (message.sent_us, message.received_us))
        if all(ends) and all(times):
            words = with_names(message.text, nodes)
            texts[message.sent] = f"sends to {message.receiver}: {words}"
            texts[message.received] = f"reads from {message.sender}: {words}"
            sent_by[message.received] = message.sent
    return "".join(_lines(trace, texts, sent_by))


def _lines(trace: Trace, texts: dict[int, str], sent_by: dict[int, int]) -> Iterator[str]:
    clocks: dict[str, dict[str, int]] = {}
    at_sending: dict[int, dict[str, int]] = {}
    senders = frozenset(sent_by.values())
    for index in sorted(texts):
        node = trace.entries[index].node
        clock = clocks.setdefault(node, {node: 0})
        if index in sent_by:
            for other, count in at_sending[sent_by[index]].items():
                clock[other] = max(clock.get(other, 0), count)
        clock[node] += 1
        if index in senders:
            at_sending[index] = dict(clock)
        seconds = trace.entries[index].time_us / 1_000_000
        words = " ".join(texts[index].split())
        yield f"{node} {json.dumps(dict(sorted(clock.items())))}\n{seconds:.6f} {words}\n"
