"""Messages between nodes, from traces that have them: the arrows of *happened before*.

Only a run that was told to (`World(messages=True)`, ``run --messages``) records them one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.trace import MessageReceived, MessageSent

__all__ = ["Message", "NoMessages", "find_messages"]


class NoMessages(ValueError):
    """The trace has no messages, and somebody needs them."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `text` went from `sender` to `receiver`.

    `sent` and `received` are places in ``trace.entries``, `sent_us` and `received_us` times;
    receiver, `received` and `received_us` are None if nobody ever read it.
    """

    text: str
    sender: str
    sent: int
    sent_us: int
    receiver: str | None = None
    received: int | None = None
    received_us: int | None = None


def find_messages(trace: Trace) -> tuple[Message, ...]:
    """All messages in the order in which they were sent; raises `NoMessages` if there is none."""
    found: dict[int, Message] = {}
    for index, entry in enumerate(trace.entries):
        data = entry.data
        if isinstance(data, MessageSent):
            found[data.message] = Message(data.text, entry.node, index, entry.time_us)
        elif isinstance(data, MessageReceived) and data.message in found:
            sent = found[data.message]
            found[data.message] = Message(
                sent.text, sent.sender, sent.sent, sent.sent_us, entry.node, index, entry.time_us
            )
    if not found:
        raise NoMessages(
            "the trace has no messages; expected one that was recorded with --messages"
        )
    return tuple(found.values())
