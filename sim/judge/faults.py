"""What was done to the world on purpose, in order of time."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.trace import FaultInjected

__all__ = ["Fault", "find_faults"]

REMEDIES = frozenset(
    {"resume", "heal", "start", "restart", "unblock", "release", "repair", "power_on"}
)
"""Verbs that undo harm; every other verb does some."""


@dataclass(frozen=True, slots=True)
class Fault:
    """At `time_us` somebody did `verb` to `node` (``network`` if it concerns no single node)."""

    time_us: int
    node: str
    verb: str
    detail: str

    @property
    def is_remedy(self) -> bool:
        """Whether it undoes an earlier fault (heal, resume, restart, ...)."""
        return self.verb in REMEDIES


def find_faults(trace: Trace) -> tuple[Fault, ...]:
    """Every fault of the trace, in order."""
    return tuple(
        Fault(entry.time_us, entry.node, data.verb, data.detail)
        for entry, data in trace.of(FaultInjected)
    )
