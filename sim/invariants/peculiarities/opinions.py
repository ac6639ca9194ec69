"""Peculiarities of opinions."""

from __future__ import annotations

from minisentinel.trace import Entry, ObjectivelyDown, SentinelEvent, Trace
from sim.invariants.agreement import ODOWN_HAS_A_QUORUM
from sim.invariants.known import ends_life
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity

__all__ = ["OPINIONS_FREEZE"]


def _frozen(trace: Trace) -> Occurrences:
    """Agreements in the first moment after TILT that count an opinion from before its end."""
    left: dict[str, Entry] = {}
    found = []
    for entry in trace.entries:
        data = entry.data
        if ends_life(entry):
            left.pop(entry.node, None)
        elif isinstance(data, SentinelEvent) and data.name == "-tilt":
            left[entry.node] = entry
        elif isinstance(data, ObjectivelyDown) and data.down and entry.node in left:
            since_us = entry.time_us - left[entry.node].time_us
            if any(age_ms * 1000 > since_us for _, age_ms in data.reporters):
                found.append(entry)
    return Occurrences(tuple(found))


OPINIONS_FREEZE = Peculiarity(
    "opinions-freeze",
    "In TILT the opinions of others are neither asked for nor dropped, so that in the tick that "
    "ends it one that is older than half a minute counts.",
    "Agreement is looked at before stale opinions are dropped. Who leaves TILT while it sees "
    "its master down may begin a failover upon what others said before.",
    "monitoring §8: MON-8-5; monitoring §2.1: MON-2.1-5, MON-2.1-8; election §2: ELE-2-2",
    (ODOWN_HAS_A_QUORUM,),
    _frozen,
)
