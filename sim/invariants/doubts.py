"""What a trace made of log files cannot prove, although it looks as if it did.

A log begins and ends somewhere, and says nothing of the network. So two kinds of violations are
none: that something should have come before, where the log begins in the middle of a life; and that
a run ended in disorder, since nobody knows whether it was over.
"""

from __future__ import annotations

import math

from minisentinel.trace import Entry, NodeStarted, ProcessChanged, Trace
from sim.invariants.invariant import Invariant, Kind
from sim.invariants.verdicts import Truth, Verdict, Violation, is_unknown

__all__ = ["doubted"]


def doubted(trace: Trace, invariant: Invariant, verdict: Verdict) -> Verdict:
    """`verdict`, without what the logs that `trace` was made of cannot prove.

    A trace of any other origin has a header without ``logs``, and nothing is doubted.
    """
    if "logs" not in trace.header.settings or verdict.truth is not Truth.FALSE:
        return verdict
    if invariant.kind is Kind.LIVENESS:
        return is_unknown(f"{verdict.reason}; the logs do not tell whether all was over by then")
    if not verdict.violations:
        return verdict
    until_us = _seen_late(trace)
    kept = tuple(each for each in verdict.violations if not _may_be_missing(each, until_us))
    if not kept:
        first = verdict.violations[0]
        return is_unknown(
            f"{first.reason}; the log of {first.entry.node} does not begin early enough"
        )
    return Verdict(Truth.FALSE, kept[0].reason, kept[0].evidence, kept)


def _may_be_missing(violation: Violation, until_us: dict[str, float]) -> bool:
    """Whether it rests on nothing but what was not seen before, and that may have been cut off."""
    entry = violation.entry
    return not violation.against and entry.time_us <= until_us.get(entry.node, -math.inf)


def _seen_late(trace: Trace) -> dict[str, float]:
    """Until when (microseconds) each node lived that had been started before its log begins."""
    started: set[str] = set()
    until_us: dict[str, float] = {}
    for entry, data in trace.of(ProcessChanged, NodeStarted):
        if isinstance(data, ProcessChanged):
            _note_change(entry, data, started, until_us)
        elif entry.node not in started:
            started.add(entry.node)
            until_us[entry.node] = math.inf
    return until_us


def _note_change(
    entry: Entry, data: ProcessChanged, started: set[str], until_us: dict[str, float]
) -> None:
    if data.change == "started":
        started.add(entry.node)
    elif data.is_end and until_us.get(entry.node) == math.inf:
        until_us[entry.node] = entry.time_us
