"""How failovers end: within a bound, and with a reason if not well."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    FailoverStateChanged,
    Header,
    MasterSettings,
    NodeStarted,
    ProcessChanged,
    ReplicaSelection,
    SentinelEvent,
    TimingSet,
    VoteGranted,
    VotesCounted,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import Cast, Rulebook, ends_life, forget
from sim.invariants.verdicts import Truth, Verdict, Violation, holds, is_unknown
from sim.trace import FaultInjected

__all__ = ["FAILOVER_ENDS_OR_IS_EXPLAINED"]

SLACK_US = 2_000_000
"""A random second before the election ends, and the ticks in which limits are looked at."""


class _Ends(SentinelWatch):
    """Bounds each state by the limits of the specification.

    Time that the Sentinel stood still or spent in TILT does not count: the state is looked at from
    then on anew. Reconfiguration lasts beyond its limit while the new master is down. A Sentinel is
    not judged whose clock is stepped, whose disk is slow, or that may wait for a name server.
    """

    reads = (
        NodeStarted,
        ProcessChanged,
        MasterSettings,
        TimingSet,
        FailoverStateChanged,
        SentinelEvent,
        ReplicaSelection,
        VoteGranted,
        VotesCounted,
        FaultInjected,
    )

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._rules = Rulebook()
        self._states: dict[tuple[str, str], tuple[Entry, int]] = {}
        self._why: dict[tuple[str, str], Entry] = {}
        self._absent: set[str] = set()
        self._exempt: set[str] = set()
        self._no_names = False
        self._sdown: set[tuple[str, str, str, int]] = set()
        self._promoted: dict[tuple[str, str], tuple[str, int]] = {}
        self._now_us = 0
        self._ended = 0
        self._events = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._now_us = entry.time_us
        if ends_life(entry):
            forget(self._states, self._why, self._promoted, node=node)
            self._sdown = {key for key in self._sdown if key[0] != node}
            self._absent.discard(node)
        self._cast.note(entry)
        self._rules.note(entry)
        match data:
            case ProcessChanged(change="paused" | "blocked"):
                self._absent.add(node)
            case ProcessChanged(change="resumed" | "unblocked"):
                self._absent.discard(node)
                self._begin_anew(entry)
            case FailoverStateChanged():
                return self._state(entry, data)
            case VoteGranted() if self._cast.name(data.candidate) != node:
                # Who votes for another one while it waits, waits anew.
                if (state := self._states.get((node, data.master))) is not None:
                    self._states[node, data.master] = (state[0], entry.time_us)
            case ReplicaSelection() | VotesCounted():
                self._why[node, data.master] = entry
            case SentinelEvent():
                self._sentinels = True
                return self._event(entry, data)
            case FaultInjected() if "clock" in data.verb or data.verb == "slow_disk":
                self._exempt.add(node)
            case NodeStarted() if self._no_names:
                self._exempt.add(node)
            case FaultInjected(verb="silence_names"):
                self._exempt.update(self._cast.types)
                self._no_names = True
            case _:
                pass
        return None

    def _begin_anew(self, entry: Entry) -> None:
        for key, (since, _) in self._states.items():
            if key[0] == entry.node:
                self._states[key] = (since, entry.time_us)

    def _event(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        who = (entry.node, data.master, data.host, data.port)
        key = who[:2]
        match data.name:
            case "+try-failover":
                self._events += 1
            case "+sdown":
                self._sdown.add(who)
            case "-sdown":
                self._sdown.discard(who)
                if key in self._states and self._promoted.get(key) == who[2:]:
                    self._states[key] = (self._states[key][0], entry.time_us)
            case "+selected-slave":
                self._promoted[key] = who[2:]
            case "+tilt" | "-tilt":
                self._begin_anew(entry)
                (self._absent.add if data.name == "+tilt" else self._absent.discard)(entry.node)
            case "-failover-abort-not-elected" | "-failover-abort-no-good-slave":
                return self._abort(entry, data)
            case "+switch-master" | "+reset-master" | "-monitor":
                self._states.pop(key, None)
                self._sdown = {each for each in self._sdown if each[:2] != key}
            case _:
                pass
        return None

    def _abort(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        why = self._why.get((entry.node, data.master))
        if why is None:
            return None
        match why.data:
            case VotesCounted() if data.name == "-failover-abort-not-elected":
                if self._cast.name(why.data.winner) == entry.node:
                    reason = f"{entry.node} gives up, although it had won"
                    return Violation(entry, reason, (why,))
            case ReplicaSelection(host=host) if host and data.name.endswith("no-good-slave"):
                return Violation(entry, f"{entry.node} gives up, although it chose {host}", (why,))
            case _:
                pass
        return None

    def _state(self, entry: Entry, data: FailoverStateChanged) -> Violation | None:
        key = (entry.node, data.master)
        before = self._states.pop(key, None)
        if data.after == "none" or data.after == "update_config":
            self._ended += data.after == "none"
            self._promoted.pop(key, None) if data.after == "none" else None
        if data.after != "none":
            self._states[key] = (entry, entry.time_us)
        return self._too_long(key, before, entry) if before else None

    def _too_long(
        self, key: tuple[str, str], state: tuple[Entry, int], at: Entry
    ) -> Violation | None:
        entry, since_us = state
        data = entry.data
        settings = self._rules.of(*key)
        if settings is None or not isinstance(data, FailoverStateChanged):
            return None
        if key[0] in self._exempt or key[0] in self._absent:
            return None
        promoted = self._promoted.get(key)
        if data.after == "reconf_slaves" and promoted and (*key, *promoted) in self._sdown:
            return None
        limit_ms = settings.failover_timeout_ms
        if data.after == "wait_start":
            limit_ms = min(limit_ms, self._rules.timing(key[0]).election_timeout_ms)
            if data.why == "commanded":
                limit_ms = 0
        elif data.after in ("select_slave", "update_config"):
            limit_ms = 0
        if at.time_us - since_us <= limit_ms * 1000 + SLACK_US:
            return None
        return Violation(
            at,
            f"{key[0]} was in {data.after} for {(at.time_us - since_us) / 1e6:.1f} s, "
            f"allowed are {limit_ms / 1e3:g} s and two more",
            (entry,),
        )

    def _verdict(self) -> Verdict:
        if self._events and not (self._ended or self._states):
            return is_unknown("the trace does not tell the states of the failovers")
        for key, state in self._states.items():
            entry = state[0]
            broken = self._too_long(key, state, Entry(self._now_us, key[0], entry.data))
            if broken is not None:
                return Verdict(
                    Truth.FALSE, broken.reason, (entry,), (Violation(entry, broken.reason),)
                )
        return holds(f"{self._ended} attempts ended, each in time and with a reason")


FAILOVER_ENDS_OR_IS_EXPLAINED = Invariant(
    "failover-ends-or-is-explained",
    "Every attempt leaves each of its states within the time that the rules give, two seconds more "
    "allowed, and one that is given up has the reason that it gives.",
    "An attempt that hangs blocks the next one, since a Sentinel makes only one at a time for a "
    "master.",
    "failover §2: FAI-2-1 to FAI-2-6; failover §4.6: FAI-4.6-1; election §8: ELE-8-2, ELE-5-8",
    Kind.LIVENESS,
    _Ends,
)
