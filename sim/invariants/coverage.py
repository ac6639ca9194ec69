"""Coverage: which of the things that can happen a set of traces has witnessed.

That nothing breaks proves little where nothing happens. What can happen is taken from where the
code keeps its own lists, so that what never happened is shown with a 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minisentinel.trace import (
    ConfigurationSaved,
    Data,
    FailoverStateChanged,
    SentinelEvent,
    SubjectivelyDown,
    Trace,
    VoteRefused,
    kinds,
)
from sim.invariants.peculiarities import PECULIARITIES
from sim.judge import Attempt, account_for_writes, find_attempts
from sim.trace import Operation, WriteRefused

__all__ = ["FAILOVER_STEPS", "HAPPENINGS", "OUTCOMES", "Coverage", "witnessed"]

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
    "several leaders": "leaders of different epochs, one after the other",
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


def witnessed(trace: Trace, peculiarities: Iterable[str] = ()) -> dict[str, int]:
    """How often each thing happened in a run, by a name that says which table it belongs to.

    An event is called by its own name (``+odown``); the rest has its family before a colon:
    ``step:`` of the failover machine, ``attempt:`` with how it ended, ``record:`` with its kind,
    ``happened:`` (of `HAPPENINGS`) and ``explained by:``. `peculiarities` are the names of those
    that explained something, as `sim.invariants.judge_all` finds them.
    """
    records = Counter(entry.data.kind for entry in trace.entries)
    seen = Counter({f"record: {kind}": number for kind, number in records.items()})
    seen.update(event.name for _, event in trace.of(SentinelEvent))
    seen.update(_step(each.before, each.after) for _, each in trace.of(FailoverStateChanged))
    seen.update(
        f"happened: {name}" for _, data in trace.of(*_SHOWING) if (name := _happening(data))
    )
    attempts = find_attempts(trace)
    seen.update(f"attempt: {attempt.outcome}" for attempt in attempts)
    seen.update(f"happened: {name}" for name in _of_the_whole(trace, attempts))
    seen.update(f"explained by: {name}" for name in peculiarities)
    return dict(sorted(seen.items()))


@dataclass(slots=True)
class Coverage:
    """Counts in how many runs each thing was witnessed, and how often in all.

    `events` is the universe of Sentinel's events: `sim.scenarios.events.EVENT_NAMES`. `add` takes
    one run after the other; `note` what was kept of one (`witnessed`).
    """

    events: tuple[str, ...] = ()
    runs: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    often: Counter[str] = field(default_factory=Counter)

    def add(self, trace: Trace, peculiarities: Iterable[str] = ()) -> None:
        """Take a run into account."""
        self.note(witnessed(trace, peculiarities))

    def note(self, found: Mapping[str, int]) -> None:
        """Take a run into account in which these things happened so often."""
        self.runs += 1
        self.seen.update(found.keys())
        self.often.update(found)

    def counts(self) -> dict[str, dict[str, int]]:
        """In how many runs each thing happened, in tables; what never did has a 0."""
        tables = {
            "events": list(self.events),
            "steps of the failover machine": [_step(*each) for each in FAILOVER_STEPS],
            "ends of attempts": [f"attempt: {each}" for each in OUTCOMES],
            "happenings": [f"happened: {each}" for each in HAPPENINGS],
            "peculiarities": [f"explained by: {each.name}" for each in PECULIARITIES],
            "records": [f"record: {each}" for each in kinds()],
        }
        families = dict(
            zip(
                ("step:", "attempt:", "happened:", "explained by:", "record:"),
                list(tables)[1:],
                strict=True,
            )
        )
        for name in sorted(self.seen):
            # What was not foreseen stands behind.
            family = next((f for f in families if name.startswith(f)), "")
            table = tables[families.get(family, "events")]
            if name not in table:
                table.append(name)
        return {title: {name: self.seen[name] for name in table} for title, table in tables.items()}

    def never(self) -> tuple[str, ...]:
        """What was never witnessed."""
        return tuple(
            name for table in self.counts().values() for name, count in table.items() if not count
        )

    def below(self, floor: Mapping[str, int]) -> dict[str, int]:
        """What was witnessed in fewer runs than `floor` says, with its count.

        Raises ValueError for a name that no table has, for that would never be reached.
        """
        counts = {name: n for table in self.counts().values() for name, n in table.items()}
        for name in floor:
            if name not in counts:
                raise ValueError(f"nothing is called {name!r} in the tables of coverage")
        return {name: counts[name] for name, least in floor.items() if counts[name] < least}

    def table(self) -> str:
        """All counts as text, for people."""
        lines = [f"{self.runs} runs"]
        for title, counts in self.counts().items():
            seen = sum(count > 0 for count in counts.values())
            lines += ["", f"{title}: {seen} of {len(counts)}"]
            lines += [f"{count:>8}  {name}" for name, count in counts.items()]
        return "\n".join(lines)


def _step(before: str, after: str) -> str:
    return f"step: {before} -> {after}"


def _of_the_whole(trace: Trace, attempts: Iterable[Attempt]) -> set[str]:
    """What of `HAPPENINGS` only shows when a run is looked at as a whole."""
    found = set()
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
    if len(elected) > len({master for master, _ in elected}):
        found.add("several leaders")
    if any((master, epoch + 1) in elected for master, epoch in elected):
        found.add("leaders in consecutive epochs")
    if account_for_writes(trace).lost:
        found.add("acknowledged write lost")
    return found


_SHOWING: tuple[type[Data], ...] = (
    FailoverStateChanged,
    SentinelEvent,
    VoteRefused,
    SubjectivelyDown,
    WriteRefused,
    Operation,
    ConfigurationSaved,
)
"""The records of which a single one may show one of `HAPPENINGS`."""


def _happening(data: Data) -> str:
    """What of `HAPPENINGS` a single record shows."""
    match data:
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
        case ConfigurationSaved(error=error) if error:
            return "not saved"
        case _:
            return ""
