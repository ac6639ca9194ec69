"""The moment of a failover: a leader sees that the replica which it promotes is a master."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Entry, FailoverStateChanged, Header, SentinelEvent
from sim.invariants.company import COMPANY, Company, Key
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import ends_attempts, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import RoleChanged, RunEnded

__all__ = ["FAST_INFO_US", "PROMOTION_IS_NOTICED", "STEPS_US"]

FAST_INFO_US = 1_000_000
"""So often a leader asks the replica that it promotes how it is (monitoring §4.1)."""

STEPS_US = 2_500_000
"""Round trips and ticks; a Sentinel that stands still for longer is in TILT."""


@dataclass(slots=True)
class _Promise:
    """A leader has told `replica` to be a master, by the entry `chosen`."""

    chosen: Entry
    replica: str


class _Noticed(SentinelWatch):
    """The role is read from the records of the server, and not from what it says in INFO."""

    reads = (*COMPANY, FailoverStateChanged, RoleChanged, RunEnded)

    def __init__(self, _: Header) -> None:
        self._company = Company()
        self._roles: dict[str, Entry] = {}
        self._waiting: dict[Key, _Promise] = {}
        self._noticed = 0

    def see(self, entry: Entry) -> Violation | None:
        broken = self._overdue(entry) if self._waiting else None
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._waiting, node=node)
        self._company.note(entry)
        match data:
            case RoleChanged():
                self._roles[node] = entry
            case FailoverStateChanged() if data.after != "wait_promotion":
                if data.after != "send_slaveof_noone":
                    self._waiting.pop((node, data.master), None)
            case SentinelEvent():
                self._sentinels = True
                self._event(entry, data)
            case _:
                pass
        return broken

    def _event(self, entry: Entry, data: SentinelEvent) -> None:
        key = (entry.node, data.master)
        match data.name:
            case "+failover-state-wait-promotion":
                replica = self._company.cast.find(data.host, data.port)
                if replica is not None:
                    self._waiting[key] = _Promise(entry, replica)
            case "+promoted-slave":
                self._noticed += 1
                self._waiting.pop(key, None)
            case _ if ends_attempts(data):
                self._waiting.pop(key, None)
            case _:
                pass

    def _overdue(self, entry: Entry) -> Violation | None:
        company = self._company
        for key, promise in self._waiting.items():
            role = self._roles.get(promise.replica)
            settings, acts_us = company.rules.of(*key), company.around.acts_since(key[0])
            runs_us = company.around.runs_since(promise.replica)
            if role is None or settings is None or acts_us is None or runs_us is None:
                continue
            whole_us = company.around.whole_since(settings.down_after_ms)
            is_master = isinstance(role.data, RoleChanged) and role.data.role == "master"
            if whole_us is None or not is_master or company.holds_down(key, promise.replica):
                continue
            # One that has just come back may be at an address of which the leader knows nothing.
            runs_us += settings.down_after_ms * 1000 if runs_us > promise.chosen.time_us else 0
            due_us = max(promise.chosen.time_us, role.time_us, acts_us, runs_us, whole_us)
            ping_us = company.rules.timing(key[0]).ping_period_ms * 1000
            if entry.time_us <= due_us + FAST_INFO_US + ping_us + STEPS_US:
                continue
            del self._waiting[key]
            return Violation(
                entry,
                f"{key[0]} has not noticed that {promise.replica}, which it promotes, has been a "
                f"master since {role.time_us / 1e6:.1f} s",
                tuple(sorted((promise.chosen, role), key=lambda each: each.time_us)),
            )
        return None

    def _verdict(self) -> Verdict:
        if self._company.missing:
            return is_unknown(self._company.missing)
        if not self._roles:
            return is_unknown("the trace does not tell the roles of the servers")
        return holds(f"{self._noticed} promotions were noticed in time")


PROMOTION_IS_NOTICED = Invariant(
    "promotion-is-noticed",
    "A leader that waits for the promotion of a replica notices within a second and a ping period, "
    "two and a half seconds more allowed, that the replica is a master.",
    "The moment of a failover is the one in which clients are told of the new master, and until "
    "then they write nowhere. A leader that does not look closely makes that long, and one that "
    "does not see it gives up what has succeeded.",
    "failover §4.4: FAI-4.4-1; monitoring §4.1: MON-4.1-3",
    Kind.SAFETY,
    _Noticed,
)
