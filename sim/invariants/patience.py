"""Limits in time that are neither missed nor overrun: who gives up, and who goes on without one."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import (
    Entry,
    FailoverStateChanged,
    Header,
    MasterSettings,
    SentinelEvent,
    TimingSet,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import Address, Rulebook, ends_attempts, ends_life, forget
from sim.invariants.surroundings import SURROUNDINGS, Surroundings
from sim.invariants.verdicts import Verdict, Violation, holds
from sim.trace import RunEnded

__all__ = ["NOBODY_GIVES_UP_EARLY", "STUCK_REPLICAS_ARE_PASSED_OVER"]

TOLERANCE_US = 2_000
"""The protocol counts whole milliseconds, the trace does not."""


class _Patient(SentinelWatch):
    """Limits count from the beginning of an attempt or of the present step.

    A vote for somebody else in between makes an attempt wait longer, which is not looked at; nor is
    a Sentinel whose clock was stepped.
    """

    reads = (*SURROUNDINGS, MasterSettings, TimingSet, FailoverStateChanged)

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._around = Surroundings()
        self._least: dict[tuple[str, str], int] = {}
        """The shortest failover-timeout since the last step: it may be set at any time."""
        self._begun: dict[tuple[str, str], Entry] = {}
        self._step: dict[tuple[str, str], Entry] = {}
        self._ends = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._begun, self._step, self._least, node=node)
        self._rules.note(entry)
        self._around.note(entry)
        match data:
            case MasterSettings():
                key = (node, data.master)
                known = self._least.get(key, data.failover_timeout_ms)
                self._least[key] = min(known, data.failover_timeout_ms)
            case FailoverStateChanged() if data.after != "none":
                self._step[node, data.master] = entry
            case SentinelEvent(name="+try-failover"):
                self._sentinels = True
                self._begun[node, data.master] = entry
                if (settings := self._rules.of(node, data.master)) is not None:
                    self._least[node, data.master] = settings.failover_timeout_ms
            case SentinelEvent(name="-failover-abort-not-elected"):
                timing = self._rules.timing(node)
                return self._ended(entry, data, self._begun, timing.election_timeout_ms)
            case SentinelEvent(name="-failover-abort-slave-timeout" | "+failover-end-for-timeout"):
                return self._ended(entry, data, self._step, None)
            case SentinelEvent():
                self._sentinels = True
            case _:
                pass
        return None

    def _ended(
        self,
        entry: Entry,
        data: SentinelEvent,
        since: dict[tuple[str, str], Entry],
        most_ms: int | None,
    ) -> Violation | None:
        key = (entry.node, data.master)
        begun, limit_ms = since.get(key), self._least.get(key)
        if begun is None or limit_ms is None or self._around.acts_since(entry.node) is None:
            return None
        self._ends += 1
        limit_ms = limit_ms if most_ms is None else min(limit_ms, most_ms)
        waited_us = entry.time_us - begun.time_us
        if waited_us >= limit_ms * 1000 - TOLERANCE_US:
            return None
        return Violation(
            entry,
            f"{entry.node} says {data.name} after {waited_us / 1e6:.2f} s, and must wait for "
            f"{limit_ms / 1e3:g} s",
            (begun,),
        )

    def _verdict(self) -> Verdict:
        return holds(f"{self._ends} times somebody gave up, and had waited long enough")


NOBODY_GIVES_UP_EARLY = Invariant(
    "nobody-gives-up-early",
    "An attempt is given up for want of votes after min(10 s, failover-timeout), and a step of one "
    "for want of an answer after failover-timeout, and not before.",
    "Votes and answers take their time, most of all when something is wrong. A candidate that has "
    "no patience loses elections that it has as good as won, and rests for twice failover-timeout.",
    "election §8: ELE-8-2; failover §2: FAI-2-3 to FAI-2-5",
    Kind.SAFETY,
    _Patient,
)


@dataclass(slots=True)
class _Told:
    """A replica was told whom to follow: when, and whether that was seen to be under way."""

    entry: Entry
    is_under_way: bool = False
    has_timed_out: bool = False


class _PassedOver(SentinelWatch):
    """Only while parallel-syncs leaves room are replicas looked at at all (failover §4.5)."""

    reads = (*SURROUNDINGS, MasterSettings, TimingSet, RunEnded)
    SLACK_US = 2_500_000
    """A Sentinel that stands still for longer is in TILT."""

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._around = Surroundings()
        self._told: dict[tuple[str, str], dict[Address, _Told]] = {}
        self._room_us: dict[tuple[str, str], int] = {}
        self._timeouts = 0

    def see(self, entry: Entry) -> Violation | None:
        broken = self._overdue(entry) if self._told else None
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._told, self._room_us, node=node)
        self._rules.note(entry)
        self._around.note(entry)
        if isinstance(data, SentinelEvent):
            self._sentinels = True
            self._event(entry, data)
        return broken

    def _event(self, entry: Entry, data: SentinelEvent) -> None:
        key, who = (entry.node, data.master), (data.host, data.port)
        told = self._told.get(key, {})
        had_room = self._has_room(key)
        match data.name:
            case "+slave-reconf-sent":
                before = told.get(who)
                told[who] = _Told(entry, has_timed_out=before is not None and before.has_timed_out)
                self._told[key] = told
            case "+slave-reconf-inprog" if who in told:
                told[who].is_under_way = True
            case "+slave-reconf-done" if who in told:
                del told[who]
            case "-slave-reconf-sent-timeout" if who in told:
                told[who].has_timed_out = True
                self._timeouts += 1
            case "+failover-end":
                self._told.pop(key, None)
            case _ if ends_attempts(data):
                self._told.pop(key, None)
            case _:
                pass
        if self._has_room(key) and not had_room:
            self._room_us[key] = entry.time_us

    def _has_room(self, key: tuple[str, str]) -> bool:
        settings = self._rules.of(*key)
        return settings is not None and len(self._told.get(key, ())) < settings.parallel_syncs

    def _overdue(self, entry: Entry) -> Violation | None:
        for key, told in self._told.items():
            acts_us = self._around.acts_since(key[0])
            if acts_us is None or not self._has_room(key):
                continue
            limit_us = self._rules.timing(key[0]).slave_reconf_timeout_ms * 1000
            for (host, port), each in told.items():
                if each.is_under_way or each.has_timed_out:
                    continue
                due_us = max(each.entry.time_us + limit_us, acts_us, self._room_us.get(key, 0))
                if entry.time_us > due_us + self.SLACK_US:
                    each.has_timed_out = True
                    return Violation(
                        entry,
                        f"{key[0]} still waits for {host}:{port}, which it told "
                        f"{(entry.time_us - each.entry.time_us) / 1e6:.1f} s ago whom to follow",
                        (each.entry,),
                    )
        return None

    def _verdict(self) -> Verdict:
        return holds(f"{self._timeouts} replicas were passed over")


STUCK_REPLICAS_ARE_PASSED_OVER = Invariant(
    "stuck-replicas-are-passed-over",
    "A replica that was told whom to follow, and does not show within 10 s that it does, is waited "
    "for no longer, as soon as parallel-syncs lets the leader look at it.",
    "A command may get lost, and a replica may be too busy to obey. One that hangs must not keep a "
    "failover from its end.",
    "failover §4.5: FAI-4.5-4, FAI-4.5-8 to FAI-4.5-10",
    Kind.SAFETY,
    _PassedOver,
)
