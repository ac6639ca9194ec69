"""What is expected of a run: numbers, events and states, each told true from false."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.invariants import Truth
from sim.scenarios import Claim, Result, find_scenario, run_scenario
from sim.scenarios.comparisons import Comparison
from sim.scenarios.expectations import EXPECTATIONS, STATES, Cast, judge_claim
from sim.scenarios.expectations.words import INVARIANT_NAMES


@pytest.fixture(scope="module")
def cut() -> Result:
    """Two masters for half a minute, a failover, and writes that are lost."""
    return run_scenario(find_scenario("minority-master"), seed=1)


@pytest.fixture(scope="module")
def cast(cut: Result) -> Cast:
    heal = next(entry.time_us for entry in cut.trace.of_kind("fault") if "whole" in str(entry.data))
    return Cast(
        {"them": ("redis-1", "redis-2")}, {"the-cut": 20_000_000, "the-heal": heal}, 20_000_000
    )


VALUES: dict[str, tuple[object, object]] = {
    "failovers": (1, "2 to 3"),
    "failovers-at-least": (1, 2),
    "attempts": (1, ">= 3"),
    "lost-elections": (0, "> 0"),
    "leaders": (1, 2),
    "discarded-votes": (0, ">= 1"),
    "remembered-votes": (0, ">= 1"),
    "lost-writes": ("200 to 600", 0),
    "lost-writes-at-most": (10_000, 10),
    "acknowledged-writes": ("> 600", "< 600"),
    "failed-operations": ("> 0", 0),
    "downtime": ("5 to 9", "< 5"),
    "masters-at-the-end": (1, 2),
    "masters-named-at-the-end": (1, 2),
    "highest-epoch": (1, 0),
    "full-resynchronisations": (">= 2", 1),
    "one-master-at-the-end": (True, False),
    "same-master-named-at-the-end": (True, False),
    "master-changed": (True, False),
    "clients-write-at-the-end": (True, False),
    "becomes-calm": (True, False),
    "master-at-the-end": ("them", "redis-1"),
    "breaks": (None, ("one-vote-per-epoch",)),
}


def test_every_expectation_has_a_true_and_a_false_case() -> None:
    assert VALUES.keys() == EXPECTATIONS.keys()


@pytest.mark.parametrize("name", VALUES)
def test_expectation_tells_true_from_false(cut: Result, cast: Cast, name: str) -> None:
    kind = EXPECTATIONS[name]
    for value, truth in zip(VALUES[name], (Truth.TRUE, Truth.FALSE), strict=True):
        if value is None:
            continue
        if kind.value == "comparison":
            value = Comparison.parse(value)  # type: ignore[arg-type]
        assert kind.judge(cut.trace, value, cast).truth is truth, value


def test_promise_that_is_broken_as_expected_is_no_failure() -> None:
    scenario = find_scenario("voter-restarts", variant="votes-not-durable")
    result = run_scenario(scenario)
    assert result.passed
    broken = {"one-vote-per-epoch", "one-leader-per-epoch", "saved-before-sent"}
    assert result.forgiven == broken
    assert result.forgiven <= set(INVARIANT_NAMES)
    unexpected = run_scenario(replace(scenario, expectations=()))
    assert set(unexpected.failures) == broken


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (Claim(True, event="+switch-master"), True),
        (Claim(True, event="+switch-master", by=("sentinel-1",), since="the-heal"), True),
        (Claim(True, event="+switch-master", by=("sentinel-1",), within=10.0), False),
        (Claim(True, event="+sdown", about="redis-3", by=("sentinel-1", "sentinel-2")), True),
        (Claim(True, event="+sdown", about="redis-3", by=("sentinel-2",)), False),
        (Claim(True, event="+sdown", about="them", by=("sentinel-2",)), True),
        (Claim(True, event="+switch-master", count=Comparison.parse(3)), True),
        (Claim(True, event="+switch-master", count=Comparison.parse("> 3")), False),
        (Claim(True, event="+switch-master", text="10.0.0.1 6379 10.0.0.2 6379"), True),
        (Claim(True, event="+switch-master", text="10.0.0.3 6379"), False),
        (Claim(True, event="+promoted-slave", since="+odown", within=3.0), True),
        (Claim(True, event="+promoted-slave", since="+odown", within=0.2), False),
        (Claim(True, event="+odown", since=40.0), False),
        (Claim(False, event="+tilt"), True),
        (Claim(False, event="+sdown"), False),
        (Claim(False, event="+odown", since="the-heal"), True),
        (Claim(True, state="two-masters", lasting=20.0), True),
        (Claim(True, state="two-masters", lasting=60.0), False),
        (Claim(True, state="two-masters", within=2.0), False),
        (Claim(True, state="one-master", since="the-heal"), True),
        (Claim(False, state="no-master"), True),
        (Claim(False, state="two-masters"), False),
        (Claim(True, state="agreement", since="the-heal"), True),
        (Claim(False, state="agreement", since=30.0, within=10.0), True),
        (Claim(True, state="clients-write", since="the-heal"), True),
        (Claim(False, state="clients-write", since=23.0, within=2.0), True),
        (Claim(True, answer="OK"), False),
    ],
    ids=str,
)
def test_claim_is_told_true_from_false(
    cut: Result, cast: Cast, claim: Claim, expected: bool
) -> None:
    verdict = judge_claim(cut.trace, claim, cast)
    assert verdict.truth is (Truth.TRUE if expected else Truth.FALSE), verdict.reason


def test_states_are_intervals_in_order(cut: Result) -> None:
    for state in STATES.values():
        intervals = state.intervals(cut.trace)
        flat = [time for interval in intervals for time in interval]
        assert flat == sorted(flat)
        assert all(start < end for start, end in intervals)


def test_claim_is_told_in_words() -> None:
    claim = Claim(
        True, event="+sdown", by=("sentinel-1",), about="old", since="the-cut", within=3.0
    )
    assert str(claim) == "eventually +sdown about old by sentinel-1 within 3 s of the-cut"
    assert str(Claim(False, state="no-master", since=4.0)) == "never no-master since 4 s"
