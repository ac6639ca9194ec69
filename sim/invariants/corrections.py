"""Corrections: when a server that is in the wrong place may be told where it belongs."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    Header,
    MasterSettings,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    TimingSet,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import MADE_ANEW, Rulebook, ends_attempts, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds
from sim.trace import FaultInjected

__all__ = [
    "CORRECTIONS_ARE_PATIENT",
    "CORRECTIONS_FOLLOW_A_SANE_MASTER",
    "PROMOTION_IS_KEPT",
]

CORRECTIONS = ("+convert-to-slave", "+fix-slave-config")
Key = tuple[str, str, str]
"""A Sentinel, the name of a master, and what it calls a replica of that master."""

SLACK_US = 20_000
"""A Sentinel counts in milliseconds, from the moment at which it woke up."""


def _key(entry: Entry, data: SentinelEvent) -> Key:
    """The replica as it was called when it was found: an address that stays its name even if its
    host name leads elsewhere by now."""
    words = data.payload.split(" ")
    called = words[1] if len(words) > 3 else f"{data.host}:{data.port}"
    return entry.node, data.master, called


class _Patience(SentinelWatch):
    """How long a server is wrong counts from the first look at it that showed it.

    Of a replica of another master the trace does not tell since when; but it cannot be longer than
    its object exists here. A host whose clock is stepped is not judged. The logs of real Sentinels
    leave changes of role out, unless they are verbose.
    """

    reads = (
        SentinelEvent,
        NodeStarted,
        ProcessChanged,
        MasterSettings,
        TimingSet,
        FaultInjected,
    )

    def __init__(self, header: Header) -> None:
        self._of_logs = "logs" in header.settings
        self._rules = Rulebook()
        self._born: dict[Key, Entry] = {}
        self._lives: dict[tuple[str, str], Entry] = {}
        """Since when a Sentinel has its objects of a master, and (without a name) of any."""
        self._turned: dict[Key, Entry] = {}
        self._down: dict[Key, Entry] = {}
        self._exempt: set[str] = set()
        self._count = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        self._rules.note(entry)
        if ends_life(entry):
            forget(self._born, self._turned, self._down, self._lives, node=entry.node)
            self._lives[entry.node, ""] = entry
        if isinstance(data, FaultInjected) and "clock" in data.verb:
            self._exempt.add(entry.node)
        if not isinstance(data, SentinelEvent):
            return None
        self._sentinels = True
        if data.name in MADE_ANEW:
            forget(self._born, self._turned, self._down, node=entry.node, master=data.master)
            self._lives[entry.node, data.master] = entry
        elif data.subject == "slave":
            return self._of_replica(entry, data)
        return None

    def _of_replica(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key = _key(entry, data)
        match data.name:
            case "+slave":
                self._forget_one(key)
                self._born[key] = entry
            case "-role-change":
                self._turned[key] = entry
            case "+role-change":
                self._turned.pop(key, None)
                self._born[key] = entry
            case "+sdown":
                self._down[key] = entry
            case "+convert-to-slave" if entry.node not in self._exempt:
                return self._corrected(entry, data, self._turned.get(key), self._demotion_us(key))
            case "+fix-slave-config" if entry.node not in self._exempt:
                lives = self._lives.get(key[:2]) or self._lives.get((entry.node, ""))
                since = self._born.get(key) or lives
                return self._corrected(entry, data, since, self._repair_us(key))
            case _:
                pass
        return None

    def _demotion_us(self, key: Key) -> int:
        return 4 * self._rules.timing(key[0]).publish_period_ms * 1000

    def _repair_us(self, key: Key) -> int:
        settings = self._rules.of(key[0], key[1])
        return settings.failover_timeout_ms * 1000 if settings else 0

    def _corrected(
        self, entry: Entry, data: SentinelEvent, since: Entry | None, wait_us: int
    ) -> Violation | None:
        self._count += 1
        where = f"{data.host}:{data.port}"
        if since is None and self._of_logs:
            self._missing = "the logs do not tell all changes of role"
            return None
        if since is None:
            return Violation(
                entry, f"{entry.node} corrected {where}, which is not in a wrong place"
            )
        for witness in (since, self._down.get(_key(entry, data))):
            if witness is not None and entry.time_us - witness.time_us < wait_us - SLACK_US:
                waited = (entry.time_us - witness.time_us) / 1e6
                return Violation(
                    entry,
                    f"{entry.node} corrected {where} after {waited:.1f} s; "
                    f"it should have waited for {wait_us / 1e6:g} s",
                    (witness,),
                )
        return None

    def _forget_one(self, key: Key) -> None:
        for known in (self._born, self._turned, self._down):
            known.pop(key, None)

    def _verdict(self) -> Verdict:
        return holds(f"{self._count} corrections, none of them too early")


CORRECTIONS_ARE_PATIENT = Invariant(
    "corrections-are-patient",
    "A Sentinel converts a stray master only after it has reported that role for four hello "
    "periods, and repairs a replica of another master at the earliest after the failover timeout; "
    "and neither so shortly after the server was down.",
    "For a while only the leader knows of a failover. Who does not wait until the news had time to "
    "arrive undoes it.",
    "monitoring §9.6, §9.7: MON-9.6-2, MON-9.6-4, MON-9.7-1",
    Kind.SAFETY,
    _Patience,
)


class _Model(SentinelWatch):
    reads = (SentinelEvent, NodeStarted, ProcessChanged)

    def __init__(self, _: Header) -> None:
        self._ill: dict[tuple[str, str, str], Entry] = {}
        self._count = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._ill, node=node)
        if not isinstance(data, SentinelEvent):
            return None
        self._sentinels = True
        if data.name in CORRECTIONS:
            return self._corrected(entry, data)
        if data.name in MADE_ANEW:
            forget(self._ill, node=node, master=data.master)
        elif data.subject == "master":
            match data.name:
                case "+sdown" | "+odown" | "-role-change":
                    self._ill[node, data.master, data.name[1:]] = entry
                case "-sdown" | "-odown" | "+role-change":
                    self._ill.pop((node, data.master, data.name[1:]), None)
                case _:
                    pass
        return None

    def _corrected(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        self._count += 1
        for what in ("sdown", "odown", "role-change"):
            witness = self._ill.get((entry.node, data.master, what))
            if witness is not None:
                return Violation(
                    entry,
                    f"{entry.node} told {data.host}:{data.port} to follow a master that is not "
                    f"well: {witness.data.name}",  # type: ignore[attr-defined]
                    (witness,),
                )
        return None

    def _verdict(self) -> Verdict:
        return holds(f"{self._count} corrections, all towards a master that was well")


CORRECTIONS_FOLLOW_A_SANE_MASTER = Invariant(
    "corrections-follow-a-sane-master",
    "A Sentinel tells servers in the wrong place to follow only a master that it holds for up and "
    "that reports to be one.",
    "Who repairs by a picture of before breaks what a failover, or a person, has done meanwhile.",
    "monitoring §9.6, §9.7: MON-9.6-3, MON-9.7-1",
    Kind.SAFETY,
    _Model,
)


class _Kept(SentinelWatch):
    reads = (SentinelEvent, NodeStarted, ProcessChanged)

    def __init__(self, _: Header) -> None:
        self._promoted: dict[Key, Entry] = {}
        self._count = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._promoted, node=node)
        if not isinstance(data, SentinelEvent):
            return None
        self._sentinels = True
        if data.name == "+promoted-slave":
            self._count += 1
            self._promoted[_key(entry, data)] = entry
        elif data.name in CORRECTIONS:
            promoted = self._promoted.get(_key(entry, data))
            if promoted is not None:
                return Violation(
                    entry,
                    f"{node} took its own promotion of {data.host}:{data.port} back",
                    (promoted,),
                )
        elif ends_attempts(data):
            forget(self._promoted, node=node, master=data.master)
        return None

    def _verdict(self) -> Verdict:
        return holds(f"{self._count} promotions, none of them taken back by its leader")


PROMOTION_IS_KEPT = Invariant(
    "promotion-is-kept",
    "A leader does not make the replica that it has promoted follow anybody while its failover "
    "lasts.",
    "To the rule that converts stray masters the promoted replica looks like one, if the old "
    "master is well, as it is when an operator asked for the failover.",
    "monitoring §9.6: MON-9.6-2",
    Kind.SAFETY,
    _Kept,
)
