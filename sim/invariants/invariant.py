"""What an invariant is: a claim about every run, and the monitor that watches a run for it."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from minisentinel.trace import Data, Entry, Header, Trace
from sim.invariants.verdicts import Truth, Verdict, Violation, is_unknown

__all__ = ["Invariant", "Kind", "SentinelWatch", "Watch", "WholeTrace"]


class Kind(enum.Enum):
    """When a claim is due.

    ``safety``: at every moment, so on every prefix of a trace. ``liveness``: at the end of a run
    that was left alone long enough. ``calm``: at every moment of a run without serious faults.
    """

    SAFETY = "safety"
    LIVENESS = "liveness"
    CALM = "calm"


class Watch(ABC):
    """Watches one run for one invariant: it is shown every entry once, in order.

    What has been seen is remembered as far as it is needed, so that the watch of a whole trace
    takes time in proportion to its length, and says of every prefix whether it is good. `reads`
    are the classes of data that it wants to see; empty: all.
    """

    reads: ClassVar[tuple[type[Data], ...]] = ()

    @abstractmethod
    def see(self, entry: Entry) -> Violation | None:
        """Take the next entry into account; returns what it broke, if it did."""

    @abstractmethod
    def finish(self) -> Verdict:
        """The run is over: what can be said of it if nothing was broken so far.

        False for what has not happened in time; unknown where evidence is missing.
        """


class SentinelWatch(Watch):
    """A watch of what Sentinels do: of a run in which none left a record it can say nothing.

    `see` sets `_sentinels` at the first of those records, and `_missing` to what should be in the
    trace and is not. `_verdict` is what can be said of a run that had all that was needed.
    """

    _sentinels = False
    _missing = ""

    def finish(self) -> Verdict:
        """Unknown if there was nothing to see, or too little; else what the watch makes of it."""
        if not self._sentinels:
            return is_unknown("no Sentinel left a record")
        if self._missing:
            return is_unknown(self._missing)
        return self._verdict()

    @abstractmethod
    def _verdict(self) -> Verdict:
        """What can be said at the end if nothing was broken so far, and nothing is missing."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A claim about every run.

    `statement` is the claim in one sentence, `why` tells a student what it is good for, and
    `reference` names the rules of the specification that make it true. `watch` makes a monitor
    for a run with the given header.
    """

    name: str
    statement: str
    why: str
    reference: str
    kind: Kind
    watch: Callable[[Header], Watch]

    def __str__(self) -> str:
        return self.name

    def judge(self, trace: Trace) -> Verdict:
        """Whether the claim holds of `trace`, with all violations if it does not."""
        watch = self.watch(trace.header)
        reads = watch.reads
        found = []
        for entry in trace.entries:
            if (not reads or isinstance(entry.data, reads)) and (broken := watch.see(entry)):
                found.append(broken)
        return conclude(watch, found)


def conclude(watch: Watch, found: list[Violation]) -> Verdict:
    """The verdict of a watch that has seen everything, and found this."""
    last = watch.finish()
    found += last.violations
    if found:
        first = found[0]
        return Verdict(Truth.FALSE, first.reason, first.evidence, tuple(found))
    if last.truth is Truth.FALSE and last.evidence:
        *against, entry = sorted(last.evidence, key=lambda each: each.time_us)
        broken = Violation(entry, last.reason, tuple(against))
        return Verdict(Truth.FALSE, last.reason, broken.evidence, (broken,))
    return last


class WholeTrace(Watch):
    """A watch that can say nothing before the end: it collects the run and judges it whole.

    Where the run is there as a whole already, the watch may `read` it, and is shown nothing.
    """

    def __init__(self, header: Header, verdict: Callable[[Trace], Verdict]) -> None:
        self._trace = Trace(header)
        self._verdict = verdict

    @classmethod
    def of(cls, verdict: Callable[[Trace], Verdict]) -> Callable[[Header], Watch]:
        """A maker of such watches, by the function that judges."""
        return lambda header: cls(header, verdict)

    def read(self, trace: Trace) -> None:
        """Take all of `trace` at once."""
        self._trace = trace

    def see(self, entry: Entry) -> Violation | None:
        """Remember the entry."""
        self._trace.entries.append(entry)
        return None

    def finish(self) -> Verdict:
        """Judge what was remembered."""
        if not self._trace.entries:
            return is_unknown("the trace is empty")
        return self._verdict(self._trace)
