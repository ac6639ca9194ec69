"""What a scenario may expect of its run; every claim is judged from the trace.

- `flags`: what is true or not at the end.
- `measures`: numbers of the run, compared with what is expected.
- `words`: what is named, such as the master at the end.
- `claims` and `states`: what is seen, eventually or never.
- `cast`: who was hit by which fault, so that claims can speak of "the old master".
"""

from sim.scenarios.expectations.cast import Cast
from sim.scenarios.expectations.claims import judge_claim
from sim.scenarios.expectations.flags import BECOMES_CALM
from sim.scenarios.expectations.kinds import ExpectationKind
from sim.scenarios.expectations.states import STATES
from sim.scenarios.expectations.table import EXPECTATIONS, judge_expectation
from sim.scenarios.expectations.words import CONDITIONAL_NAMES

__all__ = [
    "BECOMES_CALM",
    "CONDITIONAL_NAMES",
    "EXPECTATIONS",
    "STATES",
    "Cast",
    "ExpectationKind",
    "judge_claim",
    "judge_expectation",
]
