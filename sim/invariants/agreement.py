"""Agreement: who is held to be down, by how many, and when nobody may act upon it."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    FailoverStateChanged,
    Header,
    MasterSettings,
    NodeStarted,
    ObjectivelyDown,
    OpinionGiven,
    OpinionReceived,
    ProcessChanged,
    SentinelEvent,
    SubjectivelyDown,
    TimingSet,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import Cast, Rulebook, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown

__all__ = ["NO_ACTING_IN_TILT", "ODOWN_HAS_A_QUORUM"]


class _Quorum(SentinelWatch):
    """An opinion may be as old as five ask periods, and one tick more.

    It is dropped late in a tick and looked at early in the next one; a longer pause between two
    ticks than TILT allows would be TILT.
    """

    reads = (
        NodeStarted,
        ProcessChanged,
        MasterSettings,
        TimingSet,
        SubjectivelyDown,
        ObjectivelyDown,
        OpinionReceived,
        SentinelEvent,
    )

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._cast = Cast()
        self._down: dict[tuple[str, str], Entry] = {}
        self._opinions: dict[tuple[str, str, str], Entry] = {}
        self._has_flags = self._has_opinions = False
        self._agreements = 0
        self._events = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        if ends_life(entry):
            forget(self._down, self._opinions, node=entry.node)
        self._cast.note(entry)
        self._rules.note(entry)
        match data:
            case SubjectivelyDown(subject="master", down=True):
                self._has_flags = True
                self._down[entry.node, data.master] = entry
            case SubjectivelyDown(subject="master"):
                self._down.pop((entry.node, data.master), None)
            case OpinionReceived():
                self._has_opinions = True
                self._opinions[entry.node, data.master, data.peer] = entry
            case ObjectivelyDown(down=True):
                self._sentinels = True
                return self._agreed(entry, data)
            case SentinelEvent():
                self._sentinels = True
                if data.name == "+odown":
                    self._events += 1
                elif data.name == "+switch-master":
                    self._down.pop((entry.node, data.master), None)
                elif data.name in ("+reset-master", "-monitor"):
                    forget(self._down, self._opinions, node=entry.node, master=data.master)
            case _:
                pass
        return None

    def _agreed(self, entry: Entry, data: ObjectivelyDown) -> Violation | None:
        self._agreements += 1
        node, master = entry.node, data.master
        own = self._down.get((node, master))
        if not self._has_flags:
            self._missing = "the trace does not tell whom the Sentinels hold to be down themselves"
            return None
        if own is None:
            return Violation(entry, f"{node} does not hold {master} to be down itself")
        settings = self._rules.of(node, master)
        quorum = settings.quorum if settings else data.quorum
        if 1 + len(data.reporters) < quorum:
            reason = f"{1 + len(data.reporters)} hold {master} to be down, the quorum is {quorum}"
            return Violation(entry, reason, (own,))
        timing = self._rules.timing(node)
        if data.reporters and not self._has_opinions:
            self._missing = "the trace does not tell what others said"
            return None
        limit_ms = 5 * timing.ask_period_ms + timing.tilt_trigger_ms
        for peer, age_ms in data.reporters:
            said = self._opinions.get((node, master, peer))
            name = self._cast.name(peer)
            if age_ms > limit_ms:
                reason = f"the opinion of {name} is {age_ms} ms old, allowed are {limit_ms} ms"
                return Violation(entry, reason, (said,) if said else ())
            if said is None or not (isinstance(said.data, OpinionReceived) and said.data.down):
                reason = f"{name} counts for {node}, but did not say that {master} is down"
                return Violation(entry, reason, (said,) if said else ())
        return None

    def _verdict(self) -> Verdict:
        if self._events > self._agreements:
            return is_unknown("the trace does not tell whose opinions were counted")
        return holds(f"{self._agreements} agreements, each by a quorum of fresh opinions")


ODOWN_HAS_A_QUORUM = Invariant(
    "odown-has-a-quorum",
    "A Sentinel holds a master to be objectively down only while it sees it down itself and, "
    "itself included, as many as the quorum say so, by opinions of the last five ask periods.",
    "One Sentinel may have lost its own network; others that see the same make that unlikely. An "
    "opinion of long ago says nothing about now.",
    "monitoring §7: MON-7-1, MON-7-4; election §2: ELE-2-2, GEN-3-32",
    Kind.SAFETY,
    _Quorum,
)

_ACTS = frozenset(
    {
        "+sdown",
        "-sdown",
        "+odown",
        "-odown",
        "+convert-to-slave",
        "+fix-slave-config",
        "+elected-leader",
        "+selected-slave",
        "+promoted-slave",
        "+slave-reconf-sent",
        "+slave-reconf-inprog",
        "+slave-reconf-done",
        "-slave-reconf-sent-timeout",
        "+failover-end",
        "+failover-end-for-timeout",
    }
)
"""Events of what a Sentinel does on its own account."""

_AT_A_TICK = frozenset({"+sdown", "-sdown", "+odown", "-odown", "+try-failover"})
"""Events that can come from nothing but a tick, which looks at the clock first."""


class _Tilt(SentinelWatch):
    reads = (
        NodeStarted,
        ProcessChanged,
        SentinelEvent,
        FailoverStateChanged,
        OpinionGiven,
        TimingSet,
    )

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._tilted: dict[str, Entry] = {}
        self._stopped: dict[str, Entry] = {}
        self._overslept: dict[str, Entry] = {}
        self._times = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._rules.note(entry)
        if ends_life(entry):
            for known in (self._tilted, self._stopped, self._overslept):
                known.pop(node, None)
        match data:
            case ProcessChanged():
                self._process(entry, data)
            case SentinelEvent():
                self._sentinels = True
                if data.name == "+tilt":
                    self._times += 1
                    self._tilted[node] = entry
                    self._overslept.pop(node, None)
                elif data.name == "-tilt":
                    self._tilted.pop(node, None)
                elif data.name in _ACTS and node in self._tilted:
                    return self._acted(entry, data.name)
                if data.name in _AT_A_TICK and node in self._overslept:
                    resumed = self._overslept.pop(node)
                    return Violation(
                        entry,
                        f"{node} did not notice that it had stood still: {data.name} without +tilt",
                        (resumed,),
                    )
            case FailoverStateChanged() if node in self._tilted:
                # A hello may end an attempt, and an operator may ask for one.
                if data.why not in ("reset", "commanded"):
                    return self._acted(entry, f"the failover went on to {data.after}")
            case OpinionGiven(down=True) if node in self._tilted:
                return self._acted(entry, "it told another one that the master is down")
            case _:
                pass
        return None

    def _process(self, entry: Entry, data: ProcessChanged) -> None:
        if data.change in ("paused", "blocked"):
            self._stopped.setdefault(entry.node, entry)
        elif data.change in ("resumed", "unblocked"):
            since = self._stopped.pop(entry.node, None)
            # What is left of the trigger before it stood still is not known: add a tick or two.
            limit_us = (self._rules.timing(entry.node).tilt_trigger_ms + 200) * 1000
            if since is not None and entry.time_us - since.time_us > limit_us:
                self._overslept[entry.node] = entry

    def _acted(self, entry: Entry, what: str) -> Violation:
        return Violation(
            entry, f"{entry.node} is in TILT, and acted: {what}", (self._tilted[entry.node],)
        )

    def _verdict(self) -> Verdict:
        return holds(f"{self._times} times in TILT, in which nobody acted")


NO_ACTING_IN_TILT = Invariant(
    "no-acting-in-tilt",
    "A Sentinel whose ticks were too far apart, or went back in time, enters TILT, and in TILT it "
    "neither changes who is down, nor goes on with a failover, nor repairs servers, nor says that "
    "a master is down.",
    "Who was frozen finds that everybody has been silent for long. It cannot tell its own absence "
    "from theirs, so it must not act before it has watched for a while.",
    "monitoring §8: MON-8-1, MON-8-3, MON-8-4, MON-8-6, MON-8-8",
    Kind.SAFETY,
    _Tilt,
)
