"""Failover attempts: when one may start, and how far apart they must be."""

from __future__ import annotations

from minisentinel.trace import (
    AttemptsDelayed,
    Entry,
    FailoverStateChanged,
    Header,
    LogLine,
    MasterSettings,
    NodeStarted,
    ObjectivelyDown,
    OpinionGiven,
    ProcessChanged,
    SentinelEvent,
    VoteGranted,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch, Watch
from sim.invariants.known import MADE_ANEW, Cast, Rulebook, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import FaultInjected

__all__ = ["ATTEMPTS_ARE_SPACED", "DESYNCHRONISED", "FAILOVER_ONLY_FROM_ODOWN"]


class _OnlyFromOdown(SentinelWatch):
    """In a log without steps of the failover machine the line about the command tells it."""

    reads = (
        NodeStarted,
        ProcessChanged,
        ObjectivelyDown,
        SentinelEvent,
        FailoverStateChanged,
        LogLine,
    )

    def __init__(self, _: Header) -> None:
        self._down: dict[tuple[str, str], Entry] = {}
        self._up: dict[tuple[str, str], Entry] = {}
        self._why: dict[tuple[str, str], str] = {}
        self._whole: set[str] = set()
        self._starts = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._down, node=node)
        match data:
            case NodeStarted():
                self._whole.add(node)
            case LogLine() if "user requested FAILOVER" in data.text:
                self._why[node, data.text.partition("'")[2].rstrip("'")] = "commanded"
            case FailoverStateChanged(before="none", after="wait_start"):
                self._why[node, data.master] = data.why
            case SentinelEvent():
                self._sentinels = True
                return self._event(entry, data)
            case _:
                pass
        return None

    def _event(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key = (entry.node, data.master)
        match data.name:
            case "+odown":
                self._down[key] = entry
            case "-odown":
                self._down.pop(key, None)
                self._up[key] = entry
            case "+switch-master" | "+reset-master" | "-monitor":
                if self._down.pop(key, None):
                    self._up[key] = entry
            case "+try-failover":
                return self._starts_now(entry, data)
            case _:
                pass
        return None

    def _starts_now(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key = (entry.node, data.master)
        self._starts += 1
        if self._why.pop(key, "") == "commanded" or key in self._down:
            return None
        if entry.node not in self._whole:
            self._missing = f"how {entry.node} came to hold {data.master} to be down is missing"
            return None
        ended = self._up.get(key)
        return Violation(
            entry,
            f"{entry.node} began a failover of {data.master}, which it did not hold to be "
            "objectively down, and nobody had asked for one",
            (ended,) if ended else (),
        )

    def _verdict(self) -> Verdict:
        return holds(f"{self._starts} attempts, each from agreement or by command")


FAILOVER_ONLY_FROM_ODOWN = Invariant(
    "failover-only-from-odown",
    "A Sentinel begins a failover by itself only while it holds the master to be objectively down.",
    "A failover costs writes; nobody may begin one upon its own suspicion.",
    "election §7: ELE-7-1; failover §8: FAI-8-5",
    Kind.SAFETY,
    _OnlyFromOdown,
)


class _Spaced(SentinelWatch):
    """Times are those of the Sentinel's own clock, so a step or a drift of that clock excuses it.

    All that run on one machine, and are reached at the same host, have one clock. A vote counts
    from the moment at which the Sentinel was asked for it: a slow disk lets the record of the vote
    come later, after the save.
    """

    reads = (
        NodeStarted,
        ProcessChanged,
        MasterSettings,
        SentinelEvent,
        OpinionGiven,
        VoteGranted,
        FailoverStateChanged,
        FaultInjected,
    )

    TOLERANCE_US = 2_000
    """The protocol counts whole milliseconds, the trace does not."""

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._rules = Rulebook()
        self._blocked: dict[tuple[str, str], tuple[Entry, int]] = {}
        self._asked: dict[tuple[str, str], Entry] = {}
        self._hosts: dict[str, str] = {}
        self._stepped: set[str] = set()
        """The hosts whose clocks were set, or drift."""
        self._starts = 0
        self._events = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._blocked, node=node)
        self._cast.note(entry)
        self._rules.note(entry)
        match data:
            case NodeStarted():
                self._hosts[node] = data.host
            case SentinelEvent():
                self._sentinels = True
                if data.name in MADE_ANEW:
                    forget(self._blocked, node=node, master=data.master)
                elif data.name == "+try-failover":
                    self._events += 1
            case OpinionGiven(for_vote=True):
                self._asked[node, data.master] = entry
            case VoteGranted() if self._cast.name(data.candidate) != node:
                asked = self._asked.get((node, data.master), entry).data
                is_this = isinstance(asked, OpinionGiven) and asked.epoch == data.epoch
                since = self._asked[node, data.master] if is_this else entry
                self._blocked[node, data.master] = (entry, since.time_us)
            case FailoverStateChanged(before="none", after="wait_start"):
                self._starts += 1
                broken = self._start(entry, data) if data.why == "objectively down" else None
                self._blocked[node, data.master] = (entry, entry.time_us)
                return broken
            case FaultInjected() if "clock" in data.verb:
                self._stepped.add(self._hosts.get(node, node))
            case _:
                pass
        return None

    def _start(self, entry: Entry, data: FailoverStateChanged) -> Violation | None:
        found = self._blocked.get((entry.node, data.master))
        if found is None or self._hosts.get(entry.node, entry.node) in self._stepped:
            return None
        before, since_us = found
        settings = self._rules.of(entry.node, data.master)
        if settings is None:
            self._missing = f"the failover-timeout of {entry.node} is not in the trace"
            return None
        apart_us = entry.time_us - since_us
        limit_us = 2 * settings.failover_timeout_ms * 1000
        if apart_us + self.TOLERANCE_US >= limit_us:
            return None
        what = "vote for another one" if isinstance(before.data, VoteGranted) else "attempt"
        return Violation(
            entry,
            f"{entry.node} began an attempt {apart_us / 1e6:.2f} s after its last {what}, "
            f"allowed are {limit_us / 1e6:g} s",
            (before,),
        )

    def _verdict(self) -> Verdict:
        if self._events > self._starts:
            return is_unknown("the trace does not tell how the attempts began")
        return holds(f"{self._starts} attempts, none too early")


ATTEMPTS_ARE_SPACED = Invariant(
    "attempts-are-spaced",
    "Between an attempt of a Sentinel, or its vote for another one's, and its next attempt for "
    "the same master there are at least two failover-timeouts, unless the master was replaced.",
    "Who has failed must give the others, and the servers, time; without it the Sentinels would "
    "disturb each other's elections for ever.",
    "election §7: ELE-7-3; election §8: ELE-8-5; failover §6.3: FAI-6.3-6",
    Kind.SAFETY,
    _Spaced,
)


class _Desynchronised(Watch):
    reads = (NodeStarted, AttemptsDelayed)

    ENOUGH = 5
    """That many equal draws of one in a thousand are no accident (one run in 10¹²)."""

    def __init__(self, _: Header) -> None:
        self._draws: list[Entry] = []
        self._sentinels = False

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        if isinstance(data, NodeStarted):
            self._sentinels = self._sentinels or data.type == "sentinel"
        elif isinstance(data, AttemptsDelayed):
            self._draws.append(entry)
            if not 0 <= data.random_ms < 1000:
                return Violation(
                    entry, f"the random part of the delay is {data.random_ms} ms, not below 1000"
                )
            if len(self._draws) == self.ENOUGH and len(set(map(_random_ms, self._draws))) == 1:
                return Violation(
                    entry,
                    f"{self.ENOUGH} delays in a row have the same random part, {data.random_ms} ms",
                    tuple(self._draws[:-1]),
                )
        return None

    def finish(self) -> Verdict:
        if len(self._draws) < self.ENOUGH:
            return is_unknown(f"{len(self._draws)} delays were drawn, too few to tell")
        return holds(f"{len(self._draws)} delays were drawn, and differ")


def _random_ms(entry: Entry) -> int:
    data = entry.data
    return data.random_ms if isinstance(data, AttemptsDelayed) else 0


DESYNCHRONISED = Invariant(
    "desynchronised",
    "The waiting times of the Sentinels before their next attempts differ by chance, by up to a "
    "second.",
    "Sentinels that fail at the same moment and wait the same time fail again at the same moment: "
    "the votes split as before.",
    "election §5: ELE-5-8; election §7: ELE-7-7, GEN-3-19",
    Kind.SAFETY,
    _Desynchronised,
)
