"""What a Sentinel has to go by at a moment: its own opinion of the master, and what it was told.

Needs a run of one master that was recorded with its messages: a Sentinel says on the trace when an
opinion changes, and not how fresh it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from minisentinel.trace import ObjectivelyDown, SentinelEvent, SubjectivelyDown, Trace
from sim.judge.messages import Message, find_messages
from sim.judge.nodes import find_nodes
from sim.tables import Table
from sim.trace import MessageReceived, ProcessChanged

__all__ = ["FORGOTTEN_AFTER_US", "Evidence", "evidence_at", "opinions_table"]

FORGOTTEN_AFTER_US = 5_000_000
"""A peer's opinion counts for so long after its last answer (spec: election §2)."""

_ANSWER = re.compile(r":([01]) \S+ :\d+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What `sentinel` goes by. Times are microseconds of the run, None for what is not so.

    `down_since_us` is since when it holds the master to be subjectively down itself. `heard` are
    the peers' last answers that it has not forgotten, by the peer's name: whether they said down,
    and when the answer came. `objectively_down` is what it last concluded.
    """

    sentinel: str
    down_since_us: int | None
    heard: tuple[tuple[str, bool, int], ...]
    objectively_down: bool

    @property
    def count(self) -> int:
        """How many it counts for a master that is down, itself included (spec: monitoring §7)."""
        if self.down_since_us is None:
            return 0
        return 1 + sum(down for _, down, _ in self.heard)


@dataclass(slots=True)
class _Draft:
    down_since_us: int | None = None
    heard: dict[str, tuple[bool, int]] = field(default_factory=dict)
    objectively_down: bool = False


def evidence_at(trace: Trace, seconds: float) -> tuple[Evidence, ...]:
    """What every Sentinel that runs goes by `seconds` into the run, in order of their names.

    Raises `sim.judge.messages.NoMessages` for a trace without messages.
    """
    until_us = round(seconds * 1_000_000)
    answers = _answers(trace)
    sentinels = {node.name for node in find_nodes(trace).of_type("sentinel")}
    drafts: dict[str, _Draft] = {}
    for index, entry in enumerate(trace.entries):
        if entry.time_us > until_us:
            break
        if entry.node not in sentinels:
            continue
        data = entry.data
        if isinstance(data, ProcessChanged) and data.is_end:
            drafts.pop(entry.node, None)
            continue
        draft = drafts.setdefault(entry.node, _Draft())
        match data:
            case SubjectivelyDown() if data.subject == "master":
                draft.down_since_us = entry.time_us if data.down else None
            case MessageReceived() if index in answers:
                answer = answers[index]
                draft.heard[answer.sender] = (answer.text.startswith(":1"), entry.time_us)
            case ObjectivelyDown():
                draft.objectively_down = data.down
            case SentinelEvent() if data.name in ("+switch-master", "+reset-master"):
                drafts[entry.node] = _Draft()
            case _:
                pass
    return tuple(_evidence(name, drafts[name], until_us) for name in sorted(drafts))


def _answers(trace: Trace) -> dict[int, Message]:
    """What was answered to is-master-down-by-addr, by the place at which it was read."""
    return {
        message.received: message
        for message in find_messages(trace)
        if message.received is not None and _ANSWER.fullmatch(message.text)
    }


def _evidence(name: str, draft: _Draft, now_us: int) -> Evidence:
    heard = tuple(
        (peer, down, at_us)
        for peer, (down, at_us) in sorted(draft.heard.items())
        if now_us - at_us <= FORGOTTEN_AFTER_US
    )
    return Evidence(name, draft.down_since_us, heard, draft.objectively_down)


def opinions_table(trace: Trace, seconds: float) -> Table:
    """`evidence_at` as a table: what each thinks, who told it what how long ago, what it counts.

    Peers that said that the master is up do not count.
    """
    rows = []
    for each in evidence_at(trace, seconds):
        own = "up"
        if each.down_since_us is not None:
            own = f"down, for {seconds - each.down_since_us / 1e6:.1f} s"
        down = "; ".join(
            f"{peer} ({seconds - at_us / 1e6:.1f} s ago)"
            for peer, down, at_us in each.heard
            if down
        )
        up = ", ".join(peer for peer, down, _ in each.heard if not down)
        verdict = "objectively down" if each.objectively_down else ""
        rows.append((each.sentinel, own, down, up, each.count, verdict))
    heads = ("Sentinel", "its own opinion", "told it down", "told it up", "counts", "concludes")
    return Table(heads, tuple(rows), f"Is the master down? {seconds:g} s")
