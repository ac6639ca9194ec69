"""The data set of every server, followed through a trace, and who was master meanwhile.

A data set is the set of writes that made it, by the rules that `sim.trace.records` gives for the
data itself: ``write-accepted`` and ``write-applied`` add a write; ``full-sync-started`` and
``data-saved`` remember the set; ``full-sync-loaded`` and ``data-loaded`` replace it by one that
was remembered, so that what only this server had is gone; ``data-lost`` empties it.

**In office** is the server that was promoted last (a replica that became a master), and before the
first promotion the first server that was a master. One that is made a replica while nobody else was
promoted hands its office to the master that it follows. An old master that comes back, or one that
is cut off, is a master too, but not in office. Where Sentinels watch several masters, each group of
servers has an office of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minisentinel.trace import Data, Trace
from sim.judge.groups import Group, find_groups
from sim.trace import (
    DataLoaded,
    DataLost,
    DataSaved,
    FullSyncLoaded,
    FullSyncStarted,
    NodeStarted,
    RoleChanged,
    WriteAccepted,
    WriteApplied,
)

__all__ = [
    "TELLING",
    "Accepted",
    "Cause",
    "DataSets",
    "Dropped",
    "Reign",
    "follow_data_sets",
    "follow_groups",
]


TELLING: tuple[type[Data], ...] = (
    WriteAccepted,
    WriteApplied,
    RoleChanged,
    NodeStarted,
    FullSyncStarted,
    FullSyncLoaded,
    DataSaved,
    DataLoaded,
    DataLost,
)
"""All that tells of data sets: `DataSets.note` takes no notice of anything else."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """`server` executed `write` for a client at `time_us`, while `office` was in office."""

    write: str
    server: str
    time_us: int
    office: str

    @property
    def is_split_brain(self) -> bool:
        """Whether somebody else was in office."""
        return self.server != self.office


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a write left the line of masters at `time_us`.

    `kind` is one of:

    - ``failover``: `server` came into office without it;
    - ``split brain``: it was accepted while `server` was in office, by another one;
    - ``restart``: `server`, which was in office, or is the final master, came back without it;
    - ``resynchronisation``: `server`, which was in office, took over the data of another one.
    """

    kind: str
    time_us: int
    server: str

    def __str__(self) -> str:
        at = f"{self.time_us / 1e6:.3f} s"
        match self.kind:
            case "failover":
                return f"{self.server} was promoted without it at {at}"
            case "split brain":
                return f"accepted at {at}, while {self.server} was in office"
            case "restart":
                return f"{self.server} restarted without it at {at}"
        return f"{self.server} took over other data at {at}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """The server that had accepted a write gave it up at `time_us`.

    `how` is ``full resynchronisation`` or ``restart``.
    """

    time_us: int
    how: str


@dataclass(frozen=True, slots=True)
class Reign:
    """`server` was in office from `start_us` until the next reign."""

    server: str
    start_us: int


@dataclass(frozen=True, slots=True)
class _Copy:
    """The first `count` writes of `order`, which only grows: copies are many, few are read."""

    order: list[str]
    count: int

    def writes(self) -> frozenset[str]:
        return frozenset(self.order[: self.count])


@dataclass(slots=True)
class DataSets:
    """What the end of the trace leaves: data sets, and the fate of every write.

    `held` are the writes in each server's data; `missing` names the dump or transfer that a server
    loaded and of which the trace does not tell. `accepted` is the first acceptance of each write;
    `acceptances` all of them. `causes` says why a write is not in the data of the server in office,
    `dropped` when the server that had accepted it lost it.
    """

    held: dict[str, set[str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    accepted: dict[str, Accepted] = field(default_factory=dict)
    acceptances: list[Accepted] = field(default_factory=list)
    causes: dict[str, Cause] = field(default_factory=dict)
    dropped: dict[str, Dropped] = field(default_factory=dict)
    reigns: list[Reign] = field(default_factory=list)
    _roles: dict[str, str] = field(default_factory=dict)
    _names: dict[tuple[str, int], str] = field(default_factory=dict)
    _orders: dict[str, list[str]] = field(default_factory=dict)
    _snapshots: dict[str, _Copy] = field(default_factory=dict)
    _dumps: dict[str, _Copy] = field(default_factory=dict)

    @property
    def office(self) -> str:
        """The server in office at the end; empty if there never was one."""
        return self.reigns[-1].server if self.reigns else ""

    def note(self, now: int, node: str, data: Data) -> None:
        """Take the next entry into account."""
        match data:
            case WriteAccepted():
                self._accept(now, node, data.write)
            case WriteApplied():
                self._add(node, data.write)
            case RoleChanged():
                self._change_role(now, node, data)
            case NodeStarted():
                self._names[data.host, data.port] = node
            case FullSyncStarted():
                self._snapshots[data.sync] = self._copy(node)
            case FullSyncLoaded():
                kept = self._recall(node, self._snapshots, data.sync)
                self._replace(now, node, kept, "full resynchronisation")
            case DataSaved() if not data.sync:
                self._dumps[data.save] = self._copy(node)
            case DataSaved() if data.sync in self._snapshots:
                self._dumps[data.save] = self._snapshots[data.sync]
            case DataLoaded():
                kept = self._recall(node, self._dumps, data.save)
                self._replace(now, node, kept, "restart")
            case DataLost():
                self.missing.pop(node, None)
                self._replace(now, node, frozenset(), "restart")
            case _:
                pass

    def _accept(self, now: int, node: str, write: str) -> None:
        acceptance = Accepted(write, node, now, self.office or node)
        self.acceptances.append(acceptance)
        self.accepted.setdefault(write, acceptance)
        self._add(node, write)
        if acceptance.is_split_brain and write not in self.held.get(self.office, ()):
            self.causes[write] = Cause("split brain", now, self.office)

    def _add(self, node: str, write: str) -> None:
        held = self.held.setdefault(node, set())
        if write not in held:
            held.add(write)
            self._orders.setdefault(node, []).append(write)
        if node == self.office:
            self.causes.pop(write, None)

    def _change_role(self, now: int, node: str, data: RoleChanged) -> None:
        before, self._roles[node] = self._roles.get(node), data.role
        if data.role == "master":
            if node != self.office and (before == "replica" or not self.office):
                self._take_office(now, node)
        elif node == self.office:
            master = self._names.get((data.master_host, data.master_port), "")
            if self._roles.get(master) == "master":
                self._take_office(now, master)

    def _take_office(self, now: int, node: str) -> None:
        had, has = self.held.get(self.office, set()), self.held.get(node, set())
        self._compare(had, has, Cause("failover", now, node))
        self.reigns.append(Reign(node, now))

    def _copy(self, node: str) -> _Copy:
        order = self._orders.setdefault(node, [])
        return _Copy(order, len(order))

    def _recall(self, node: str, source: dict[str, _Copy], number: str) -> frozenset[str]:
        self.missing.pop(node, None)
        if number not in source:
            self.missing[node] = number
            return frozenset()
        return source[number].writes()

    def _replace(self, now: int, node: str, kept: frozenset[str], how: str) -> None:
        had = self.held.get(node, set())
        for write in had - kept:
            if (accepted := self.accepted.get(write)) and accepted.server == node:
                self.dropped[write] = Dropped(now, how)
        if node == self.office:
            kind = "restart" if how == "restart" else "resynchronisation"
            self._compare(had, kept, Cause(kind, now, node))
        self.held[node] = set(kept)
        self._orders[node] = list(kept)

    def _compare(self, had: set[str], has: set[str] | frozenset[str], cause: Cause) -> None:
        """What the server in office has is `has` now, where it was `had`."""
        self.causes.update(dict.fromkeys(had - has, cause))
        for write in [each for each in self.causes if each in has]:
            del self.causes[write]


def follow_groups(trace: Trace) -> dict[Group, DataSets]:
    """The data sets of each group of servers, followed through `trace` from front to back."""
    groups = find_groups(trace)
    if len(groups) == 1:
        return {groups[0]: follow_data_sets(trace)}
    sets = {group: DataSets() for group in groups}
    by_server = {server: sets[group] for group in groups for server in group.servers}
    for entry, data in trace.of(*TELLING):
        if entry.node in by_server:
            by_server[entry.node].note(entry.time_us, entry.node, data)
    return sets


def follow_data_sets(trace: Trace) -> DataSets:
    """Read `trace` from front to back, taking all its servers for one group."""
    sets = DataSets()
    for entry, data in trace.of(*TELLING):
        sets.note(entry.time_us, entry.node, data)
    return sets
