"""How long each Sentinel waited for a sign of life: the age of its oldest PING without an answer.

Needs a run that was recorded with its messages.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import PingMissed, Trace
from sim.judge.messages import find_messages
from sim.judge.nodes import find_nodes, trace_end_us
from sim.trace import MessageReceived, ProcessChanged

__all__ = ["Silence", "find_silences"]

_SIGNS_OF_LIFE = ("+PONG", "-LOADING", "-MASTERDOWN")


@dataclass(frozen=True, slots=True)
class Silence:
    """`sentinel` waited for an answer of `server` from `start_us` to `end_us`.

    It begins with a PING that stays without an answer, and ends with the next acceptable one; PINGs
    that are sent meanwhile do not begin it anew (spec: monitoring §5). `answered` is False if no
    answer came before the trace, or the life of the Sentinel, was over.
    """

    sentinel: str
    server: str
    start_us: int
    end_us: int
    answered: bool

    @property
    def duration_us(self) -> int:
        """How long it lasted, in microseconds."""
        return self.end_us - self.start_us


def find_silences(trace: Trace, server: str) -> tuple[Silence, ...]:
    """All silences of the node `server`, in order of their beginning.

    One that was over before the next PING is none: a healthy server takes a moment too. Raises
    `sim.judge.messages.NoMessages` for a trace without messages.
    """
    addresses = {
        address for address, node in find_nodes(trace).by_address.items() if node.name == server
    }
    answers = {
        message.received
        for message in find_messages(trace)
        if message.sender == server and message.text.startswith(_SIGNS_OF_LIFE)
    }
    waiting: dict[str, int] = {}
    found: list[Silence] = []

    def end(sentinel: str, time_us: int, answered: bool) -> None:
        since = waiting.pop(sentinel, None)
        if since is not None:
            found.append(Silence(sentinel, server, since, time_us, answered))

    for index, entry in enumerate(trace.entries):
        match entry.data:
            case PingMissed() as missed if (missed.host, missed.port) in addresses:
                waiting.setdefault(entry.node, entry.time_us - missed.waiting_ms * 1000)
            case MessageReceived() if index in answers:
                end(entry.node, entry.time_us, True)
            case ProcessChanged() as changed if changed.is_end:
                end(entry.node, entry.time_us, False)
            case _:
                pass
    for sentinel in tuple(waiting):
        end(sentinel, trace_end_us(trace), False)
    return tuple(sorted(found, key=lambda each: (each.start_us, each.sentinel)))
