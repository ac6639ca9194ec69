"""Gossip: who has heard of whom, and by which hello.

`find_meetings` needs the Sentinels' events only; `find_hellos` a run that was recorded with its
messages.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.hello import HELLO_CHANNEL, Hello
from minisentinel.trace import SentinelEvent, Trace
from sim.judge.messages import find_messages
from sim.judge.nodes import find_nodes
from sim.tables import Table

__all__ = [
    "Heard",
    "Meeting",
    "find_hellos",
    "find_meetings",
    "hellos_table",
    "meetings_table",
]


@dataclass(frozen=True, slots=True)
class Meeting:
    """At `time_us` `sentinel` learnt that there is `other`."""

    sentinel: str
    other: str
    time_us: int


@dataclass(frozen=True, slots=True)
class Heard:
    """`listener` read a hello of `speaker` at `time_us`.

    It came by way of the server `carrier`, on the connection that the listener is subscribed on, or
    directly, if that is empty. Its own hellos come back to every Sentinel too.
    """

    speaker: str
    carrier: str
    listener: str
    time_us: int
    hello: Hello


def find_meetings(trace: Trace) -> tuple[Meeting, ...]:
    """The first time that each Sentinel learnt of each other one, in order of time."""
    nodes = find_nodes(trace)
    found: dict[tuple[str, str], Meeting] = {}
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, SentinelEvent) and data.name == "+sentinel":
            other = nodes.name_of_id(data.payload.split()[1])
            meeting = Meeting(entry.node, other, entry.time_us)
            found.setdefault((entry.node, other), meeting)
    return tuple(found.values())


def meetings_table(trace: Trace) -> Table:
    """A row for each Sentinel: when, in seconds of the run, it learnt of which other one."""
    times = {(each.sentinel, each.other): each.time_us for each in find_meetings(trace)}
    names = sorted(node.name for node in find_nodes(trace).of_type("sentinel"))
    rows = [
        (
            one,
            *(f"{times[one, other] / 1e6:.3f}" if (one, other) in times else "" for other in names),
        )
        for one in names
    ]
    return Table(("learns of", *names), tuple(rows), "seconds of the run")


def find_hellos(trace: Trace) -> tuple[Heard, ...]:
    """Every hello that a Sentinel read, in order of time.

    Raises `sim.judge.messages.NoMessages` for a trace without messages. A hello that was too long
    for the record is left out.
    """
    nodes = find_nodes(trace)
    sentinels = {node.name for node in nodes.of_type("sentinel")}
    found = []
    for message in find_messages(trace):
        if message.receiver not in sentinels or message.received_us is None:
            continue
        verb, _, rest = message.text.partition(" ")
        channel, _, payload = rest.partition(" ")
        is_whole = not payload.endswith("…")
        hello = Hello.parse(payload) if channel == HELLO_CHANNEL and is_whole else None
        if hello is not None and verb in ("message", "PUBLISH"):
            speaker = nodes.name_of_id(hello.runid)
            carrier = message.sender if verb == "message" else ""
            found.append(Heard(speaker, carrier, message.receiver, message.received_us, hello))
    return tuple(sorted(found, key=lambda each: each.time_us))


def hellos_table(trace: Trace, since: float, until: float, *, listener: str = "") -> Table:
    """The hellos that were read from `since` to `until` (seconds of the run), and what they said.

    `listener` is the Sentinel that read them (all, if empty).
    """
    nodes = find_nodes(trace)
    rows = []
    for each in find_hellos(trace):
        if not since <= each.time_us / 1e6 <= until or listener not in ("", each.listener):
            continue
        told = each.hello
        rows.append(
            (
                f"{each.time_us / 1e6:.3f}",
                each.listener,
                "itself" if each.speaker == each.listener else each.speaker,
                each.carrier or "directly",
                told.current_epoch,
                f"{told.master_name} is {nodes.name_at((told.master_host, told.master_port))}",
                told.config_epoch,
            )
        )
    heads = ("at (s)", "listener", "hears", "by way of", "epoch", "which says", "config epoch")
    return Table(heads, tuple(rows))
