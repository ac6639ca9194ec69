"""The replacement of a dead master, from its death to the promotion of a replica.

Together with the steps before (`progress`) this is what Sentinel is for: while a quorum and a
majority run and hear each other, and a replica is fit, a master that is dead is replaced in a time
that the settings tell, or there is a true reason why not.
"""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    Header,
    ProcessChanged,
    ReplicaSelection,
    SentinelEvent,
    VoteGranted,
    VotesCounted,
)
from sim.invariants.company import COMPANY, Company, Key
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import ends_attempts, ends_life, forget
from sim.invariants.noticing import FAST_INFO_US, STEPS_US
from sim.invariants.progress import AGREEMENT_TAKES_US, ATTEMPTS, Attempts
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import FullSyncLoaded, FullSyncStarted, NodeStarted, RoleChanged, RunEnded

__all__ = ["DEAD_MASTER_IS_REPLACED"]

ELECTION_US = 3_000_000
"""Votes that have not come by then do not come; a failover-timeout may be shorter."""

LOOK_US = 500_000
"""So often it is looked at whether something is overdue."""

INFO_LIMIT_US = 5_000_000
"""What a Sentinel knows of a replica may be that old if the replica is to be promoted."""


class _Replaced(SentinelWatch):
    """Judges only masters that are dead, and Sentinels for which nothing else is wrong.

    Three promises are kept track of: that an attempt begins, that one whose leader is elected leads
    to a promotion, and that one which is given up has a reason that is true.
    """

    reads = (
        *COMPANY,
        *ATTEMPTS,
        VotesCounted,
        ReplicaSelection,
        RoleChanged,
        FullSyncStarted,
        FullSyncLoaded,
        RunEnded,
    )

    def __init__(self, _: Header) -> None:
        self._company = Company()
        self._attempts = Attempts(self._company.rules)
        self._dead: dict[str, Entry] = {}
        self._odown: dict[Key, int] = {}
        self._excused: set[Key] = set()
        self._elected: dict[Key, Entry] = {}
        self._selected: dict[Key, str] = {}
        self._counts: dict[Key, Entry] = {}
        self._selection: dict[Key, Entry] = {}
        self._votes: dict[str, list[tuple[int, str]]] = {}
        """The votes for each master: the epoch and the candidate's id."""
        self._epochs: dict[str, int] = {}
        self._loading: dict[str, str] = {}
        self._replaced = 0
        self._look_us = 0

    def see(self, entry: Entry) -> Violation | None:
        broken = self._overdue(entry) if self._dead else None
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(
                self._odown, self._elected, self._selected, self._counts, self._selection, node=node
            )
            self._excused = {key for key in self._excused if key[0] != node}
        self._company.note(entry)
        self._attempts.note(entry)
        match data:
            case NodeStarted():
                self._dead.pop(node, None)
            case ProcessChanged() if data.is_end:
                if self._company.around.types.get(node) == "redis":
                    self._dead[node] = entry
            case VoteGranted():
                self._votes.setdefault(data.master, []).append((data.epoch, data.candidate))
            case VotesCounted():
                self._counts[node, data.master] = entry
            case ReplicaSelection():
                self._selection[node, data.master] = entry
            case FullSyncStarted():
                self._loading[data.replica] = data.sync
            case FullSyncLoaded():
                self._loading = {who: s for who, s in self._loading.items() if s != data.sync}
            case SentinelEvent():
                self._sentinels = True
                return self._event(entry, data) or broken
            case _:
                pass
        return broken

    def _event(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        key = (entry.node, data.master)
        match data.name:
            case "+new-epoch" if data.payload.isdigit():
                self._epochs[entry.node] = int(data.payload)
            case "+odown":
                self._odown[key] = entry.time_us
            case "-odown":
                self._odown.pop(key, None)
                self._excused.discard(key)
            case "+elected-leader":
                self._elected[key] = entry
                self._selected.pop(key, None)
            case "+selected-slave":
                replica = self._company.cast.find(data.host, data.port)
                if replica is not None:
                    self._selected[key] = replica
            case "+promoted-slave":
                self._replaced += 1
                self._elected.pop(key, None)
            case "-failover-abort-not-elected":
                return self._not_elected(entry, key)
            case "-failover-abort-no-good-slave":
                self._elected.pop(key, None)
                return self._no_good_replica(entry, key)
            case _ if ends_attempts(data):
                self._elected.pop(key, None)
                self._excused.discard(key)
                if not data.name.startswith("-failover-abort"):
                    self._odown.pop(key, None)
            case _:
                pass
        return None

    def _since(self, key: Key) -> int | None:
        """Since when all has been such that this Sentinel should have its dead master replaced.

        None if it is not: the master lives, somebody cannot act, or too few can be asked.
        """
        company = self._company
        death = self._dead.get(company.watched(key) or "")
        settings, acts_us = company.rules.of(*key), company.around.acts_since(key[0])
        if settings is None or acts_us is None or death is None:
            return None
        whole_us = company.around.whole_since(settings.down_after_ms)
        peers = sorted(ready_us for _, ready_us in company.can_ask(key))
        needed = settings.quorum - 1
        if whole_us is None or len(peers) < needed:
            return None
        since_us = max(death.time_us, acts_us, whole_us, company.watches_since(key))
        return max(since_us, peers[needed - 1]) if needed > 0 else since_us

    def _overdue(self, entry: Entry) -> Violation | None:
        if entry.time_us < self._look_us and not isinstance(entry.data, RunEnded):
            return None
        self._look_us = entry.time_us + LOOK_US
        for key in self._company.watches():
            since_us = None if key in self._excused else self._since(key)
            if since_us is None:
                continue
            broken = self._no_attempt(entry, key, since_us) or self._no_promotion(
                entry, key, since_us
            )
            if broken is not None:
                self._excused.add(key)
                return broken
        return None

    def _no_attempt(self, entry: Entry, key: Key, since_us: int) -> Violation | None:
        if key in self._attempts.busy:
            return None
        company = self._company
        timing = company.rules.timing(key[0])
        # Whoever is needed may be slower to find out that the master is dead.
        finds_out_us = (company.patience_ms(key[1]) + 2 * timing.ping_period_ms + 1000) * 1000
        agrees_us = (timing.ask_period_ms + timing.ping_period_ms) * 1000 + AGREEMENT_TAKES_US
        due_us = max(since_us + finds_out_us + agrees_us, self._attempts.may_begin_at(key))
        if entry.time_us <= due_us + STEPS_US:
            return None
        master = self._company.watched(key) or ""
        return Violation(
            entry,
            f"{master} is dead, enough Sentinels could agree on that, and {key[0]} should have "
            f"begun a failover by {due_us / 1e6:.1f} s",
            (self._dead[master],),
        )

    def _no_promotion(self, entry: Entry, key: Key, since_us: int) -> Violation | None:
        elected, replica = self._elected.get(key), self._selected.get(key)
        if elected is None or elected.time_us < since_us:
            return None
        if replica is not None:
            runs_us = self._company.around.runs_since(replica)
            settings = self._company.rules.of(*key)
            if runs_us is None or settings is None or self._is_busy(replica):
                return None
            if runs_us + settings.down_after_ms * 1000 + INFO_LIMIT_US > elected.time_us:
                return None
            if self._company.holds_down(key, replica):
                return None
        ping_us = self._company.rules.timing(key[0]).ping_period_ms * 1000
        # A step for the choice, one for the command, one until it is noticed.
        if entry.time_us <= elected.time_us + FAST_INFO_US + ping_us + 2 * STEPS_US:
            return None
        whom = "chosen a replica" if replica is None else f"promoted {replica}"
        return Violation(entry, f"{key[0]} was elected, and has not {whom}", (elected,))

    def _is_busy(self, server: str) -> bool:
        """Whether it takes over the data of its master, and refuses most commands meanwhile."""
        host, port = self._company.address(server)
        return server in self._loading or f"{host}:{port}" in self._loading

    def _not_elected(self, entry: Entry, key: Key) -> Violation | None:
        """Nobody else stood, and those who hear the candidate are a majority: it must have won."""
        begun, counted = self._attempts.last(key), self._counts.get(key)
        since_us = self._since(key)
        epoch = self._epochs.get(key[0], 0)
        if begun is None or counted is None or since_us is None:
            return None
        if entry.time_us - begun.time_us < ELECTION_US:
            return None
        data = counted.data
        if not isinstance(data, VotesCounted) or data.epoch != epoch or begun.time_us < since_us:
            return None
        ready = [ready_us for _, ready_us in self._company.can_ask(key)]
        willing = 1 + sum(ready_us <= begun.time_us for ready_us in ready)
        others = [
            each
            for each in self._votes.get(key[1], ())
            if each[0] >= epoch and self._company.cast.name(each[1]) != key[0]
        ]
        if others or any(each > epoch for each in self._epochs.values()):
            return None
        needed = max(data.quorum, data.voters // 2 + 1)
        if willing < needed:
            return None
        return Violation(
            entry,
            f"{key[0]} was not elected in epoch {epoch}, although nobody else stood and "
            f"{willing} of {data.voters} could vote for it",
            (counted,),
        )

    def _no_good_replica(self, entry: Entry, key: Key) -> Violation | None:
        """What the leader says against a replica that has been there all the time must be true."""
        selection, since_us = self._selection.get(key), self._since(key)
        odown_us = self._odown.get(key)
        settings = self._company.rules.of(*key)
        if selection is None or since_us is None or odown_us is None or settings is None:
            return None
        data = selection.data
        if not isinstance(data, ReplicaSelection):
            return None
        # From then on it asks every second; what is older may be from ten seconds ago.
        since_us = max(since_us + settings.down_after_ms * 1000, odown_us) + INFO_LIMIT_US
        if entry.time_us < since_us:
            return None
        for host, port, priority, _, _, why in data.candidates:
            replica = self._company.cast.find(host, port)
            runs_us = None if replica is None else self._company.around.runs_since(replica)
            if runs_us is None or priority == 0 or why == "link down for too long":
                continue
            if runs_us + settings.down_after_ms * 1000 + 2 * INFO_LIMIT_US > entry.time_us:
                continue
            return Violation(
                entry,
                f"{key[0]} finds no replica good enough: it says {why!r} of {replica}, which has "
                f"run since {runs_us / 1e6:.1f} s, and which it could hear",
                (selection,),
            )
        return None

    def _verdict(self) -> Verdict:
        if self._company.missing:
            return is_unknown(self._company.missing)
        return holds(f"{self._replaced} replicas were promoted")


DEAD_MASTER_IS_REPLACED = Invariant(
    "dead-master-is-replaced",
    "While as many Sentinels as the quorum run, hear each other and know that a master is dead or "
    "could know it, each of them begins an attempt in time; a leader that is elected promotes a "
    "replica within seconds; and an attempt that is given up has a reason that is true: others "
    "stood too, too few could vote, or no replica was good enough.",
    "This is what Sentinel is for. The time is down-after, three seconds to be sure, a ping "
    "period, an ask period and two seconds to agree, and whatever is left of the rest of twice "
    "failover-timeout after the last attempt or vote.",
    "failover §11; election §7, §8; failover §3.1, §4.2: FAI-4.2-1",
    Kind.SAFETY,
    _Replaced,
)
