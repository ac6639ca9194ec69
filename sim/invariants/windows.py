"""How much a failover may lose: the two ends of the window of writes that only the master has.

A write is safe when the replica that will be promoted has it. It has whatever was written some time
before it lost its master (`FOLLOWERS_KEEP_UP`), which is where the window begins. A guarded master
stops writing some time after it has lost its replicas (``min-replicas-to-write``), which is where
it ends (`GUARD_STOPS_WRITES`); that of an unguarded one ends when it dies, or is demoted
(`sim.invariants.strays`).
"""

from __future__ import annotations

from collections import deque

from minisentinel.trace import Entry, Header, NodeStarted, ProcessChanged
from sim.invariants.fault_texts import Cut, cut_of
from sim.invariants.invariant import Invariant, Kind, Watch
from sim.invariants.known import Cast
from sim.invariants.surroundings import SURROUNDINGS, Surroundings
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import (
    FaultInjected,
    FullSyncLoaded,
    FullSyncStarted,
    HostNamed,
    ReplicaLinkChanged,
    ReplicationOffset,
    RoleChanged,
    RunEnded,
    WriteAccepted,
    WriteApplied,
    WriteGuard,
    WriteRefused,
)

__all__ = ["FOLLOWERS_KEEP_UP", "GUARD_STOPS_WRITES"]

KEEP_UP_US = 3_000_000
"""The way to a replica and through its queue, with room for a packet that is sent again."""

CRON_US = 2_000_000
"""A lag is counted in whole seconds, and looked at once a second."""

FLIGHT_US = 1_000_000
"""An acknowledgement may be under way when the one who sent it dies."""

TRANSFER_US = 60_000_000
"""A replica counts as heard of when it has been sent a snapshot, and nobody writes down when."""


class _KeepUp(Watch):
    """Looks at the replicas of a master whose link to it is up, by their own records.

    A link that was up before the network was whole is left alone: after a cut its stream stands
    still for about as long again, until something is sent once more. What a replica has not got
    yet is kept for it, in order.
    """

    reads = (
        *SURROUNDINGS,
        HostNamed,
        RoleChanged,
        ReplicaLinkChanged,
        ReplicationOffset,
        FullSyncLoaded,
        WriteAccepted,
        WriteApplied,
        RunEnded,
    )

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._around = Surroundings()
        self._follows: dict[str, tuple[str, int]] = {}
        """The master of each replica whose link is up, and since when it is."""
        self._missing: dict[str, deque[Entry]] = {}
        self._accepted = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._cast.note(entry)
        self._around.note(entry)
        match data:
            case WriteAccepted():
                self._accepted += 1
                for replica, (master, _) in self._follows.items():
                    if master == node:
                        self._missing[replica].append(entry)
            case WriteApplied() | FullSyncLoaded() | ReplicationOffset():
                self._has(node, data.offset)
            case ReplicaLinkChanged():
                followed = self._cast.find(data.master_host, data.master_port)
                self._leaves(node)
                if data.up and followed is not None:
                    self._follows[node] = (followed, entry.time_us)
                    self._missing[node] = deque()
            case NodeStarted() | RoleChanged():
                self._leaves(node)
            case ProcessChanged() if data.is_end:
                self._leaves(node)
            case _:
                return None
        return self._behind(entry) if isinstance(data, WriteAccepted | ProcessChanged) else None

    def _has(self, replica: str, offset: int) -> None:
        missing = self._missing.get(replica)
        while missing and _offset(missing[0]) <= offset:
            missing.popleft()

    def _leaves(self, replica: str) -> None:
        self._follows.pop(replica, None)
        self._missing.pop(replica, None)

    def _behind(self, entry: Entry) -> Violation | None:
        for replica, (master, since_us) in self._follows.items():
            missing = self._missing[replica]
            if not missing or entry.time_us - missing[0].time_us <= KEEP_UP_US:
                continue
            begun_us = [self._around.runs_since(each) for each in (master, replica)]
            whole_us = self._around.undisturbed_since()
            if whole_us is None or since_us < whole_us or None in begun_us:
                continue
            ready_us = max(since_us, *(each for each in begun_us if each is not None))
            first, late_us = missing[0], entry.time_us - KEEP_UP_US
            if ready_us > late_us:
                continue
            missing.clear()
            data = first.data
            assert isinstance(data, WriteAccepted)
            return Violation(
                entry,
                f"{replica} follows {master} and has not got {data.write}, which was written "
                f"{(entry.time_us - first.time_us) / 1e6:.1f} s ago",
                (first,),
            )
        return None

    def finish(self) -> Verdict:
        if not self._accepted:
            return is_unknown("nothing was written, or the trace does not tell")
        return holds(f"{self._accepted} writes, which reached the replicas in time")


def _offset(entry: Entry) -> int:
    return entry.data.offset if isinstance(entry.data, WriteAccepted) else 0


FOLLOWERS_KEEP_UP = Invariant(
    "followers-keep-up",
    "A replica whose link to its master is up has every write three seconds after the master "
    "accepted it, while both run and the network is whole.",
    "So what a failover loses is what the old master wrote in its last three seconds with the "
    "replica that is promoted, and after it had lost it.",
    "redis-node §4.2, §4.3",
    Kind.SAFETY,
    _KeepUp,
)


class _Guarded(Watch):
    """Counts for a master the replicas that it may have heard of, which is generous.

    A replica surely is not heard of while its process does not run, or while a partition is between
    the two; when the network is healed whatever was sent before may arrive. A master that slept
    finds what came meanwhile when it wakes up.
    """

    reads = (
        *SURROUNDINGS,
        HostNamed,
        RoleChanged,
        FullSyncStarted,
        FullSyncLoaded,
        WriteAccepted,
        WriteRefused,
        WriteGuard,
    )

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._around = Surroundings()
        self._guards: dict[str, Entry] = {}
        self._masters: dict[str, str | None] = {}
        self._left: dict[tuple[str, str], int] = {}
        """When a replica ceased to follow a master, by its own will; a sleeper sees it later."""
        self._asleep: dict[str, int] = {}
        self._deaf: dict[str, Entry] = {}
        self._cuts: list[tuple[Entry, Cut]] = []
        self._transfers: dict[tuple[str, str], int] = {}
        self._slow: set[str] = set()
        self._judged = self._refused = self._unjudged = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._cast.note(entry)
        self._around.note(entry)
        match data:
            case WriteGuard():
                self._guards[node] = entry
            case NodeStarted():
                self._guards.pop(node, None)
                self._deaf.pop(node, None)
                self._asleep.pop(node, None)
            case ProcessChanged(change="resumed" | "unblocked"):
                self._deaf.pop(node, None)
                self._wakes(entry)
            case ProcessChanged(change=change) if change != "started":
                self._deaf[node] = entry
                self._asleep.setdefault(node, entry.time_us)
            case RoleChanged():
                before = self._masters.get(node)
                now = self._cast.find(data.master_host, data.master_port)
                self._masters[node] = now if data.role == "replica" else None
                if before is not None and before != now:
                    self._left[before, node] = entry.time_us
            case FullSyncStarted():
                host, _, port = data.replica.rpartition(":")
                replica = self._cast.find(host, int(port)) if port.isdigit() else data.replica
                self._transfers[node, replica or data.replica] = entry.time_us
            case FullSyncLoaded():
                # What was heard of it then is older than anything that it said since.
                for key in [key for key in self._transfers if key[1] == node]:
                    del self._transfers[key]
            case FaultInjected():
                self._fault(entry, data)
            case WriteAccepted() if node in self._guards:
                return self._wrote(entry, data)
            case WriteRefused(reason="NOREPLICAS") if node in self._guards:
                heard, _ = self._heard(entry) or (None, [])
                self._refused += heard is not None and heard < self._needed(node)
            case _:
                pass
        return None

    def _wakes(self, entry: Entry) -> None:
        """Who left a master that slept is still among its replicas when it wakes up."""
        slept_us = self._asleep.pop(entry.node, entry.time_us)
        for key, left_us in self._left.items():
            if key[0] == entry.node and left_us >= slept_us:
                self._left[key] = entry.time_us

    def _fault(self, entry: Entry, data: FaultInjected) -> None:
        match data.verb:
            case "partition":
                if (cut := cut_of(data)) is not None:
                    self._cuts.append((entry, cut))
            case "heal":
                self._cuts.clear()
                # The systems of those who sleep send again what was on its way.
                ends = {n: e for n, e in self._deaf.items() if _is_end(e)}
                self._deaf = ends
            case "hold" | "delay" | "lose" | "narrow":
                self._slow.add("network")
            case "step_clock" | "drift_clock":
                self._slow.add(entry.node)
            case _:
                pass

    def _wrote(self, entry: Entry, data: WriteAccepted) -> Violation | None:
        needed, found = self._needed(entry.node), self._heard(entry)
        if found is None:
            self._unjudged += needed > 0
            return None
        self._judged += 1
        heard, lost = found
        if heard >= needed:
            return None
        against = [self._guards[entry.node], *lost]
        return Violation(
            entry,
            f"{entry.node} writes {data.write} and must not: it can have heard of {heard} replicas "
            f"in the last {self._guard(entry.node).max_lag_seconds} s, and needs {needed}",
            tuple(sorted(dict.fromkeys(against), key=lambda each: each.time_us)),
        )

    def _guard(self, master: str) -> WriteGuard:
        guard = self._guards[master].data
        assert isinstance(guard, WriteGuard)
        return guard

    def _needed(self, master: str) -> int:
        return self._guard(master).min_replicas

    def _heard(self, entry: Entry) -> tuple[int, list[Entry]] | None:
        """Of how many replicas a guarded master can have heard lately, and why not of the others.

        None if it needs none, or if nobody can tell.
        """
        master = entry.node
        woke_us = self._around.runs_since(master)
        if not self._needed(master) or self._slow & {"network", master} or woke_us is None:
            return None
        lag_us = self._guard(master).max_lag_seconds * 1_000_000
        limit_us = entry.time_us - lag_us - CRON_US - FLIGHT_US
        lost: list[Entry] = []
        heard = 0
        for replica in self._followers(master, limit_us):
            silence = self._silence(master, replica)
            began_us = self._transfers.get((master, replica), -TRANSFER_US)
            since_us = max(
                silence.time_us if silence else entry.time_us, woke_us, began_us + TRANSFER_US
            )
            if silence is None or since_us >= limit_us:
                heard += 1
            else:
                lost.append(silence)
        return heard, lost

    def _followers(self, master: str, limit_us: int) -> list[str]:
        """Who follows it, or did so not too long ago."""
        now = [replica for replica, followed in self._masters.items() if followed == master]
        past = [r for (m, r), at_us in self._left.items() if m == master and at_us >= limit_us]
        return list(dict.fromkeys([*now, *past]))

    def _silence(self, master: str, replica: str) -> Entry | None:
        """Since when the master can hear nothing of the replica; None if it may hear something."""
        found = [entry for entry, cut in self._cuts if cut.parts(master, replica)]
        if replica in self._deaf:
            found.append(self._deaf[replica])
        return min(found, key=lambda entry: entry.time_us, default=None)

    def finish(self) -> Verdict:
        if not self._guards:
            return is_unknown("no server says that it needs replicas to write")
        if self._unjudged and not self._judged + self._refused:
            return is_unknown(
                "nobody can tell of whom a master hears: the network or a clock is odd"
            )
        return holds(
            f"{self._judged} writes, each with as many replicas as are needed, and {self._refused} "
            "refused since there were too few"
        )


def _is_end(entry: Entry) -> bool:
    return isinstance(entry.data, ProcessChanged) and entry.data.is_end


GUARD_STOPS_WRITES = Invariant(
    "guard-stops-writes",
    "A master with min-replicas-to-write accepts no write later than min-replicas-max-lag, and "
    "three seconds, after it could last hear of as many replicas.",
    "A master that has lost its replicas may have been replaced already, and everything that it "
    "writes may be lost. The guard turns that into a bound, which an operator chooses. The three "
    "seconds are the flight of an acknowledgement, whole seconds, and the second of the cron.",
    "redis-node §8",
    Kind.SAFETY,
    _Guarded,
)
