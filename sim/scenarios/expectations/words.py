"""Expectations that name somebody: the master at the end, an invariant that breaks."""

from __future__ import annotations

from minisentinel.trace import Trace
from sim.invariants import INVARIANTS, SAFETY, Truth, Verdict
from sim.invariants.verdicts import holds, is_broken, is_unknown
from sim.judge import find_final_master
from sim.scenarios.expectations.cast import Cast
from sim.scenarios.expectations.kinds import ExpectationKind

__all__ = ["CONDITIONAL_NAMES", "INVARIANT_NAMES", "WORDS"]

_INVARIANTS = {invariant.name: invariant for invariant in INVARIANTS}
INVARIANT_NAMES = tuple(_INVARIANTS)
CONDITIONAL_NAMES = tuple(each.name for each in INVARIANTS if each not in SAFETY)
"""What is claimed of runs that end well, or that no serious fault disturbs: not of every run."""


def _master_at_the_end(trace: Trace, expected: str, cast: Cast) -> Verdict:
    final = find_final_master(trace)
    if final is None:
        return is_unknown("the Sentinels do not agree on a master at the end")
    told = f"the master at the end is {final}"
    return holds(told) if final in cast.members(expected) else is_broken(told)


def _breaks(trace: Trace, expected: tuple[str, ...], cast: Cast) -> Verdict:
    told = []
    for name in expected:
        verdict = _INVARIANTS[name].judge(trace)
        if verdict.truth is not Truth.FALSE:
            return is_broken(f"{name} was not broken: {verdict.reason}")
        told.append(verdict.reason)
    return holds("; ".join(told))


WORDS: dict[str, ExpectationKind] = {
    "master-at-the-end": ExpectationKind(
        "node", "the server that all Sentinels name at the end", _master_at_the_end
    ),
    "breaks": ExpectationKind(
        "invariants",
        "promises that this story breaks, where every other run must keep them: "
        f"{', '.join(INVARIANT_NAMES)}",
        _breaks,
    ),
}
