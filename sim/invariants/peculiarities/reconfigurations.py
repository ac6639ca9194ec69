"""Peculiarities of the reconfiguration of replicas."""

from __future__ import annotations

from minisentinel.trace import SentinelEvent, Trace
from sim.invariants.known import Address, Cast
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity
from sim.invariants.reconfigurations import RECONFIGURED_MEANS_FOLLOWING
from sim.trace import RoleChanged

__all__ = ["DONE_ELSEWHERE"]


def _done_elsewhere(trace: Trace) -> Occurrences:
    """``+slave-reconf-done`` of replicas that meanwhile follow somebody else."""
    cast = Cast()
    follows: dict[str, Address] = {}
    promoted: dict[tuple[str, str], Address] = {}
    found = []
    for entry in trace.entries:
        data = entry.data
        cast.note(entry)
        if isinstance(data, RoleChanged):
            follows[entry.node] = (data.master_host, data.master_port)
        elif isinstance(data, SentinelEvent) and data.name == "+promoted-slave":
            promoted[entry.node, data.master] = (data.host, data.port)
        elif isinstance(data, SentinelEvent) and data.name == "+slave-reconf-done":
            target = promoted.get((entry.node, data.master))
            if target != follows.get(cast.place(data.host, data.port), target):
                found.append(entry)
    return Occurrences(tuple(found))


DONE_ELSEWHERE = Peculiarity(
    "done-elsewhere",
    "A replica whose reconfiguration is in progress counts as done as soon as its link is up, "
    "whomever that link leads to.",
    "Only the first of the two steps compares the master's address. If another Sentinel sends the "
    "replica elsewhere meanwhile, the leader takes that for its own success, and ends.",
    "monitoring §9.8: MON-9.8-1, MON-9.8-2",
    (RECONFIGURED_MEANS_FOLLOWING,),
    _done_elsewhere,
)
