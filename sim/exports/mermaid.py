"""A slice of a run as a Mermaid sequence diagram."""

from __future__ import annotations

from minisentinel.trace import Trace
from sim.exports.slices import ExportError, Slice, tell
from sim.judge import find_nodes
from sim.judge.messages import Message, NoMessages, find_messages
from sim.judge.wording import with_names

__all__ = ["LONGEST_DIAGRAM", "mermaid_sequence"]

LONGEST_DIAGRAM = 500
"""More arrows and notes than this no viewer draws, and nobody reads."""


def mermaid_sequence(trace: Trace, part: Slice | None = None) -> str:
    """A ``sequenceDiagram``: a participant for each node, arrows for messages, notes for events.

    Participants stand from left to right by their names. An arrow stands where its message was
    sent; one that nobody read ends in a cross. Traces without messages give notes alone. Raises
    `ExportError` for a slice that is too long to be drawn.
    """
    part = part or Slice()
    nodes = find_nodes(trace)
    lines: list[tuple[int, int, str]] = []
    people: dict[str, str] = {}
    for each in tell(trace, part):
        name = each.entry.node
        text = f"{_seconds(each.entry.time_us)} {each.wording.words}"
        people.setdefault(name, _identifier(name))
        lines.append((each.index, 0, f"Note over {people[name]}: {_safe(text)}"))
    try:
        messages = find_messages(trace)
    except NoMessages:
        messages = ()
    for message in messages:
        if not _is_in(part, message):
            continue
        sender = people.setdefault(message.sender, _identifier(message.sender))
        there = message.receiver or message.sender
        receiver = people.setdefault(there, _identifier(there))
        arrow = "->>" if message.receiver else "--x"
        words = f"{sender}{arrow}{receiver}: {_safe(with_names(message.text, nodes))}"
        lines.append((message.sent, 1, words))
    if len(lines) > LONGEST_DIAGRAM:
        raise ExportError(
            f"the diagram would have {len(lines)} arrows and notes; expected at most "
            f"{LONGEST_DIAGRAM}: choose a shorter time, or fewer nodes"
        )
    declared = [f"    participant {people[name]} as {name}" for name in sorted(people, key=_place)]
    drawn = [f"    {text}" for _, _, text in sorted(lines)]
    return "\n".join(["sequenceDiagram", *declared, *drawn]) + "\n"


def _place(name: str) -> tuple[str, int]:
    """From left to right: sentinel-10 comes after sentinel-9."""
    head = name.rstrip("0123456789")
    return head, int(name[len(head) :] or 0)


def _is_in(part: Slice, message: Message) -> bool:
    ends = (message.sender, message.receiver or message.sender)
    return all(map(part.has_node, ends)) and part.has_moment(message.sent_us)


def _identifier(name: str) -> str:
    """A name that Mermaid takes for one word."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _safe(text: str) -> str:
    """Text without the signs that end a line of a diagram or begin an entity of it."""
    words = " ".join(text.split())
    return "".join({"#": "#35;", ";": "#59;"}.get(letter, letter) for letter in words)


def _seconds(time_us: int) -> str:
    return f"{time_us / 1_000_000:.3f}s"
