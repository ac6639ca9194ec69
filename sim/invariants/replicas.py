"""Replicas in a failover: which one is promoted, and how many follow it at once."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    Header,
    MasterSettings,
    NodeStarted,
    ProcessChanged,
    ReplicaSelection,
    SentinelEvent,
    TimingSet,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import Address, Rulebook, ends_attempts, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown

__all__ = ["PARALLEL_SYNCS_KEPT", "PROMOTED_IS_THE_RIGHT_REPLICA"]


class _RightReplica(SentinelWatch):
    """Chooses anew by the specification from what the record of the selection says was known."""

    reads = (
        NodeStarted,
        ProcessChanged,
        MasterSettings,
        TimingSet,
        ReplicaSelection,
        SentinelEvent,
    )

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._chosen: dict[tuple[str, str], Entry] = {}
        self._selections = 0
        self._events = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._rules.note(entry)
        if ends_life(entry):
            forget(self._chosen, node=node)
        match data:
            case ReplicaSelection():
                self._sentinels = True
                self._chosen[node, data.master] = entry
                self._selections += 1
                return self._select(entry, data)
            case SentinelEvent():
                self._sentinels = True
                if data.name == "+selected-slave":
                    self._events += 1
                if data.name in (
                    "+selected-slave",
                    "+failover-state-wait-promotion",
                    "+promoted-slave",
                ):
                    return self._same(entry, data)
                if ends_attempts(data):
                    self._chosen.pop((node, data.master), None)
            case _:
                pass
        return None

    def _same(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        chosen = self._chosen.get((entry.node, data.master))
        if chosen is None or not isinstance(chosen.data, ReplicaSelection):
            return None
        selection = chosen.data
        if (selection.host, selection.port) == (data.host, data.port):
            return None
        return Violation(
            entry,
            f"{data.name} is about {data.host}:{data.port}, "
            f"but {selection.host}:{selection.port} was selected",
            (chosen,),
        )

    def _select(self, entry: Entry, data: ReplicaSelection) -> Violation | None:
        settings = self._rules.of(entry.node, data.master)
        if len(data.known) != len(data.candidates) or settings is None:
            self._missing = "what the leader knew of the replicas is not in the trace"
            return None
        limit_ms = 10 * settings.down_after_ms + max(data.master_down_ms, 0)
        timing = self._rules.timing(entry.node)
        best: tuple[tuple[int, int, bool, str], Address] | None = None
        why: dict[Address, str] = {}
        for candidate, known in zip(data.candidates, data.known, strict=True):
            host, port, priority, offset, runid, _ = candidate
            why[host, port] = _why_excluded(
                priority, known, timing, data.master_down_ms >= 0, limit_ms
            )
            rank = ((priority, -offset, not runid, runid.lower()), (host, port))
            if not why[host, port] and (best is None or rank < best):
                best = rank
        chosen = (data.host, data.port)
        if not data.host:
            if best is None:
                return None
            return Violation(entry, f"nobody was chosen, although {_shown(best[1])} is eligible")
        if why.get(chosen):
            return Violation(entry, f"{_shown(chosen)} was chosen, although {why[chosen]}")
        if best is None or chosen != best[1]:
            what = _shown(best[1]) if best else "nobody"
            return Violation(entry, f"{_shown(chosen)} was chosen, the best is {what}")
        return None

    def _verdict(self) -> Verdict:
        if self._events > self._selections:
            return is_unknown("the trace does not tell among whom was chosen")
        return holds(f"{self._selections} selections, as the rules say")


def _shown(address: Address) -> str:
    return f"{address[0]}:{address[1]}"


def _why_excluded(
    priority: int,
    known: tuple[bool, bool, int, int, int],
    timing: TimingSet,
    master_is_down: bool,
    link_limit_ms: int,
) -> str:
    """Why the rules exclude a replica, in words (spec: failover §3.1); empty if they do not."""
    is_down, is_disconnected, ping_ms, info_ms, link_down_ms = known
    info_limit_ms = 5 * timing.ping_period_ms if master_is_down else 3 * timing.info_period_ms
    if is_down:
        return "it is subjectively down"
    if is_disconnected:
        return "it is not connected"
    if ping_ms > 5 * timing.ping_period_ms:
        return f"it has not answered a PING for {ping_ms} ms"
    if priority == 0:
        return "its priority is 0"
    if info_ms < 0 or info_ms > info_limit_ms:
        return f"its last INFO is {info_ms} ms old" if info_ms >= 0 else "it never sent INFO"
    if link_down_ms > link_limit_ms:
        return f"it had no link to the master for {link_down_ms} ms"
    return ""


PROMOTED_IS_THE_RIGHT_REPLICA = Invariant(
    "promoted-is-the-right-replica",
    "The replica that is selected, and then promoted, is the one that the rules choose from what "
    "the leader knew at that moment.",
    "A replica that is dead, long without its master or excluded by the operator must not become "
    "master; and among the others the one with most data loses fewest writes.",
    "failover §3.1: FAI-3.1-1 to FAI-3.1-7; failover §3.2: FAI-3.2-1 to FAI-3.2-3",
    Kind.SAFETY,
    _RightReplica,
)


class _ParallelSyncs(SentinelWatch):
    reads = (NodeStarted, ProcessChanged, MasterSettings, SentinelEvent)

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._busy: dict[tuple[str, str], dict[Address, Entry]] = {}
        self._most = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._rules.note(entry)
        if ends_life(entry):
            forget(self._busy, node=node)
        if not isinstance(data, SentinelEvent):
            return None
        self._sentinels = True
        busy = self._busy.setdefault((node, data.master), {})
        address = (data.host, data.port)
        match data.name:
            case "+slave-reconf-sent":
                return self._sent(entry, data, busy)
            case "+slave-reconf-done" | "-slave-reconf-sent-timeout":
                busy.pop(address, None)
            case _ if ends_attempts(data) or data.name == "+try-failover":
                busy.clear()
            case _:
                pass
        return None

    def _sent(
        self, entry: Entry, data: SentinelEvent, busy: dict[Address, Entry]
    ) -> Violation | None:
        settings = self._rules.of(entry.node, data.master)
        if settings is None:
            self._missing = "the parallel-syncs of the leader are not in the trace"
            return None
        before = tuple(busy.values())
        busy[data.host, data.port] = entry
        self._most = max(self._most, len(busy))
        if len(busy) <= settings.parallel_syncs:
            return None
        return Violation(
            entry,
            f"{len(busy)} replicas are being reconfigured, parallel-syncs is "
            f"{settings.parallel_syncs}",
            before,
        )

    def _verdict(self) -> Verdict:
        return holds(f"{self._most} replicas at once, at most")


PARALLEL_SYNCS_KEPT = Invariant(
    "parallel-syncs-kept",
    "A leader has at most parallel-syncs replicas reconfigured at a time.",
    "A replica that takes over the data set of a new master cannot answer meanwhile; the others "
    "shall go on to serve reads.",
    "failover §4.5: FAI-4.5-1, FAI-4.5-2, FAI-4.5-7, FAI-4.5-10",
    Kind.SAFETY,
    _ParallelSyncs,
)
