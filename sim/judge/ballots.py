"""Votes: who asked whom in which epoch, what was answered, and when the answer arrived."""

from __future__ import annotations

from dataclasses import dataclass, replace

from minisentinel.trace import Trace, VoteGranted, VoteReceived, VoteRefused, VoteRequested
from sim.judge.nodes import find_nodes

__all__ = ["Ballot", "find_ballots"]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One Sentinel's vote, or refusal, for one candidate in one epoch; all names are node names.

    `outcome` is ``granted``, ``refused`` (with its `reason`) or ``unanswered`` (the voter never
    decided). `asked_us` is the candidate's first request (None for its own vote), `decided_us` the
    voter's decision, `answered_us` the arrival of the answer at the candidate; None: never.
    """

    master: str
    epoch: int
    candidate: str
    voter: str
    outcome: str
    asked_us: int | None
    decided_us: int | None
    answered_us: int | None
    reason: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the candidate voted for itself."""
        return self.candidate == self.voter


def find_ballots(trace: Trace) -> tuple[Ballot, ...]:
    """Every ballot of the trace, in the order in which they were asked for or given.

    Requests are repeated while no vote arrives; a ballot holds the first of each step. A repeated
    request that is answered with the vote already given to the same candidate is no refusal.
    """
    nodes = find_nodes(trace)
    ballots: dict[tuple[str, int, str, str], Ballot] = {}
    in_flight: dict[tuple[str, str, str], list[Ballot]] = {}

    def ballot(master: str, epoch: int, candidate: str, voter: str) -> Ballot:
        key = (master, epoch, candidate, voter)
        blank = Ballot(master, epoch, candidate, voter, "unanswered", None, None, None)
        return ballots.setdefault(key, blank)

    def keep(changed: Ballot) -> None:
        key = (changed.master, changed.epoch, changed.candidate, changed.voter)
        ballots[key] = changed
        if changed.decided_us is not None and changed.answered_us is None:
            in_flight.setdefault((key[0], key[2], key[3]), []).append(changed)

    for entry, data in trace.of(VoteRequested, VoteGranted, VoteRefused, VoteReceived):
        now = entry.time_us
        match data:
            case VoteRequested():
                peer = nodes.name_of_id(data.peer)
                found = ballot(data.master, data.epoch, entry.node, peer)
                if found.asked_us is None:
                    keep(replace(found, asked_us=now))
            case VoteGranted():
                candidate = nodes.name_of_id(data.candidate)
                found = ballot(data.master, data.epoch, candidate, entry.node)
                if found.outcome != "granted":
                    keep(replace(found, outcome="granted", decided_us=now, reason=""))
            case VoteRefused() if data.candidate != data.voted_for:
                candidate = nodes.name_of_id(data.candidate)
                found = ballot(data.master, data.epoch, candidate, entry.node)
                if found.outcome == "unanswered":
                    reason = data.reason
                    keep(replace(found, outcome="refused", decided_us=now, reason=reason))
            case VoteReceived():
                peer = nodes.name_of_id(data.peer)
                for found in in_flight.pop((data.master, entry.node, peer), ()):
                    keep(replace(found, answered_us=now))
            case _:
                pass
    return tuple(ballots.values())
