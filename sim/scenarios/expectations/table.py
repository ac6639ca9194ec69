"""Every expectation by its name, as the keys of ``[expect]``."""

from __future__ import annotations

from minisentinel.trace import Trace
from sim.invariants import Verdict
from sim.scenarios.expectations.cast import Cast
from sim.scenarios.expectations.flags import FLAGS
from sim.scenarios.expectations.kinds import ExpectationKind
from sim.scenarios.expectations.measures import MEASURES
from sim.scenarios.expectations.words import WORDS
from sim.scenarios.scenario import Expectation

__all__ = ["EXPECTATIONS", "judge_expectation"]

EXPECTATIONS: dict[str, ExpectationKind] = {**MEASURES, **FLAGS, **WORDS}


def judge_expectation(trace: Trace, expectation: Expectation, cast: Cast) -> Verdict:
    """The verdict on one expectation."""
    return EXPECTATIONS[expectation.name].judge(trace, expectation.value, cast)
