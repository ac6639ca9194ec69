"""Data: which acknowledged writes may be lost, and how."""

from __future__ import annotations

from collections.abc import Iterable

from minisentinel.trace import Entry, Header, ReplicaSelection, Trace
from sim.invariants.invariant import Invariant, Kind, Watch, WholeTrace
from sim.invariants.known import Cast
from sim.invariants.verdicts import Truth, Verdict, Violation, holds, is_unknown
from sim.judge import LostWrite, account_for_writes, find_final_master
from sim.judge.datasets import TELLING, DataSets, follow_groups
from sim.trace import ClientStarted, Operation, WriteAccepted

__all__ = ["LOSSES_ARE_EXPLAINED", "WAITED_WRITES_SURVIVE"]


def _losses(trace: Trace) -> Verdict:
    """Every loss has a cause; and what a failover loses are the last writes of a master.

    Replication is a stream: a replica that has a write has everything before it. So among the
    writes that one server accepted, what is lost by the promotion of another one is all that came
    after some moment; that time is the window of the loss.
    """
    writes = account_for_writes(trace)
    if writes.lost is None:
        return is_unknown(writes.why_unknown)
    if not trace.of_kind("write-accepted"):
        return is_unknown("the trace does not tell which server accepted what")
    if not writes.acknowledged:
        return holds("no write was acknowledged") if writes.clients else is_unknown("no client")
    found = [_unexplained(trace, each) for each in writes.lost if each.cause is None]
    window_us = 0
    for group, sets in follow_groups(trace).items():
        lost = [each for each in writes.lost if each.accepted_by in group.servers]
        longest_us, holes = _windows(trace, sets, lost, find_final_master(trace, group.masters))
        window_us = max(window_us, longest_us)
        found += holes
    if found:
        return Verdict(Truth.FALSE, found[0].reason, found[0].evidence, tuple(found))
    told = f"{len(writes.lost)} of {len(writes.acknowledged)} acknowledged writes are lost"
    if writes.lost:
        told += f", all explained; at most the last {window_us / 1e6:.2f} s of a master"
    return holds(told)


def _unexplained(trace: Trace, lost: LostWrite) -> Violation:
    entries = _entries_of(trace, lost.write)
    return Violation(
        entries[-1],
        f"{lost.write} was acknowledged to {lost.client} and is lost, for no reason in the trace",
        tuple(entries[:-1]),
    )


def _entries_of(trace: Trace, write: str) -> list[Entry]:
    return [
        entry
        for entry in trace.entries
        if isinstance(entry.data, WriteAccepted | Operation) and entry.data.write == write
    ]


def _windows(
    trace: Trace, sets: DataSets, lost: Iterable[LostWrite], final: str | None
) -> tuple[int, list[Violation]]:
    """The longest window of a loss by failover, and the writes that should not have survived it."""
    survivors = sets.held.get(final or "", set())
    first: dict[tuple[str, str, int], tuple[int, str]] = {}
    for each in lost:
        gone = each.dropped is not None and (
            each.cause is None or each.dropped.time_us <= each.cause.time_us
        )
        # Who lost it by itself before may come into office again, with what it accepted since.
        if each.accepted and each.cause and each.cause.kind == "failover" and not gone:
            key = (each.accepted.server, each.cause.server, each.cause.time_us)
            began = (each.accepted.time_us, each.write)
            first[key] = min(first.get(key, began), began)
    servers: dict[str, set[str]] = {}
    for accepted in sets.acceptances:
        servers.setdefault(accepted.write, set()).add(accepted.server)
    longest, holes = 0, []
    for (server, promoted, ended_us), (began_us, write) in first.items():
        longest = max(longest, ended_us - began_us)
        for accepted in sets.acceptances:
            if (
                accepted.server == server
                and began_us < accepted.time_us < ended_us
                and accepted.write in survivors
                and servers[accepted.write] == {server}
            ):
                entries = _entries_of(trace, write) + _entries_of(trace, accepted.write)
                entries.sort(key=lambda entry: entry.time_us)
                reason = (
                    f"{write} is lost by the promotion of {promoted}, but the later "
                    f"{accepted.write}, accepted by {server} too, is not"
                )
                holes.append(Violation(entries[-1], reason, tuple(entries[:-1])))
    return longest, holes


LOSSES_ARE_EXPLAINED = Invariant(
    "losses-are-explained",
    "An acknowledged write is lost only by a failover, a restart or a resynchronisation that the "
    "trace contains, and by a failover only the last writes of the old master are.",
    "Replication is asynchronous, so that some loss is the price of every failover; but it must be "
    "a tail of what was written, and anything beyond is a bug.",
    "redis-node §4; failover §8: FAI-8-5",
    Kind.SAFETY,
    WholeTrace.of(_losses),
)


class _Waited(Watch):
    """Follows the data sets, and looks at each promotion who could have been chosen.

    Only writes of clients count that said at their start to wait for replicas. What a replica has
    is known to a leader from its INFO: by an offset, which counts what came before it, and which
    says nothing of a server that follows another line of masters.
    """

    reads = (*TELLING, ClientStarted, ReplicaSelection, Operation)

    def __init__(self, _: Header) -> None:
        self._sets = DataSets()
        self._cast = Cast()
        self._waits: dict[str, int] = {}
        self._waited: dict[str, Entry] = {}
        self._offsets: dict[str, int] = {}
        """Where in the stream of a master each write ends."""
        self._selections: dict[str, Entry] = {}
        self._reigns = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        self._cast.note(entry)
        if isinstance(data, ClientStarted):
            self._waits[entry.node] = data.wait_replicas
        elif isinstance(data, ReplicaSelection) and data.host:
            self._selections[self._cast.place(data.host, data.port)] = entry
        elif isinstance(data, Operation):
            return self._operation(entry, data)
        elif isinstance(data, WriteAccepted):
            self._offsets[data.write] = data.offset
        self._sets.note(entry.time_us, entry.node, data)
        if len(self._sets.reigns) > self._reigns:
            self._reigns = len(self._sets.reigns)
            return self._promoted(entry)
        return None

    def _operation(self, entry: Entry, data: Operation) -> Violation | None:
        needed = self._waits.get(entry.node, 0)
        if not needed or not data.write or data.outcome != "ok":
            return None
        self._waited[data.write] = entry
        holders = [name for name, held in self._sets.held.items() if data.write in held]
        if len(holders) > needed:
            return None
        return Violation(
            entry,
            f"{data.write} was acknowledged after waiting for {needed} replicas, "
            f"and only {', '.join(holders) or 'nobody'} has it",
        )

    def _promoted(self, entry: Entry) -> Violation | None:
        """Somebody came into office: nobody was preferable who was known to have more."""
        chosen = self._sets.office
        selection = self._selections.get(chosen)
        if selection is None or not isinstance(selection.data, ReplicaSelection):
            return None
        candidates = {self._cast.place(*each[:2]): each for each in selection.data.candidates}
        _, _, priority, offset, _, _ = candidates[chosen]
        has = self._sets.held.get(chosen, set())
        for other, (_, _, other_priority, other_offset, _, excluded) in candidates.items():
            if excluded or other_priority > priority:
                continue
            more = self._sets.held.get(other, set()) - has
            for write, acknowledged in self._waited.items():
                if write in more and offset < self._offsets.get(write, 0) <= other_offset:
                    return Violation(
                        entry,
                        f"{chosen} was promoted without {write}, which was waited for, and which "
                        f"{other} was known to have, an eligible replica",
                        (acknowledged, selection),
                    )
        return None

    def finish(self) -> Verdict:
        if not any(self._waits.values()):
            return is_unknown("no client waited for replicas")
        return holds(f"{len(self._waited)} writes were waited for")


WAITED_WRITES_SURVIVE = Invariant(
    "waited-writes-survive",
    "A write that was acknowledged after WAIT is with as many replicas as were waited for, and a "
    "failover loses it only if no eligible replica of the best priority was known to have it.",
    "WAIT is not a promise that a write survives, but it puts it where a failover looks: among "
    "replicas of equal priority a leader prefers the one with the most data, as far as the last "
    "INFO told.",
    "redis-node §4; failover §3.2: FAI-3.2-2",
    Kind.SAFETY,
    _Waited,
)
