"""Calm: nothing may happen where nothing is wrong."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    Header,
    MasterSettings,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    SubjectivelyDown,
    TimingSet,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import Cast, Rulebook
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import FaultInjected, HostNamed

__all__ = ["CALM_WITHOUT_FAULTS"]

_SHORT = frozenset({"kill", "restart", "start", "stop", "pause", "resume", "block", "unblock"})
"""Faults whose length is read from the records of the process."""


class _Calm(SentinelWatch):
    """Watches until something lasts longer than down-after, or cannot be measured at all.

    A fault counts as longer a ping period and two ticks early: so long may it take until the first
    good answer after it.
    """

    reads = (
        NodeStarted,
        HostNamed,
        ProcessChanged,
        FaultInjected,
        SentinelEvent,
        SubjectivelyDown,
        MasterSettings,
        TimingSet,
    )

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._rules = Rulebook()
        self._stopped: dict[str, Entry] = {}
        self._longest_us = 0
        self._ended: Entry | None = None
        self._events = 0

    def see(self, entry: Entry) -> Violation | None:
        if self._ended is not None:
            return None
        data, node = entry.data, entry.node
        self._cast.note(entry)
        self._rules.note(entry)
        match data:
            case NodeStarted():
                self._runs_again(entry)
            case ProcessChanged():
                if data.is_end or data.change in ("paused", "blocked"):
                    self._stopped.setdefault(node, entry)
                else:
                    self._runs_again(entry)
            case FaultInjected() if data.verb not in _SHORT:
                self._ended = entry
            case SentinelEvent():
                self._sentinels = True
                self._events += data.name == "+sdown"
            case SubjectivelyDown(down=True):
                self._events -= 1
                # A master in the wrong role, or slow to be back, is down by other rules.
                return self._down(entry, data) if data.why == "silence" else None
            case _:
                pass
        return None

    def _runs_again(self, entry: Entry) -> None:
        since = self._stopped.pop(entry.node, None)
        if since is not None:
            self._longest_us = max(self._longest_us, entry.time_us - since.time_us)

    def _down(self, entry: Entry, data: SubjectivelyDown) -> Violation | None:
        settings = self._rules.of(entry.node, data.master)
        if settings is None or self._cast.find(data.host, data.port) is None:
            # Whom nobody has ever seen running is not there: that is trouble enough.
            self._ended = entry
            return None
        limit_us = (
            settings.down_after_ms - self._rules.timing(entry.node).ping_period_ms - 200
        ) * 1000
        longest = max(
            [self._longest_us, *(entry.time_us - each.time_us for each in self._stopped.values())]
        )
        if longest >= limit_us:
            self._ended = entry
            return None
        return Violation(
            entry,
            f"{entry.node} holds {self._cast.place(data.host, data.port)} to be down, where no "
            f"fault lasted longer than {longest / 1e6:.1f} s",
        )

    def _verdict(self) -> Verdict:
        if "redis" not in self._cast.types.values():
            return is_unknown("the trace does not tell when servers run")
        if self._events > 0 and self._ended is None:
            return is_unknown("the trace does not tell why somebody was held to be down")
        if self._ended is not None:
            return holds(f"nobody was down before {self._ended.time_us / 1e6:.1f} s")
        return holds("nobody was ever down")


CALM_WITHOUT_FAULTS = Invariant(
    "calm-without-faults",
    "As long as no fault has lasted longer than down-after, nobody is ever subjectively down.",
    "A failure detector that cries wolf does harm on quiet days: every failover costs writes.",
    "monitoring §6.2: MON-6.2-1, MON-6.2-2; monitoring §4.2: MON-4.2-1",
    Kind.CALM,
    _Calm,
)
