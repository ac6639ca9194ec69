"""What each Sentinel of a run said after the fault, with nodes called by the parts they play.

Runs differ in who is elected and which replica is chosen. So that they can be compared, a label has
the part instead of the name: M is the first master, P a server that was promoted in this run, R any
other replica. What happens for the second time has ``#2`` at its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tools.compare_reference.recordings import Moment, Run

__all__ = ["ROLES", "Sequence", "attempts", "sequences"]

ROLES = {
    "leader": "was elected",
    "candidate": "tried a failover and did not finish it",
    "follower": "never tried one",
    "restarted": "was killed, or crashed, and started again",
    "stopped": "was stopped for a while",
    "reconfigured": "got its settings changed",
    "bystander": "is in a run, or a part of it, without any failover",
}
"""The parts that a Sentinel can play, the most telling first."""

MASTER = "mymaster"
MILESTONES = ("+failover-state-wait-promotion", "+promoted-slave", "+slave-reconf-sent")
"""What a leader does that others notice."""


@dataclass(frozen=True)
class Sequence:
    """The events of one Sentinel as (label, ms from the fault): of a run, or of its `attempt` k.

    `anchors` are what it reacts to and does not say itself: what was done to the deployment, when
    the epoch of the attempt and the one before began, how far the leader was; ms from the fault.
    """

    run: int
    sentinel: str
    role: str
    steps: tuple[tuple[str, int], ...]
    attempt: int = 1
    anchors: dict[str, int] | None = None

    @cached_property
    def times(self) -> dict[str, int]:
        """When each thing happened, in ms from the fault."""
        return dict(self.steps)

    def when(self, what: str) -> int | None:
        """When an event, or an anchor, was; None if it was not."""
        return self.times.get(what, (self.anchors or {}).get(what))


def sequences(run: Run) -> list[Sequence]:
    """One for each Sentinel that lived, or was started, after the fault."""
    found = []
    for who in _sentinels(run):
        said = _said(run, who)
        steps = _labelled(run, who, said)
        found.append(Sequence(run.number, who, _role(run, who, said), steps))
    return found


def attempts(run: Run) -> list[Sequence]:
    """The sequences, cut where a further epoch begins and where a Sentinel starts again.

    In each piece the role is what it was in that attempt: elected, a candidate that was not, a
    follower that heard of it, or a bystander; after its restart a Sentinel is `restarted`.
    """
    began = _epochs(run)
    acts = _acts(run)
    found = []
    for who in _sentinels(run):
        said = _said(run, who)
        whole = _role(run, who, said)
        milestones = _milestones(run, who)
        for number, piece in enumerate(_pieces(said), start=1):
            role = _role_in_attempt(piece)
            if whole in ("stopped", "reconfigured"):
                role = whole
            epoch = next((int(each.payload) for each in piece if each.event == "+new-epoch"), 0)
            anchors = {**acts, **milestones}
            if epoch in began:
                anchors["[epoch begins]"] = began[epoch]
            if epoch - 1 in began:
                anchors["[epoch before]"] = began[epoch - 1]
            steps = _labelled(run, who, piece)
            found.append(Sequence(run.number, who, role, steps, number, anchors))
    return found


def _sentinels(run: Run) -> list[str]:
    """Those that lived, or were started, after the fault."""
    names = sorted({each.who for each in run.moments if each.who.startswith("s")})
    dead = {each.payload for each in run.acts if each.event == "kill9" and each.time_ms < 0}
    restarted = {each.payload for each in run.acts if each.event == "restart"}
    return [name for name in names if name not in dead - restarted]


def _said(run: Run, sentinel: str) -> list[Moment]:
    return [each for each in run.events(sentinel) if each.time_ms >= 0]


def _pieces(said: list[Moment]) -> list[list[Moment]]:
    pieces: list[list[Moment]] = [[]]
    for each in said:
        names = {other.event for other in pieces[-1]}
        again = each.event == "+new-epoch" and "+new-epoch" in names
        if again or _is_start(each):
            pieces.append([])
        pieces[-1].append(each)
    return [piece for piece in pieces if piece]


def _is_start(moment: Moment) -> bool:
    """The first event of a life."""
    return moment.event == "+monitor" and moment.payload.split()[1] == MASTER


def _role(run: Run, sentinel: str, said: list[Moment]) -> str:
    acts = {(each.event, each.payload) for each in run.acts}
    if ("restart", sentinel) in acts:
        return "restarted"
    if ("sigstop", sentinel) in acts:
        return "stopped"
    asked = (each for each in run.moments if each.sort == "ask" and each.who == sentinel)
    if any(each.event.startswith("SENTINEL SET ") for each in asked):
        return "reconfigured"
    names = [each.event for each in said]
    if "+failover-end" in names:
        return "leader"
    if "+try-failover" in names:
        return "candidate"
    in_failover = any(each.event == "+try-failover" for each in run.moments)
    return "follower" if in_failover else "bystander"


def _role_in_attempt(piece: list[Moment]) -> str:
    names = [each.event for each in piece]
    if _is_start(piece[0]):
        return "restarted"
    if "+elected-leader" in names:
        return "leader"
    if "+try-failover" in names:
        return "candidate"
    return "follower" if "+new-epoch" in names else "bystander"


def _part(server: str, promoted: list[str]) -> str:
    return "M" if server == "r0" else "P" if server in promoted else "R"


def _labelled(run: Run, sentinel: str, said: Iterable[Moment]) -> tuple[tuple[str, int], ...]:
    promoted = run.promoted
    return _counted((_label(each, sentinel, promoted), each.time_ms) for each in said)


def _label(moment: Moment, sentinel: str, promoted: list[str]) -> str:
    words = moment.payload.split()
    match moment.event:
        case "+vote-for-leader":
            return f"+vote-for-leader ({'self' if words[0] == sentinel else 'other'})"
        case "+new-epoch" | "+switch-master" | "+tilt" | "-tilt":
            return moment.event
        case "+set":
            return f"+set {words[4]}"
        case "+monitor" | "-monitor" if words[1] != MASTER:
            return f"{moment.event} master {words[1]!r}"
        case _ if words[0] == "slave":
            return f"{moment.event} slave {_part(words[3], promoted)}"
        case _:
            return f"{moment.event} {words[0]}"


def _counted(steps: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    numbered = []
    for label, time_ms in steps:
        counts[label] += 1
        nth = f" #{counts[label]}" if counts[label] > 1 else ""
        numbered.append((label + nth, time_ms))
    return tuple(numbered)


def _acts(run: Run) -> dict[str, int]:
    """What was done after the fault that a Sentinel could notice."""
    promoted = run.promoted
    found = []
    for each in run.acts:
        if each.event in ("restart", "sigcont") and each.time_ms > 0:
            who = each.payload
            whom = _part(who, promoted) if who.startswith("r") else "sentinel"
            found.append((f"[{each.event} {whom}]", each.time_ms))
    return dict(_counted(found))


def _milestones(run: Run, sentinel: str) -> dict[str, int]:
    """How far the leader that finished was, for everybody else."""
    leader = next((each.who for each in run.moments if each.event == "+failover-end"), sentinel)
    if leader == sentinel:
        return {}
    said = _pieces(_said(run, leader))
    last = next(piece for piece in said if any(each.event == "+failover-end" for each in piece))
    return dict(
        _counted(
            (f"[leader {each.event}]", each.time_ms) for each in last if each.event in MILESTONES
        )
    )


def _epochs(run: Run) -> dict[int, int]:
    """When the first candidate of each epoch began to try."""
    began: dict[int, int] = {}
    latest: dict[str, int] = {}
    for each in run.moments:
        if each.event == "+new-epoch":
            latest[each.who] = int(each.payload)
        elif each.event == "+try-failover" and each.who in latest:
            began.setdefault(latest[each.who], each.time_ms)
    return began
