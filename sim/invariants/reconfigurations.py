"""Reconfigurations: what a leader owes to the replicas that were not promoted."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    Header,
    NodeStarted,
    ProcessChanged,
    ReplicaSelection,
    SentinelEvent,
)
from sim.invariants.invariant import Invariant, Kind, Watch
from sim.invariants.known import Address, Cast, ends_attempts, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import HostNamed, ReplicaLinkChanged

__all__ = ["NO_REPLICA_LEFT_BEHIND", "RECONFIGURED_MEANS_FOLLOWING"]


class _LeftBehind(Watch):
    """The replicas are those among which the leader selected, and those that it found later."""

    reads = (SentinelEvent, NodeStarted, ProcessChanged, ReplicaSelection)

    def __init__(self, _: Header) -> None:
        self._open: dict[tuple[str, str], dict[Address, Entry]] = {}
        self._down: dict[tuple[str, str, Address], Entry] = {}
        self._forced: set[tuple[str, str]] = set()
        self._ends = 0
        self._selections = 0
        self._failovers = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._open, self._down, node=node)
        if isinstance(data, ReplicaSelection):
            self._selections += 1
            self._forced.discard((node, data.master))
            self._open[node, data.master] = {
                (host, port): entry
                for host, port, *_ in data.candidates
                if (host, port) != (data.host, data.port)
            }
        elif isinstance(data, SentinelEvent):
            return self._event(entry, data)
        return None

    def _event(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key, address = (entry.node, data.master), (data.host, data.port)
        waiting = self._open.get(key, {})
        match data.name:
            case "+sdown":
                self._down[(*key, address)] = entry
            case "-sdown":
                self._down.pop((*key, address), None)
            case "+slave" if key in self._open:
                waiting[address] = entry
            case "+slave-reconf-done" | "-slave-reconf-sent-timeout":
                waiting.pop(address, None)
            case "+failover-end-for-timeout":
                self._forced.add(key)
            case "+failover-end" if key not in self._forced:
                self._ends += 1
                return self._ended(entry, data, waiting)
            case _ if ends_attempts(data):
                self._open.pop(key, None)
                if data.name == "+switch-master":
                    forget(self._down, node=entry.node, master=data.master)
        if data.name == "+promoted-slave":
            self._failovers += 1
        return None

    def _ended(
        self, entry: Entry, data: SentinelEvent, waiting: dict[Address, Entry]
    ) -> Violation | None:
        for (host, port), witness in waiting.items():
            if (entry.node, data.master, (host, port)) not in self._down:
                return Violation(
                    entry,
                    f"{entry.node} ended the failover before {host}:{port} was reconfigured",
                    (witness,),
                )
        return None

    def finish(self) -> Verdict:
        if self._failovers > self._selections:
            return is_unknown("the trace does not tell which replicas there were")
        return holds(f"{self._ends} failovers ended, each when all replicas within reach were done")


NO_REPLICA_LEFT_BEHIND = Invariant(
    "no-replica-left-behind",
    "A failover ends when every replica that is not subjectively down follows the new master, or "
    "when the failover timeout is over.",
    "Until a replica follows the new master there is one copy less of every write; repairing that "
    "later takes the failover timeout once more.",
    "failover §4.6: FAI-4.6-2, FAI-4.6-4",
    Kind.SAFETY,
    _LeftBehind,
)


class _Following(Watch):
    """INFO is a little older than what follows from it: the link may be down again by then."""

    reads = (SentinelEvent, NodeStarted, HostNamed, ReplicaLinkChanged)

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._links: dict[str, Entry] = {}
        self._came_up: dict[tuple[str, str], Entry] = {}
        self._promoted: dict[tuple[str, str], Address] = {}
        self._sent: dict[tuple[str, Address], Entry] = {}
        self._count = 0
        self._done = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        if isinstance(data, NodeStarted | HostNamed):
            self._cast.note(entry)
        elif isinstance(data, ReplicaLinkChanged):
            self._links[entry.node] = entry
            if data.up:
                master = self._cast.place(data.master_host, data.master_port)
                self._came_up[entry.node, master] = entry
        elif isinstance(data, SentinelEvent):
            address = (data.host, data.port)
            match data.name:
                case "+promoted-slave":
                    self._promoted[entry.node, data.master] = address
                case "+slave-reconf-sent":
                    self._sent[entry.node, address] = entry
                case "+slave-reconf-done":
                    self._done += 1
                    return self._arrived(entry, data)
                case _:
                    pass
        return None

    def _arrived(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        sent = self._sent.pop((entry.node, (data.host, data.port)), None)
        promoted = self._promoted.get((entry.node, data.master), ("", 0))
        target = self._cast.find(*promoted)
        replica = self._cast.place(data.host, data.port)
        link = self._links.get(replica)
        if sent is None or target is None or link is None or self._leads_nowhere(link):
            return None
        self._count += 1
        came_up = self._came_up.get((replica, target))
        if came_up is not None and (came_up is link or came_up.time_us >= sent.time_us):
            return None
        return Violation(
            entry,
            f"{entry.node} counts {replica} as reconfigured, which has no link to {target}",
            (sent, link),
        )

    def _leads_nowhere(self, link: Entry) -> bool:
        """Whether the link is to a master that nobody knows, perhaps because its name has moved."""
        data = link.data
        assert isinstance(data, ReplicaLinkChanged)
        return self._cast.find(data.master_host, data.master_port) is None

    def finish(self) -> Verdict:
        if self._done and not self._count:
            return is_unknown("the trace does not tell of the links of replicas")
        return holds(f"{self._count} replicas reconfigured, each with a link to its new master")


RECONFIGURED_MEANS_FOLLOWING = Invariant(
    "reconfigured-means-following",
    "A replica counts as reconfigured only after it had a link to the new master.",
    "It is the copying that takes time and keeps a replica out of service, not the command to "
    "follow; parallel-syncs limits how many copy at once.",
    "monitoring §9.8: MON-9.8-1, MON-9.8-2",
    Kind.SAFETY,
    _Following,
)
