"""What a scenario may expect of its run; every claim is judged from the trace alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge import (
    ONE_MASTER_AT_THE_END,
    Verdict,
    account_for_writes,
    find_clients,
    find_failovers,
    find_final_master,
    trace_end_us,
)
from sim.judge.verdicts import holds, is_broken, is_unknown

__all__ = ["EXPECTATIONS", "ExpectationKind"]

WRITE_GRACE_US = 2_000_000


@dataclass(frozen=True, slots=True)
class ExpectationKind:
    """A claim that scenario files can make, the type of its value, and how it is judged."""

    kind: type[bool] | type[int]
    about: str
    judge: Callable[[Trace, int], Verdict]


def _failovers(trace: Trace, expected: int) -> Verdict:
    completed, told = _completed_failovers(trace)
    return holds(told) if completed == expected else is_broken(told)


def _failovers_at_least(trace: Trace, expected: int) -> Verdict:
    completed, told = _completed_failovers(trace)
    return holds(told) if completed >= expected else is_broken(told)


def _completed_failovers(trace: Trace) -> tuple[int, str]:
    failovers = find_failovers(trace)
    completed = sum(failover.completed for failover in failovers)
    told = f"{completed} completed"
    if len(failovers) > completed:
        told += f", {len(failovers) - completed} more attempted"
    return completed, told


def _one_master(trace: Trace, expected: int) -> Verdict:
    verdict = ONE_MASTER_AT_THE_END.judge(trace)
    return verdict if expected else _negated(verdict)


def _master_changed(trace: Trace, expected: int) -> Verdict:
    final = find_final_master(trace)
    roles = trace.of_kind("role")
    first = next((entry.node for entry in roles if entry.data.role == "master"), None)  # type: ignore[attr-defined]
    if final is None or first is None:
        return is_unknown("the Sentinels do not agree on a master at the end")
    if (final != first) == bool(expected):
        return holds(f"the master at the end is {final}")
    return is_broken(f"the master at the end is {final}, at the start it was {first}")


def _clients_write(trace: Trace, expected: int) -> Verdict:
    since = trace_end_us(trace) - WRITE_GRACE_US
    stuck = [
        client.name
        for client in find_clients(trace)
        if not any(each.outcome == "ok" and each.ended_us >= since for each in client.operations)
    ]
    if bool(stuck) != bool(expected):
        return holds("every client writes at the end" if expected else f"stuck: {stuck}")
    return is_broken(
        f"no successful write in the last {WRITE_GRACE_US / 1e6:g} s by {', '.join(stuck)}"
        if stuck
        else "every client writes at the end"
    )


def _lost_writes(trace: Trace, at_most: int) -> Verdict:
    lost = account_for_writes(trace).lost
    if lost is None:
        return is_unknown("the trace does not tell which writes survived")
    if len(lost) <= at_most:
        return holds(f"{len(lost)} acknowledged writes lost")
    return is_broken(f"{len(lost)} acknowledged writes lost, expected {at_most} at most")


def _negated(verdict: Verdict) -> Verdict:
    if verdict.truth.value == "unknown":
        return verdict
    return is_broken(verdict.reason) if verdict else holds(verdict.reason)


EXPECTATIONS: dict[str, ExpectationKind] = {
    "failovers": ExpectationKind(int, "how many failovers are completed", _failovers),
    "failovers-at-least": ExpectationKind(
        int, "how many failovers are completed, or more", _failovers_at_least
    ),
    "one-master-at-the-end": ExpectationKind(
        bool,
        "all running Sentinels name one master, it is one, and all others follow it",
        _one_master,
    ),
    "master-changed": ExpectationKind(
        bool, "another server than at the start is the master at the end", _master_changed
    ),
    "clients-write-at-the-end": ExpectationKind(
        bool, "every client has a successful write in the last two seconds", _clients_write
    ),
    "lost-writes-at-most": ExpectationKind(
        int, "acknowledged writes that are missing at the end", _lost_writes
    ),
}
