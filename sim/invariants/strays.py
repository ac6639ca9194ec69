"""The far end of the window: how long an old master may go on that nobody has told yet."""

from __future__ import annotations

from minisentinel.trace import Entry, Header, SentinelEvent
from sim.invariants.company import COMPANY, Company, Key
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import MADE_ANEW, Address, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import RoleChanged, RunEnded

__all__ = ["STRAYS_ARE_DEMOTED"]

LOOK_US = 500_000
"""So often it is looked at whether something is overdue."""

SLACK_US = 6_000_000
"""A connection, a round trip and ticks."""


class _Demoted(SentinelWatch):
    """Judges by the records of the servers who is a master, and by events who is known to whom.

    A server that is told may refuse, as one does that loads its data: then it must be told again.
    """

    reads = (*COMPANY, RoleChanged, RunEnded)

    def __init__(self, _: Header) -> None:
        self._company = Company()
        self._masters: dict[str, Entry] = {}
        """Every server that is a master, and since when."""
        self._has_roles = False
        self._told: dict[Address, int] = {}
        """When a server was last told by anybody to be a replica."""
        self._known: dict[Key, dict[Address, int]] = {}
        self._stirred: dict[tuple[str, str, Address], int] = {}
        """When a Sentinel last changed its mind about whether a server is down."""
        self._excused: set[tuple[Key, str]] = set()
        self._look_us = 0
        self._demoted = 0

    def see(self, entry: Entry) -> Violation | None:
        broken = self._overdue(entry) if len(self._masters) > 1 else None
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._known, self._stirred, node=node)
            self._masters.pop(node, None)
        self._company.note(entry)
        match data:
            case RoleChanged():
                self._has_roles = True
                self._masters.pop(node, None)
                if data.role == "master":
                    self._masters[node] = entry
            case SentinelEvent():
                self._sentinels = True
                self._event(entry, data)
            case _:
                pass
        return broken

    def _event(self, entry: Entry, data: SentinelEvent) -> None:
        key, at = (entry.node, data.master), (data.host, data.port)
        match data.name:
            case "+slave":
                self._known.setdefault(key, {})[at] = entry.time_us
            case "+convert-to-slave":
                self._demoted += 1
                self._told[at] = entry.time_us
            case "+sdown" | "-sdown":
                self._stirred[*key, at] = entry.time_us
            case name if name in MADE_ANEW:
                self._known.pop(key, None)
            case _:
                pass

    def _overdue(self, entry: Entry) -> Violation | None:
        if entry.time_us < self._look_us and not isinstance(entry.data, RunEnded):
            return None
        self._look_us = entry.time_us + LOOK_US
        for key, replicas in self._known.items():
            since_us = self._since(key)
            if since_us is None:
                continue
            for at, learnt_us in replicas.items():
                broken = self._stray(entry, key, at, max(since_us, learnt_us))
                if broken is not None:
                    return broken
        return None

    def _since(self, key: Key) -> int | None:
        """Since when this Sentinel has had a master that it can hold up as a model."""
        company = self._company
        master = company.watched(key)
        settings, acts_us = company.rules.of(*key), company.around.acts_since(key[0])
        if master is None or settings is None or acts_us is None or key in company.sdown:
            return None
        whole_us, runs_us = (
            company.around.whole_since(settings.down_after_ms),
            company.around.runs_since(master),
        )
        if whole_us is None or runs_us is None or master not in self._masters:
            return None
        at = company.address(master)
        return max(
            acts_us,
            whole_us,
            runs_us,
            company.watches_since(key),
            self._masters[master].time_us,
            self._stirred.get((*key, at), 0),
        )

    def _stray(self, entry: Entry, key: Key, at: Address, since_us: int) -> Violation | None:
        company = self._company
        server = company.cast.find(*at)
        if server is None or server not in self._masters or (key, server) in self._excused:
            return None
        runs_us = company.around.runs_since(server)
        if runs_us is None or server == company.watched(key) or company.holds_down(key, server):
            return None
        timing = company.rules.timing(key[0])
        known = self._masters[server]
        due_us = max(
            since_us,
            runs_us,
            known.time_us,
            self._stirred.get((*key, at), 0),
            self._told.get(at, 0),
        )
        # An INFO shows the role, and one of those that come after the wait leads to the command.
        wait_ms = 4 * timing.publish_period_ms
        due_us += (wait_ms + 2 * timing.info_period_ms) * 1000 + SLACK_US
        if entry.time_us <= due_us:
            return None
        self._excused.add((key, server))
        return Violation(
            entry,
            f"{key[0]} knows {server}, a master beside {company.watched(key)}, and should have "
            f"told it to be a replica by {due_us / 1e6:.1f} s",
            (known,),
        )

    def _verdict(self) -> Verdict:
        if self._company.missing:
            return is_unknown(self._company.missing)
        if not self._has_roles:
            return is_unknown("the trace does not tell the roles of the servers")
        return holds(f"{self._demoted} times a stray master was told to be a replica")


STRAYS_ARE_DEMOTED = Invariant(
    "strays-are-demoted",
    "A server that is a master beside the one that a Sentinel names, and that this Sentinel knows "
    "and hears, is told to be a replica within 4 publish periods and 2 INFO periods, six seconds "
    "more allowed.",
    "What an old master writes after its time is lost. Where no min-replicas-to-write stops it, "
    "this is how long it goes on after a network is whole again, or after it has come back: about "
    "half a minute at the worst.",
    "monitoring §9.6: MON-9.6-2 to MON-9.6-4; monitoring §9.7: MON-9.7-2",
    Kind.SAFETY,
    _Demoted,
)
