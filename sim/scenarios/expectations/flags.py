"""What is true, or not, at the end of a run."""

from __future__ import annotations

from minisentinel.trace import Trace
from sim.invariants import Verdict
from sim.invariants.liveness import ORDER_AT_THE_END
from sim.invariants.verdicts import holds, is_broken, is_unknown
from sim.judge import find_final_master, trace_end_us
from sim.scenarios.expectations.cast import Cast
from sim.scenarios.expectations.kinds import ExpectationKind
from sim.scenarios.expectations.measures import masters_named_at_the_end
from sim.scenarios.expectations.writers import WRITE_GRACE_US, find_writers
from sim.trace import RunEnded

__all__ = ["BECOMES_CALM", "FLAGS"]

BECOMES_CALM = "becomes-calm"
"""The name of the claim that all is well again in time (`World.is_calm`)."""


def _one_master(trace: Trace, expected: bool, cast: Cast) -> Verdict:
    """The first of the three that does not hold, else the last."""
    verdicts = [each(trace) for each in ORDER_AT_THE_END]
    verdict = next((each for each in verdicts if not each), verdicts[-1])
    return verdict if expected else _negated(verdict)


def _same_master(trace: Trace, expected: bool, cast: Cast) -> Verdict:
    named = masters_named_at_the_end(trace)
    if not named:
        return is_unknown("no Sentinel names a master at the end")
    told = f"named at the end: {', '.join(sorted(named))}"
    return holds(told) if (len(named) == 1) == expected else is_broken(told)


def _master_changed(trace: Trace, expected: bool, cast: Cast) -> Verdict:
    final = find_final_master(trace)
    roles = trace.of_kind("role")
    first = next((entry.node for entry in roles if entry.data.role == "master"), None)  # type: ignore[attr-defined]
    if final is None or first is None:
        return is_unknown("the Sentinels do not agree on a master at the end")
    if (final != first) == expected:
        return holds(f"the master at the end is {final}")
    return is_broken(f"the master at the end is {final}, at the start it was {first}")


def _clients_write(trace: Trace, expected: bool, cast: Cast) -> Verdict:
    writers = find_writers(trace)
    if not writers:
        return is_unknown("there is no client that writes")
    end_us = trace_end_us(trace)
    stuck = [each.name for each in writers if each.fresh_until_us() < end_us]
    told = "every client writes at the end"
    if stuck:
        told = (
            f"no write of {', '.join(stuck)} has succeeded for {WRITE_GRACE_US / 1e6:g} s or more"
        )
    return holds(told) if bool(stuck) != expected else is_broken(told)


def _calm(trace: Trace, expected: bool, cast: Cast) -> Verdict:
    ends = [entry.data.reason for entry in trace.entries if isinstance(entry.data, RunEnded)]
    if not ends or ends[-1] == "duration":
        return is_unknown("the run was ended before that could be known")
    told = f"the run ended by its {ends[-1]}" if ends[-1] != "calm" else "it became calm"
    return holds(told) if (ends[-1] == "calm") == expected else is_broken(told)


def _negated(verdict: Verdict) -> Verdict:
    if verdict.truth.value == "unknown":
        return verdict
    return is_broken(verdict.reason) if verdict else holds(verdict.reason)


FLAGS: dict[str, ExpectationKind] = {
    "one-master-at-the-end": ExpectationKind(
        "true or false",
        "all running Sentinels name one master, it is one, and all others follow it",
        _one_master,
    ),
    "same-master-named-at-the-end": ExpectationKind(
        "true or false",
        "all running Sentinels name the same master, whatever that one is or does",
        _same_master,
    ),
    "master-changed": ExpectationKind(
        "true or false",
        "another server than at the start is the master at the end",
        _master_changed,
    ),
    "clients-write-at-the-end": ExpectationKind(
        "true or false",
        "every client that writes has a successful write in the last two seconds (a slow writer: "
        "in the time in which it tries three)",
        _clients_write,
        needs_clients=True,
    ),
    BECOMES_CALM: ExpectationKind(
        "true or false", "all is well again before the patience is over", _calm
    ),
}
