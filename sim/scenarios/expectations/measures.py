"""Numbers of a run that can be compared with what is expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from minisentinel.trace import ConfigurationSaved, SentinelEvent, Trace
from sim.invariants import Verdict
from sim.invariants.verdicts import holds, is_broken, is_unknown
from sim.judge import (
    ClientAccount,
    Health,
    account_for_clients,
    account_for_writes,
    find_attempts,
    find_clients,
    find_failovers,
    find_namings,
    find_nodes,
    node_histories,
    trace_end_us,
)
from sim.scenarios.comparisons import Comparison
from sim.scenarios.expectations.cast import Cast
from sim.scenarios.expectations.kinds import ExpectationKind
from sim.scenarios.expectations.votes import discarded_votes, remembered_votes
from sim.trace import FullSyncLoaded, Operation

__all__ = ["MEASURES", "completed_failovers", "longest_outage_us", "masters_named_at_the_end"]


@dataclass(frozen=True, slots=True)
class _Measured:
    """A number, and what to say about it; None where the trace cannot tell."""

    number: float | None
    told: str


def completed_failovers(trace: Trace) -> _Measured:
    """How many failovers got to their end."""
    failovers = find_failovers(trace)
    completed = sum(failover.completed for failover in failovers)
    told = f"{completed} completed"
    if len(failovers) > completed:
        told += f", {len(failovers) - completed} more attempted"
    return _Measured(completed, told)


def masters_named_at_the_end(trace: Trace) -> dict[str, None]:
    """The servers that running Sentinels name as masters when the trace ends."""
    nodes, histories, end_us = find_nodes(trace), node_histories(trace), trace_end_us(trace)
    return {
        nodes.name_at(naming.address): None
        for namings in find_namings(trace).values()
        for naming in namings
        if naming.sentinel not in histories
        or histories[naming.sentinel].health_at(end_us) is not Health.DOWN
    }


def _attempts(trace: Trace) -> _Measured:
    attempts = find_attempts(trace)
    return _Measured(len(attempts), f"{len(attempts)} attempts")


def _lost_elections(trace: Trace) -> _Measured:
    lost = sum(attempt.outcome == "not-elected" for attempt in find_attempts(trace))
    return _Measured(lost, f"{lost} attempts without a leader")


def _leaders(trace: Trace) -> _Measured:
    elected = sum(attempt.elected_us is not None for attempt in find_attempts(trace))
    return _Measured(elected, f"{elected} elected")


def _discarded_votes(trace: Trace) -> _Measured:
    count = discarded_votes(trace)
    return _Measured(count, f"{count} votes were of an epoch that was over when they were counted")


def _remembered_votes(trace: Trace) -> _Measured:
    count = remembered_votes(trace)
    return _Measured(count, f"{count} requests refused because of a vote from before a crash")


def _lost_writes(trace: Trace) -> _Measured:
    writes = account_for_writes(trace)
    if writes.lost is None:
        return _Measured(None, f"nobody can tell which writes survived: {writes.why_unknown}")
    return _Measured(len(writes.lost), f"{len(writes.lost)} acknowledged writes lost")


def _acknowledged_writes(trace: Trace) -> _Measured:
    count = len(account_for_writes(trace).acknowledged)
    return _Measured(count, f"{count} writes acknowledged")


def _refusals(trace: Trace) -> _Measured:
    refused = sum(
        isinstance(entry.data, Operation) and entry.data.outcome == "failed"
        for entry in trace.entries
    )
    return _Measured(refused, f"{refused} operations definitely failed")


def _downtime(trace: Trace) -> _Measured:
    if not find_clients(trace):
        return _Measured(None, "there is no client")
    longest = longest_outage_us(account_for_clients(trace)) / 1e6
    return _Measured(longest, f"{longest:.1f} s without success at the longest")


def longest_outage_us(accounts: Iterable[ClientAccount]) -> int:
    """How long some client had to do without success, at the longest (see `sim.judge.service`)."""
    return max((account.longest_outage_us for account in accounts), default=0)


def _masters(trace: Trace) -> _Measured:
    end_us = trace_end_us(trace)
    masters = [
        name
        for name, history in node_histories(trace).items()
        if history.health_at(end_us) is not Health.DOWN
        and (role := history.role_at(end_us)) is not None
        and role.name == "master"
    ]
    return _Measured(len(masters), f"masters at the end: {', '.join(masters) or 'none'}")


def _named(trace: Trace) -> _Measured:
    named = sorted(masters_named_at_the_end(trace))
    return _Measured(len(named), f"named at the end: {', '.join(named) or 'nobody'}")


def _epoch(trace: Trace) -> _Measured:
    epochs = [0]
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, ConfigurationSaved):
            epochs.append(data.current_epoch)
        elif isinstance(data, SentinelEvent) and data.name == "+new-epoch":
            epochs.append(int(data.payload) if data.payload.isdigit() else 0)
    return _Measured(max(epochs), f"the highest epoch is {max(epochs)}")


def _full_syncs(trace: Trace) -> _Measured:
    loaded = sum(isinstance(entry.data, FullSyncLoaded) for entry in trace.entries)
    return _Measured(loaded, f"{loaded} full resynchronisations")


def _compared(measure: Callable[[Trace], _Measured]) -> Callable[[Trace, Any, Cast], Verdict]:
    def judge(trace: Trace, expected: Comparison | float, cast: Cast) -> Verdict:
        measured = measure(trace)
        if measured.number is None:
            return is_unknown(measured.told)
        if not isinstance(expected, Comparison):
            expected = Comparison.parse(expected)
        if expected.allows(measured.number):
            return holds(measured.told)
        return is_broken(f"{measured.told}, expected {expected}")

    return judge


def _failovers_at_least(trace: Trace, expected: int, cast: Cast) -> Verdict:
    measured = completed_failovers(trace)
    enough = measured.number is not None and measured.number >= expected
    return holds(measured.told) if enough else is_broken(measured.told)


def _lost_writes_at_most(trace: Trace, at_most: int, cast: Cast) -> Verdict:
    measured = _lost_writes(trace)
    if measured.number is None:
        return is_unknown(measured.told)
    if measured.number <= at_most:
        return holds(measured.told)
    return is_broken(f"{measured.told}, expected {at_most} at most")


def _kind(
    about: str, measure: Callable[[Trace], _Measured], *, needs_clients: bool = False
) -> ExpectationKind:
    return ExpectationKind("comparison", about, _compared(measure), needs_clients=needs_clients)


MEASURES: dict[str, ExpectationKind] = {
    "failovers": _kind("failovers that are completed", completed_failovers),
    "failovers-at-least": ExpectationKind(
        "whole number",
        "how many failovers are completed, or more",
        _failovers_at_least,
        lowest=1,
    ),
    "attempts": _kind("attempts of Sentinels to fail over, whatever came of them", _attempts),
    "lost-elections": _kind("attempts that ended without a leader", _lost_elections),
    "leaders": _kind("elections that somebody won", _leaders),
    "discarded-votes": _kind(
        "votes that a candidate had, and did not count because a later epoch had begun",
        _discarded_votes,
    ),
    "remembered-votes": _kind(
        "requests that were refused because of a vote that the voter gave before it crashed",
        _remembered_votes,
    ),
    "lost-writes": _kind(
        "acknowledged writes that are missing at the end", _lost_writes, needs_clients=True
    ),
    "lost-writes-at-most": ExpectationKind(
        "whole number",
        "acknowledged writes that are missing at the end, or fewer",
        _lost_writes_at_most,
        needs_clients=True,
    ),
    "acknowledged-writes": _kind(
        "writes that somebody was told are done", _acknowledged_writes, needs_clients=True
    ),
    "failed-operations": _kind(
        "operations of clients that were definitely not done", _refusals, needs_clients=True
    ),
    "downtime": _kind(
        "seconds that some client had to do without success, at the longest",
        _downtime,
        needs_clients=True,
    ),
    "masters-at-the-end": _kind("living servers that are masters at the end", _masters),
    "masters-named-at-the-end": _kind(
        "different servers that living Sentinels name as the master at the end", _named
    ),
    "highest-epoch": _kind("the highest epoch that a Sentinel reached", _epoch),
    "full-resynchronisations": _kind("data sets that were transferred as a whole", _full_syncs),
}
