"""Progress towards a failover: agreement is reached, and somebody begins.

Other invariants say what a Sentinel must not do, and a Sentinel that does nothing keeps them all.
These say what it must do, and by when. They speak only of times in which nothing else is wrong: who
should act runs and is not in TILT, and where others are needed for it, they run too, and the
network is whole.
"""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    FailoverStateChanged,
    Header,
    MasterSettings,
    SentinelEvent,
    TimingSet,
    VoteGranted,
)
from sim.invariants.company import COMPANY, Company, Key
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import MADE_ANEW, Rulebook, ends_attempts, ends_life, forget
from sim.invariants.surroundings import SURROUNDINGS, Surroundings
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import RunEnded

__all__ = ["AGREEMENT_IS_REACHED", "AGREEMENT_TAKES_US", "ATTEMPTS", "ATTEMPTS_BEGIN", "Attempts"]

STALL_US = 2_500_000
"""A Sentinel that stands still for longer than two seconds is in TILT when it goes on."""

AGREEMENT_TAKES_US = 2_000_000
"""A round trip and ticks, on top of the ask period, and of a ping period for a lost connection."""

RANDOM_US = 1_000_000
"""The random part of the time between attempts is less than that."""


class _Agreement(SentinelWatch):
    """Opinions count of those who can surely be asked, and of whom it is known what they think."""

    reads = (*COMPANY, RunEnded)

    def __init__(self, _: Header) -> None:
        self._company = Company()
        self._waiting: dict[Key, Entry] = {}
        self._agreed = 0

    def see(self, entry: Entry) -> Violation | None:
        broken = self._overdue(entry) if self._waiting else None
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._waiting, node=node)
        self._company.note(entry)
        if isinstance(data, SentinelEvent):
            self._sentinels = True
            key = (node, data.master)
            match data.name, data.subject:
                case "+sdown", "master":
                    self._waiting[key] = entry
                case "+odown", _:
                    self._agreed += 1
                    self._waiting.pop(key, None)
                case "-sdown", "master":
                    self._waiting.pop(key, None)
                case "-odown", _ if key in self._company.sdown:
                    self._waiting[key] = entry
                case name, _ if name in MADE_ANEW:
                    self._waiting.pop(key, None)
                case _:
                    pass
        return broken

    def _overdue(self, entry: Entry) -> Violation | None:
        company = self._company
        for key, since in self._waiting.items():
            settings, acts_us = company.rules.of(*key), company.around.acts_since(key[0])
            if settings is None or acts_us is None:
                continue
            whole_us = company.around.whole_since(settings.down_after_ms)
            if whole_us is None:
                continue
            agreeing = sorted(
                (max(ready_us, company.sdown[peer, key[1]].time_us), peer)
                for peer, ready_us in company.can_ask(key)
                if _of_one_server(since, company.sdown.get((peer, key[1])))
            )
            needed = settings.quorum - 1
            if len(agreeing) < needed:
                continue
            due_us = max(since.time_us, acts_us, whole_us, company.watches_since(key))
            if needed > 0:
                due_us = max(due_us, agreeing[needed - 1][0])
            timing = company.rules.timing(key[0])
            due_us += (timing.ask_period_ms + timing.ping_period_ms) * 1000 + AGREEMENT_TAKES_US
            if entry.time_us <= due_us:
                continue
            del self._waiting[key]
            names = " and ".join(peer for _, peer in agreeing[: max(needed, 0)])
            return Violation(
                entry,
                f"{key[0]} does not hold {key[1]} to be objectively down, although it is "
                f"subjectively down for it and for {names or 'nobody else'}, and the quorum is "
                f"{settings.quorum}",
                (since,),
            )
        return None

    def _verdict(self) -> Verdict:
        if self._company.missing:
            return is_unknown(self._company.missing)
        return holds(f"{self._agreed} times a quorum agreed")


def _of_one_server(mine: Entry, theirs: Entry | None) -> bool:
    """Whether two events are about one address: who leads a failover still has the old one."""
    if theirs is None:
        return False
    one, other = mine.data, theirs.data
    return (
        isinstance(one, SentinelEvent)
        and isinstance(other, SentinelEvent)
        and (one.host, one.port) == (other.host, other.port)
    )


AGREEMENT_IS_REACHED = Invariant(
    "agreement-is-reached",
    "When as many as the quorum hold a master to be subjectively down and can hear each other, "
    "each of them holds it to be objectively down within an ask period, a ping period and two "
    "seconds.",
    "Suspicion alone moves nothing. Sentinels that do not ask, or do not count what they are "
    "answered, look as quiet as those for whom all is well.",
    "election §2: ELE-2-3 to ELE-2-5; monitoring §7: MON-7-1",
    Kind.SAFETY,
    _Agreement,
)

ATTEMPTS = (*SURROUNDINGS, MasterSettings, TimingSet, FailoverStateChanged, VoteGranted)
"""What `Attempts.note` wants to see."""


class Attempts:
    """Who is in a failover attempt, and when it may begin the next one.

    It is told by the steps of the failover machine as by events, so that either is enough.
    """

    __slots__ = ("_blocked", "_rules", "busy", "idle_since")

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._blocked: dict[Key, Entry] = {}
        self.busy: dict[Key, Entry] = {}
        """Whoever is in an attempt, since when."""
        self.idle_since: dict[Key, int] = {}

    def note(self, entry: Entry) -> None:
        """Take the next entry into account."""
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._blocked, self.busy, self.idle_since, node=node)
        match data:
            case FailoverStateChanged(before="none"):
                self._begins(entry, data.master)
            case FailoverStateChanged(after="none"):
                self._ends(entry, data.master)
            case VoteGranted():
                self._blocked[node, data.master] = entry
            case SentinelEvent(name="+vote-for-leader"):
                self._blocked[node, data.master] = entry
            case SentinelEvent(name="+try-failover"):
                self._begins(entry, data.master)
            case SentinelEvent() if ends_attempts(data):
                self._ends(entry, data.master)
            case _:
                pass

    def _begins(self, entry: Entry, master: str) -> None:
        self._blocked[entry.node, master] = self.busy[entry.node, master] = entry

    def _ends(self, entry: Entry, master: str) -> None:
        self.busy.pop((entry.node, master), None)
        self.idle_since[entry.node, master] = entry.time_us

    def last(self, key: Key) -> Entry | None:
        """The last attempt or vote of this Sentinel."""
        return self._blocked.get(key)

    def may_begin_at(self, key: Key) -> int:
        """When the rest after its last attempt or vote is over at the latest."""
        idle_us, last = self.idle_since.get(key, 0), self._blocked.get(key)
        settings = self._rules.of(*key)
        if last is None or settings is None:
            return idle_us
        rest_us = 2 * settings.failover_timeout_ms * 1000 + RANDOM_US
        return max(idle_us, last.time_us + rest_us)


class _Begin(SentinelWatch):
    """Needs nobody but the one who must begin, so that the network is of no account."""

    reads = (*ATTEMPTS, RunEnded)

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._around = Surroundings()
        self._attempts = Attempts(self._rules)
        self._down: dict[Key, Entry] = {}
        self._settled: dict[Key, int] = {}
        self._begun = 0

    def see(self, entry: Entry) -> Violation | None:
        broken = self._overdue(entry) if self._down else None
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._down, node=node)
        self._rules.note(entry)
        self._around.note(entry)
        self._attempts.note(entry)
        if isinstance(data, MasterSettings):
            self._settled[node, data.master] = entry.time_us
        elif isinstance(data, SentinelEvent):
            self._sentinels = True
            key = (node, data.master)
            match data.name:
                case "+odown":
                    self._down[key] = entry
                case "+try-failover":
                    self._begun += 1
                case "-odown":
                    self._down.pop(key, None)
                case name if name in MADE_ANEW:
                    self._down.pop(key, None)
                case _:
                    pass
        return broken

    def _overdue(self, entry: Entry) -> Violation | None:
        for key, since in self._down.items():
            acts_us = self._around.acts_since(key[0])
            if acts_us is None or key in self._attempts.busy or key not in self._settled:
                continue
            due_us = max(
                since.time_us, acts_us, self._settled[key], self._attempts.may_begin_at(key)
            )
            if entry.time_us <= due_us + STALL_US:
                continue
            del self._down[key]
            last = self._attempts.last(key)
            return Violation(
                entry,
                f"{key[0]} should have begun a failover of {key[1]}, which is objectively down, "
                f"at {due_us / 1e6:.1f} s",
                (since,) if last is None or last is since else _in_order(since, last),
            )
        return None

    def _verdict(self) -> Verdict:
        if not self._settled:
            return is_unknown("the trace does not tell the settings")
        return holds(f"{self._begun} attempts began")


def _in_order(*entries: Entry) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.time_us))


ATTEMPTS_BEGIN = Invariant(
    "attempts-begin",
    "A Sentinel that holds a master to be objectively down begins a failover, at once or when "
    "twice failover-timeout and a second have passed since its last attempt or vote; a stall of "
    "two and a half seconds is allowed.",
    "A rest between attempts leaves room for others. One that never ends, or lasts ten times as "
    "long, leaves a group without a master although all could be well.",
    "election §7: ELE-7-1 to ELE-7-3; election §8: ELE-8-5",
    Kind.SAFETY,
    _Begin,
)
