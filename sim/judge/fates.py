"""What became of a group whose master was lost, in one word and one number."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from minisentinel.trace import SentinelEvent, Trace
from sim.judge.attempts import find_attempts
from sim.judge.nodes import find_nodes, trace_end_us
from sim.judge.states import Health, NodeHistory, node_histories

__all__ = ["Ending", "Fate", "find_fate"]


class Ending(enum.Enum):
    """How it ended, best first; the value is what people call it."""

    STAYS = "the master stays"
    FAILED_OVER = "failed over"
    TWO_MASTERS = "two masters"
    NO_REPLICA = "nobody to promote"
    NO_LEADER = "no leader"
    NO_AGREEMENT = "no agreement"
    UNNOTICED = "not noticed"


@dataclass(frozen=True, slots=True)
class Fate:
    """`ending`, and how long after the loss a replica was seen to be a master, in microseconds.

    `after_us` is None unless somebody was promoted.
    """

    ending: Ending
    after_us: int | None = None

    def __str__(self) -> str:
        if self.after_us is None:
            return self.ending.value
        return f"{self.ending.value} after {self.after_us / 1e6:.1f} s"


def find_fate(trace: Trace, master: str, since_us: int) -> Fate:
    """What became of the server `master`, which was the master until `since_us`, and of its group.

    Where a replica was promoted while `master` went on as a master until the end of the trace,
    there are two masters. Where nobody was, and `master` runs, it stays. Otherwise the furthest
    that any Sentinel came says why nothing was done: none held it to be down (``not noticed``),
    some did (``no agreement``), a quorum did (``no leader``), a leader found nobody to promote.
    Raises ValueError for a `master` that the trace does not know.
    """
    node = find_nodes(trace).by_name.get(master)
    if node is None:
        raise ValueError(f"no server of the trace is called {master!r}")
    serves = _serves_at_the_end(node_histories(trace)[master], trace_end_us(trace))
    attempts = [
        each
        for each in find_attempts(trace)
        if each.old == node.address and each.ended_us >= since_us
    ]
    promoted = [each.promoted_us for each in attempts if each.promoted_us is not None]
    if promoted:
        ending = Ending.TWO_MASTERS if serves else Ending.FAILED_OVER
        return Fate(ending, min(promoted) - since_us)
    if serves:
        return Fate(Ending.STAYS)
    if any(each.elected_us is not None for each in attempts):
        return Fate(Ending.NO_REPLICA)
    said = {
        data.name
        for entry, data in trace.of(SentinelEvent)
        if data.subject == "master" and entry.time_us >= since_us
        if (data.host, data.port) == node.address
    }
    if "+odown" in said:
        return Fate(Ending.NO_LEADER)
    return Fate(Ending.NO_AGREEMENT if "+sdown" in said else Ending.UNNOTICED)


def _serves_at_the_end(history: NodeHistory, end_us: int) -> bool:
    role = history.role_at(end_us)
    is_up = history.health_at(end_us) is Health.UP
    return is_up and role is not None and role.name == "master"
