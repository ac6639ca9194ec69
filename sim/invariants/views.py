"""Views: what a Sentinel may say of others, of itself, and of its clock."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    Header,
    NodeStarted,
    OpinionGiven,
    ProcessChanged,
    SentinelEvent,
    SubjectivelyDown,
    TimingSet,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch, Watch
from sim.invariants.known import MADE_ANEW, Address, Cast, Rulebook, ends_life, forget, switched_to
from sim.invariants.verdicts import Verdict, Violation, holds, is_broken, is_unknown
from sim.trace import FaultInjected, HostNamed, RoleChanged, RunEnded

__all__ = [
    "LIFE_IS_NOTICED",
    "NOBODY_IS_ITS_OWN_PEER",
    "OPINIONS_ARE_ONES_OWN",
    "TILT_LASTS",
]


class _OnesOwn(SentinelWatch):
    """The first of several masters at one address is meant; who has several there is not judged."""

    reads = (SentinelEvent, NodeStarted, ProcessChanged, OpinionGiven)

    def __init__(self, _: Header) -> None:
        self._at: dict[tuple[str, str], Address] = {}
        self._down: dict[tuple[str, str], Entry] = {}
        self._up: dict[tuple[str, str], Entry] = {}
        self._tilted: set[str] = set()
        self._opinions = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            self._tilted.discard(node)
            forget(self._at, self._down, node=node)
        if isinstance(data, OpinionGiven):
            return self._said(entry, data)
        if isinstance(data, SentinelEvent):
            self._sentinels = True
            self._event(entry, data)
        return None

    def _event(self, entry: Entry, data: SentinelEvent) -> None:
        node, key = entry.node, (entry.node, data.master)
        match data.name:
            case "+tilt":
                self._tilted.add(node)
            case "-tilt":
                self._tilted.discard(node)
            case "-monitor":
                self._at.pop(key, None)
                self._down.pop(key, None)
            case "+monitor":
                self._at[key] = (data.host, data.port)
            case "+switch-master" | "+reset-master":
                self._down.pop(key, None)
                self._up[key] = entry
                self._at[key] = switched_to(data) or (data.host, data.port)
            case "+sdown" if data.subject == "master":
                self._at[key] = (data.host, data.port)
                self._down[key] = entry
            case "-sdown" if data.subject == "master":
                self._down.pop(key, None)
                self._up[key] = entry
            case _:
                pass

    def _said(self, entry: Entry, data: OpinionGiven) -> Violation | None:
        node, asked = entry.node, (data.host, data.port)
        where = f"{data.host}:{data.port}"
        meant = [key for key, at in self._at.items() if key[0] == node and at == asked]
        if len(meant) > 1 or (not meant and not _is_numeric(data.host)):
            return None
        self._opinions += 1
        seen = self._down.get(meant[0]) if meant else None
        if data.down and seen is None:
            witness = self._up.get((node, data.master)) or self._down.get((node, data.master))
            reason = f"{node} says that {where} is down, and does not see it down itself"
            return Violation(entry, reason, (witness,) if witness else ())
        if not data.down and seen is not None and node not in self._tilted:
            reason = f"{node} sees that {where} is down, and does not say so"
            return Violation(entry, reason, (seen,))
        return None

    def _verdict(self) -> Verdict:
        return holds(f"{self._opinions} times somebody was asked, and told what it saw itself")


def _is_numeric(host: str) -> bool:
    """Whether a host is an address; a name and an address may mean the same."""
    return ":" in host or host.replace(".", "").isdigit()


OPINIONS_ARE_ONES_OWN = Invariant(
    "opinions-are-ones-own",
    "A Sentinel that is asked about an address says that the master there is down if and only if "
    "it holds it to be subjectively down itself (and in TILT it does not say so).",
    "A quorum of opinions is worth something because each of them was formed alone. What is passed "
    "on from others would confirm itself.",
    "election §3: ELE-3-1, ELE-3-5",
    Kind.SAFETY,
    _OnesOwn,
)


class _NotOneself(Watch):
    reads = (SentinelEvent, NodeStarted)

    def __init__(self, _: Header) -> None:
        self._ids: dict[str, str] = {}
        self._known = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        if isinstance(data, NodeStarted) and data.type == "sentinel":
            self._ids[entry.node] = data.runid
        elif isinstance(data, SentinelEvent) and data.name == "+sentinel":
            self._known += 1
            words = data.payload.split()
            if len(words) > 1 and words[1] == self._ids.get(entry.node):
                return Violation(entry, f"{entry.node} counts itself among the other Sentinels")
        return None

    def finish(self) -> Verdict:
        if self._known and not self._ids:
            return is_unknown("the trace does not tell the ids of the Sentinels")
        return holds(f"{self._known} times a Sentinel was found, always another one")


NOBODY_IS_ITS_OWN_PEER = Invariant(
    "nobody-is-its-own-peer",
    "No Sentinel finds itself among the Sentinels that watch the same master.",
    "It would ask itself for its opinion and its vote, and count them beside its own.",
    "gossip §4: GOS-4-3",
    Kind.SAFETY,
    _NotOneself,
)


class _Lasting(SentinelWatch):
    """A host whose clock is stepped is not judged: its thirty seconds are others."""

    reads = (SentinelEvent, NodeStarted, ProcessChanged, TimingSet, FaultInjected)
    _SLACK_US = 2_000

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._entered: dict[str, Entry] = {}
        self._exempt: set[str] = set()
        self._count = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._rules.note(entry)
        if ends_life(entry):
            self._entered.pop(node, None)
        if isinstance(data, FaultInjected) and "clock" in data.verb:
            self._exempt.add(node)
        if not isinstance(data, SentinelEvent):
            return None
        self._sentinels = True
        if data.name == "+tilt":
            self._entered[node] = entry
        elif data.name == "-tilt" and node in self._entered:
            self._count += 1
            since = self._entered.pop(node)
            period_us = self._rules.timing(node).tilt_period_ms * 1000
            lasted_us = entry.time_us - since.time_us
            if lasted_us < period_us - self._SLACK_US and not self._exempt:
                return Violation(
                    entry,
                    f"{node} left TILT after {lasted_us / 1e6:.1f} s of {period_us / 1e6:g} s",
                    (since,),
                )
        return None

    def _verdict(self) -> Verdict:
        return holds(f"TILT was left {self._count} times, each time when its period was over")


TILT_LASTS = Invariant(
    "tilt-lasts",
    "A Sentinel stays in TILT for the whole period, thirty seconds, since time was wrong last.",
    "It must see everybody answer again before its timers mean anything.",
    "monitoring §8: MON-8-1, MON-8-2",
    Kind.SAFETY,
    _Lasting,
)

_SLOW = frozenset({"hold", "delay", "lose", "narrow"})
"""Faults beside partitions that let living ones seem dead."""


class _Life(SentinelWatch):
    """Only silence is judged, and only with the network whole again for long enough.

    Not a role: a master that is a replica by now may be held to be down for that.
    """

    reads = (
        SentinelEvent,
        NodeStarted,
        ProcessChanged,
        SubjectivelyDown,
        FaultInjected,
        HostNamed,
        RoleChanged,
        RunEnded,
    )
    _LONG_US = 60_000_000

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._alive: dict[str, int] = {}
        self._down: dict[tuple[str, str, Address], Entry] = {}
        self._roles: dict[str, str] = {}
        self._tilt_us: dict[str, int] = {}
        self._whole_us = 0
        self._is_cut = self._no_names = False
        self._broken = 0
        self._end_us = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._end_us = entry.time_us
        match data:
            case NodeStarted():
                self._cast.note(entry)
                self._alive[node] = entry.time_us
                self._forget(node, "")
            case ProcessChanged():
                if data.change in ("resumed", "unblocked"):
                    self._alive[node] = entry.time_us
                elif data.change != "started":
                    self._alive.pop(node, None)
                    if data.is_end:
                        self._forget(node, "")
            case SubjectivelyDown():
                self._noted(entry, data)
            case SentinelEvent():
                self._sentinels = True
                if data.name in ("+tilt", "-tilt"):
                    self._tilt_us[node] = entry.time_us
                elif data.name == "+sentinel-invalid-addr":
                    # Forgotten with every master, because another Sentinel has that address now.
                    at = (node, (data.host, data.port))
                    for key in [key for key in self._down if (key[0], key[2]) == at]:
                        del self._down[key]
                elif data.name in MADE_ANEW:
                    self._forget(node, data.master, peers=data.name != "+switch-master")
            case FaultInjected():
                self._happened(entry, data)
            case HostNamed():
                self._cast.note(entry)
            case RoleChanged():
                self._roles[node] = data.role
            case _:
                pass
        return None

    def _noted(self, entry: Entry, data: SubjectivelyDown) -> None:
        key = (entry.node, data.master, (data.host, data.port))
        if data.down and data.why == "silence":
            self._down[key] = entry
        else:
            self._down.pop(key, None)

    def _happened(self, entry: Entry, data: FaultInjected) -> None:
        match data.verb:
            case "partition":
                self._is_cut = True
            case "heal":
                self._is_cut = False
                self._whole_us = entry.time_us
            case verb if verb in _SLOW:
                self._broken += 1
            case "silence_names":
                self._no_names = True
            case "repair" if entry.node != "network":
                pass  # that of a disk
            case "release" | "repair":
                self._broken = max(0, self._broken - 1)
                self._whole_us = entry.time_us
            case _:
                pass

    def _forget(self, node: str, master: str, *, peers: bool = True) -> None:
        for key, entry in list(self._down.items()):
            is_peer = isinstance(entry.data, SubjectivelyDown) and entry.data.subject == "sentinel"
            if key[0] == node and master in ("", key[1]) and (peers or not is_peer):
                del self._down[key]

    def _verdict(self) -> Verdict:
        if self._is_cut or self._broken:
            return is_unknown("the network is not known to be whole at the end")
        if self._no_names:
            return is_unknown("whoever waits for the answer about a name hears nothing")
        for (node, master, address), entry in self._down.items():
            target = self._cast.place(*address)
            about_a_master = (
                isinstance(entry.data, SubjectivelyDown) and entry.data.subject == "master"
            )
            if about_a_master and self._roles.get(target) == "replica":
                continue
            since_us = max(
                self._alive.get(target, self._end_us),
                self._alive.get(node, self._end_us),
                self._tilt_us.get(node, 0),
                self._whole_us,
                entry.time_us,
            )
            if self._end_us - since_us > self._LONG_US:
                return is_broken(
                    f"{node} still holds {target} of {master} to be down, which has been there for "
                    f"{(self._end_us - since_us) / 1e6:.0f} s",
                    entry,
                )
        return holds("nobody who lives is held to be down")


LIFE_IS_NOTICED = Invariant(
    "life-is-noticed",
    "At the end no Sentinel holds anybody to be down for silence who has been there for a minute.",
    "A failure detector is sometimes wrong, and what was dead may return; so it must look again.",
    "monitoring §6.2: MON-6.2-6",
    Kind.LIVENESS,
    _Life,
)
