"""The course of a failover: who promotes whom, by which right, and in which order."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    FailoverStateChanged,
    Header,
    MasterSettings,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    VotesCounted,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import Cast, Rulebook, ends_attempts, ends_life, forget, switched_to
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import HostNamed, RoleChanged

__all__ = [
    "MINORITY_NEVER_PROMOTES",
    "PROMOTION_ONLY_BY_A_LEADER",
    "SWITCH_AFTER_PROMOTION",
]

_STEPS = {
    "+elected-leader": "+try-failover",
    "+selected-slave": "+elected-leader",
    "+failover-state-wait-promotion": "+selected-slave",
    "+promoted-slave": "+failover-state-wait-promotion",
}
"""Each step of an attempt, and the one that must have been taken before."""


class _OnlyByALeader(SentinelWatch):
    """That a Sentinel calls itself elected proves nothing where the trace has its last count."""

    reads = (NodeStarted, ProcessChanged, SentinelEvent, FailoverStateChanged, VotesCounted)

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._reached: dict[tuple[str, str], dict[str, Entry]] = {}
        self._counts: dict[tuple[str, str], Entry] = {}
        self._commanded: dict[tuple[str, str], Entry] = {}
        self._whole: set[str] = set()
        self._promotions = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._cast.note(entry)
        if ends_life(entry):
            forget(self._reached, self._counts, self._commanded, node=node)
        match data:
            case NodeStarted():
                self._whole.add(node)
            case VotesCounted():
                self._counts[node, data.master] = entry
            case FailoverStateChanged(before="none", why="commanded"):
                self._commanded[node, data.master] = entry
            case SentinelEvent():
                self._sentinels = True
                return self._event(entry, data)
            case _:
                pass
        return None

    def _event(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key = (entry.node, data.master)
        if data.name == "+try-failover":
            self._reached[key] = {data.name: entry}
        elif data.name in _STEPS:
            return self._step(entry, data)
        elif ends_attempts(data):
            for known in (self._reached, self._counts, self._commanded):
                known.pop(key, None)
        return None

    def _step(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        steps = self._reached.setdefault((entry.node, data.master), {})
        before = _STEPS[data.name]
        was_taken = before in steps
        steps[data.name] = entry
        if not was_taken:
            if entry.node not in self._whole:
                self._missing = f"the attempts of {entry.node} began before the trace"
                return None
            others = [each for name, each in steps.items() if name != data.name]
            return Violation(
                entry, f"{entry.node} took the step {data.name} without {before}", tuple(others)
            )
        if data.name == "+failover-state-wait-promotion":
            self._promotions += 1
            return self._promotes(entry, data)
        return None

    def _promotes(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        """Its last count made it the leader, unless it was told to fail over."""
        key = (entry.node, data.master)
        counted = self._counts.get(key)
        if key in self._commanded or entry.node not in self._cast.ids.values():
            return None
        if counted is None or not isinstance(counted.data, VotesCounted):
            return None
        leader = self._cast.name(counted.data.winner)
        if leader == entry.node:
            return None
        return Violation(
            entry,
            f"{entry.node} promotes {data.host}:{data.port}, and the leader of epoch "
            f"{counted.data.epoch} is {leader or 'nobody'}",
            (counted, self._reached[key]["+selected-slave"]),
        )

    def _verdict(self) -> Verdict:
        return holds(f"{self._promotions} promotions, each by a leader")


PROMOTION_ONLY_BY_A_LEADER = Invariant(
    "promotion-only-by-a-leader",
    "A replica is told to be master only by a Sentinel that was elected, or was told to fail over, "
    "and has selected that replica.",
    "The election is worth nothing if somebody else acts.",
    "failover §2: FAI-2-1 to FAI-2-4; election §8: ELE-8-1",
    Kind.SAFETY,
    _OnlyByALeader,
)


class _SwitchAfterPromotion(SentinelWatch):
    """What a server is comes from its own record, where there is one."""

    reads = (NodeStarted, HostNamed, ProcessChanged, SentinelEvent, RoleChanged)

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._promoted: dict[tuple[str, str], Entry] = {}
        self._heard: dict[tuple[str, str], Entry] = {}
        self._roles: dict[str, Entry] = {}
        self._was_master: dict[str, int] = {}
        self._commanded: dict[tuple[str, str], Entry] = {}
        self._whole: set[str] = set()
        self._switches = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._cast.note(entry)
        if ends_life(entry):
            forget(self._promoted, self._heard, self._commanded, node=node)
        match data:
            case NodeStarted():
                self._whole.add(node)
            case RoleChanged():
                before = self._roles.get(node)
                if before is not None and _is_master(before):
                    self._was_master[node] = entry.time_us
                self._roles[node] = entry
            case SentinelEvent():
                self._sentinels = True
                return self._event(entry, data)
            case _:
                pass
        return None

    def _event(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key = (entry.node, data.master)
        match data.name:
            case "+failover-state-wait-promotion":
                self._commanded[key] = entry
            case "+promoted-slave":
                self._promoted[key] = entry
                return self._promotes(entry, data)
            case "+config-update-from":
                self._heard[key] = entry
            case "+switch-master":
                return self._switch(entry, data)
            case _ if ends_attempts(data) or data.name == "+try-failover":
                for known in (self._promoted, self._heard, self._commanded):
                    known.pop(key, None)
            case _:
                pass
        return None

    def _promotes(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        """The server must have been a master at some time since it was commanded to be one."""
        server = self._cast.place(data.host, data.port)
        role = self._roles.get(server)
        commanded = self._commanded.get((entry.node, data.master))
        if role is None or commanded is None or _is_master(role):
            return None
        if self._was_master.get(server, -1) >= commanded.time_us:
            return None
        return Violation(
            entry,
            f"{entry.node} announces {server} as promoted, which has not become a master",
            (role, commanded) if role.time_us <= commanded.time_us else (commanded, role),
        )

    def _switch(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key = (entry.node, data.master)
        self._switches += 1
        self._commanded.pop(key, None)
        promoted, heard = self._promoted.pop(key, None), self._heard.pop(key, None)
        if heard is not None:
            return None
        if promoted is not None and isinstance(promoted.data, SentinelEvent):
            target = (promoted.data.host, promoted.data.port)
            if switched_to(data) in (target, None):
                return None
            reason = (
                f"it switches to another server than {target[0]}:{target[1]}, which was promoted"
            )
            return Violation(entry, reason, (promoted,))
        if entry.node not in self._whole:
            self._missing = f"why {entry.node} switched is not in the trace"
            return None
        reason = f"{entry.node} switches without having promoted anybody, nor heard of it"
        return Violation(entry, reason)

    def _verdict(self) -> Verdict:
        return holds(f"{self._switches} switches, each after a promotion that was seen or told")


def _is_master(role: Entry) -> bool:
    return isinstance(role.data, RoleChanged) and role.data.role == "master"


SWITCH_AFTER_PROMOTION = Invariant(
    "switch-after-promotion",
    "A leader announces a new master only after that server has taken the role, and a Sentinel "
    "switches only to a server that it has seen promoted or has been told of.",
    "Clients that are sent to a server which is still a replica cannot write; and if the promotion "
    "never comes, nobody is master.",
    "failover §4.4: FAI-4.4-1 to FAI-4.4-4; failover §6.1: FAI-6.1-1; gossip §6.2: GOS-6.2-3",
    Kind.SAFETY,
    _SwitchAfterPromotion,
)


class _Minority(SentinelWatch):
    """All Sentinels count that have begun to watch the master and were not told to stop."""

    reads = (NodeStarted, SentinelEvent, MasterSettings, VotesCounted, FailoverStateChanged)

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._rules = Rulebook()
        self._watching: dict[str, dict[str, Entry]] = {}
        self._counts: dict[tuple[str, str], Entry] = {}
        self._leads: dict[tuple[str, str], tuple[Entry, int, int | None]] = {}
        """Elections: how many Sentinels watched the master then, and the quorum if it is known."""
        self._promotions = 0
        self._events = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._cast.note(entry)
        self._rules.note(entry)
        match data:
            case SentinelEvent(name="+monitor"):
                self._sentinels = True
                self._watching.setdefault(data.master, {}).setdefault(node, entry)
            case SentinelEvent(name="-monitor"):
                self._watching.get(data.master, {}).pop(node, None)
            case SentinelEvent():
                self._sentinels = True
                self._events += data.name == "+failover-state-wait-promotion"
            case VotesCounted():
                self._counts[node, data.master] = entry
            case FailoverStateChanged(after="select_slave"):
                watching = len(self._watching.get(data.master, {}))
                settings = self._rules.of(node, data.master)
                quorum = settings.quorum if settings else None
                self._leads[node, data.master] = entry, watching, quorum
            case FailoverStateChanged(after="wait_promotion"):
                return self._promotes(entry, data)
            case _:
                pass
        return None

    def _promotes(self, entry: Entry, data: FailoverStateChanged) -> Violation | None:
        key = (entry.node, data.master)
        leads, everybody, quorum = self._leads.get(key, (None, 0, None))
        counted = self._counts.get(key)
        if leads is None or not isinstance(leads.data, FailoverStateChanged):
            return None
        if leads.data.why != "elected":
            self._promotions += leads.data.why == "forced"
            return None
        if counted is None or not isinstance(counted.data, VotesCounted):
            return None
        if entry.node not in self._cast.ids.values():
            return None
        self._promotions += 1
        votes = sum(
            count for runid, count in counted.data.votes if self._cast.name(runid) == entry.node
        )
        quorum = counted.data.quorum if quorum is None else quorum
        needed = max(quorum, everybody // 2 + 1)
        if votes >= needed:
            return None
        return Violation(
            entry,
            f"{entry.node} promotes with the votes of {votes} where {everybody} Sentinels "
            f"watched {data.master}, the quorum is {quorum}, and {needed} are needed",
            (counted, leads),
        )

    def _verdict(self) -> Verdict:
        if self._events > self._promotions:
            return is_unknown("the trace does not tell how many Sentinels voted")
        return holds(f"{self._promotions} promotions, none by a minority on its own account")


MINORITY_NEVER_PROMOTES = Invariant(
    "minority-never-promotes",
    "Nobody promotes a replica by itself without the votes of a majority of all Sentinels that "
    "watched the master when it was elected, and of at least quorum.",
    "On the other side of a cut network there may be a majority that does the same.",
    "election §6: ELE-6-1, ELE-6-5; gossip §7: GOS-7-1",
    Kind.SAFETY,
    _Minority,
)
