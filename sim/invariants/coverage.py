"""Coverage: which of the things that can happen a set of traces has witnessed.

That nothing breaks proves little where nothing happens. The universe is taken from where the code
keeps its own lists, so that what never happened is shown with a 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minisentinel.trace import (
    Entry,
    FailoverStateChanged,
    SentinelEvent,
    SubjectivelyDown,
    Trace,
    VoteRefused,
    kinds,
)
from sim.invariants.judging import judge_all
from sim.invariants.peculiarities import PECULIARITIES
from sim.judge import account_for_writes, find_attempts
from sim.trace import Operation, WriteRefused

__all__ = ["FAILOVER_STEPS", "HAPPENINGS", "OUTCOMES", "Coverage"]

FAILOVER_STEPS: tuple[tuple[str, str], ...] = (
    ("none", "wait_start"),
    ("wait_start", "select_slave"),
    ("wait_start", "none"),
    ("select_slave", "send_slaveof_noone"),
    ("select_slave", "none"),
    ("send_slaveof_noone", "wait_promotion"),
    ("send_slaveof_noone", "none"),
    ("wait_promotion", "reconf_slaves"),
    ("wait_promotion", "none"),
    ("reconf_slaves", "update_config"),
    ("reconf_slaves", "none"),
    ("update_config", "none"),
)
"""Every way from one state of the failover machine to another (spec: failover §2, §7)."""

OUTCOMES = (
    "completed",
    "not-elected",
    "no-good-slave",
    "slave-timeout",
    "superseded",
    "reset",
    "crashed",
    "unfinished",
)
"""How an attempt may end (`sim.judge.Attempt`)."""

HAPPENINGS: Mapping[str, str] = {
    "split vote": "two candidates asked for the same epoch, and neither was elected",
    "two candidates": "two Sentinels tried in one epoch",
    "leaders in consecutive epochs": "a leader was elected in the epoch after another one's",
    "forced leader": "a failover by command, without votes",
    "address switch": "a Sentinel followed a known one to a new address",
    "vote refused: already voted": "a voter stood by its vote",
    "vote refused: old epoch": "a voter was in a later epoch",
    "down by role": "a master was down because it said to be a replica",
    "down by reboot": "a master was down because it was not back soon enough",
    "acknowledged write lost": "a client was told ok for nothing",
    "write refused": "a server refused a write",
    "outcome unknown": "a client did not learn what became of its write",
    "not saved": "a configuration file could not be written",
}
"""Other interesting things, and what they are."""


@dataclass(slots=True)
class Coverage:
    """Counts in how many traces each thing was witnessed; `add` one trace after the other.

    `events` counts the names of Sentinel's events, `records` the kinds of records, `steps` those of
    the failover machine, `outcomes` the ends of attempts; `happenings` and `peculiarities` by their
    names. `known_events` is the universe of events: `sim.scenarios.events.EVENT_NAMES`.
    """

    known_events: tuple[str, ...] = ()
    traces: int = 0
    virtual_us: int = 0
    events: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    happenings: Counter[str] = field(default_factory=Counter)
    peculiarities: Counter[str] = field(default_factory=Counter)

    def add(self, trace: Trace) -> None:
        """Take a trace into account."""
        self.traces += 1
        self.virtual_us += trace.entries[-1].time_us if trace.entries else 0
        self.records.update({entry.kind for entry in trace.entries})
        self.events.update(
            {entry.data.name for entry in trace.entries if isinstance(entry.data, SentinelEvent)}
        )
        self.steps.update(
            {
                _step(entry.data.before, entry.data.after)
                for entry in trace.entries
                if isinstance(entry.data, FailoverStateChanged)
            }
        )
        self.outcomes.update({attempt.outcome for attempt in find_attempts(trace)})
        self.happenings.update(_happenings(trace))
        self.peculiarities.update(
            {each.name for judgement in judge_all(trace) for each in judgement.peculiarities}
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Every table by its title; what never happened has a 0."""
        return {
            "events": _with_zeros(self.events, self.known_events),
            "steps of the failover machine": _with_zeros(
                self.steps, [_step(*each) for each in FAILOVER_STEPS]
            ),
            "ends of attempts": _with_zeros(self.outcomes, OUTCOMES),
            "happenings": _with_zeros(self.happenings, HAPPENINGS),
            "records": _with_zeros(self.records, kinds()),
            "peculiarities": _with_zeros(self.peculiarities, [each.name for each in PECULIARITIES]),
        }

    def never(self) -> tuple[str, ...]:
        """What was never witnessed."""
        return tuple(
            name for table in self.counts().values() for name, count in table.items() if not count
        )

    def below(self, floor: Mapping[str, int]) -> dict[str, int]:
        """What was witnessed in fewer traces than `floor` says, with its count.

        Raises ValueError for a name that no table has, for that would never be reached.
        """
        counts = {name: n for table in self.counts().values() for name, n in table.items()}
        for name in floor:
            if name not in counts:
                raise ValueError(f"nothing is called {name!r} in the tables of coverage")
        return {name: counts[name] for name, least in floor.items() if counts[name] < least}

    def table(self) -> str:
        """All counts as text, for people."""
        lines = [f"{self.traces} traces, {self.virtual_us / 3.6e9:.1f} virtual hours"]
        for title, counts in self.counts().items():
            seen = sum(count > 0 for count in counts.values())
            lines += ["", f"{title}: {seen} of {len(counts)}"]
            lines += [f"{count:>8}  {name}" for name, count in counts.items()]
        return "\n".join(lines)


def _step(before: str, after: str) -> str:
    return f"{before} → {after}"


def _with_zeros(counted: Counter[str], universe: Iterable[str]) -> dict[str, int]:
    """The counts in the order of the universe, and behind it what was not foreseen."""
    counts = {name: counted[name] for name in universe}
    counts.update((name, counted[name]) for name in sorted(counted) if name not in counts)
    return counts


def _happenings(trace: Trace) -> set[str]:
    found = {name for entry in trace.entries if (name := _happening(entry))}
    attempts = find_attempts(trace)
    by_epoch: dict[tuple[str, int | None], list[str]] = {}
    elected: set[tuple[str, int]] = set()
    for attempt in attempts:
        by_epoch.setdefault((attempt.master, attempt.epoch), []).append(attempt.outcome)
        if attempt.elected_us is not None and attempt.epoch is not None:
            elected.add((attempt.master, attempt.epoch))
    for outcomes in by_epoch.values():
        if len(outcomes) > 1:
            found.add("two candidates")
            if all(outcome == "not-elected" for outcome in outcomes):
                found.add("split vote")
    if any((master, epoch + 1) in elected for master, epoch in elected):
        found.add("leaders in consecutive epochs")
    if account_for_writes(trace).lost:
        found.add("acknowledged write lost")
    return found


def _happening(entry: Entry) -> str:
    """What of `HAPPENINGS` a single entry shows."""
    match entry.data:
        case FailoverStateChanged(why="forced"):
            return "forced leader"
        case SentinelEvent(name="+sentinel-address-switch"):
            return "address switch"
        case VoteRefused(reason=reason):
            return f"vote refused: {reason.replace('-', ' ')}"
        case SubjectivelyDown(down=True, why="role" | "reboot" as why):
            return f"down by {why}"
        case WriteRefused():
            return "write refused"
        case Operation(outcome="unknown"):
            return "outcome unknown"
    return "not saved" if getattr(entry.data, "error", "") and _is_save(entry) else ""


def _is_save(entry: Entry) -> bool:
    return entry.kind == "configuration-saved"
