"""Faults that are left out if nobody gives the cue, and runs that are judged by more invariants."""

from __future__ import annotations

import pytest

from sim.invariants import INVARIANTS, Kind
from sim.scenarios import Result, Scenario, ScenarioError, describe, read_scenario, run_scenario
from sim.scenarios.runner import SAFETY_NAMES
from sim.trace import FaultInjected

HEAD = """
title = "A story"
[deployment]
clients = 0
[settings]
down-after-milliseconds = 1000
failover-timeout = 5000
"""
CUE = """
[[faults]]
when = "{}"
within = 3
do = "block"
node = "redis-2"
seconds = 0.2
"""


def read(*parts: str) -> Scenario:
    return read_scenario("\n".join((HEAD, *parts)), name="story", path="story.toml")


def fault(**keys: object) -> str:
    lines = [f"{key} = {value!r}".replace("True", "true") for key, value in keys.items()]
    return "\n".join(["[[faults]]", *lines])


def happened(result: Result) -> list[tuple[float, str]]:
    return [(e.time_us / 1e6, data.verb) for e, data in result.trace.of(FaultInjected)]


KILL = fault(at=15, do="kill", node="redis-1")


def test_cue_that_comes_in_time_is_obeyed() -> None:
    result = run_scenario(read(KILL, CUE.format("+sdown"), "[run]\nwatch-for = 1"))
    (_, kill), (when, block) = happened(result)[:2]
    assert (kill, block) == ("kill", "block")
    assert 16.0 <= when <= 16.5
    assert result.passed


def test_without_the_cue_the_fault_is_left_out_and_the_next_one_waits_for_the_end_of_it() -> None:
    later = fault(after=1, do="heal")
    result = run_scenario(read(KILL, CUE.format("+tilt"), later, "[run]\nwatch-for = 1"))
    assert [verb for _, verb in happened(result)] == ["kill"]
    assert result.trace.entries[-1].time_us == pytest.approx(20e6, abs=0.3e6)
    assert result.passed


def test_moment_may_stand_behind_a_fault_that_is_over_by_then() -> None:
    later = fault(at=18, do="pause", node="redis-3")
    run = "[run]\nwatch-for = 1"
    assert (18.0, "pause") in happened(run_scenario(read(KILL, CUE.format("+tilt"), later, run)))
    early = fault(at=17.9, do="pause", node="redis-3")
    with pytest.raises(ScenarioError, match="expected faults in order of time; the last is at 18"):
        read(KILL, CUE.format("+tilt"), early)
    for_ever = CUE.format("+tilt").replace("within = 3", "")
    with pytest.raises(ScenarioError, match="which has no 'within', nobody knows"):
        read(KILL, for_ever, later)


def test_patience_needs_something_to_wait_for() -> None:
    with pytest.raises(ScenarioError, match=r"line 12: faults\.within: expected 'when'"):
        read(fault(at=15, do="heal", within=3))


def test_description_tells_the_patience() -> None:
    told = describe(read(KILL, CUE.format("+sdown"), '[run]\ninvariants = ["epochs-spread"]'))
    assert any("as soon as a Sentinel says +sdown, if that comes within 3 s" in x for x in told)
    assert "  epochs-spread: an invariant" in told


# What is judged


def test_run_is_judged_by_what_must_always_hold_if_its_file_says_no_more() -> None:
    result = run_scenario(read(KILL))
    assert result.invariants == SAFETY_NAMES
    assert {name for name, _ in result.verdicts} == SAFETY_NAMES


def test_run_is_judged_by_everything_or_by_what_is_named() -> None:
    every = read(KILL, '[run]\ninvariants = "all"')
    assert set(every.invariants) == {e.name for e in INVARIANTS if e.kind is not Kind.SAFETY}
    result = run_scenario(every)
    assert result.passed
    assert result.invariants == {each.name for each in INVARIANTS}
    assert [each.invariant for each in result.judgements] == list(INVARIANTS)
    some = run_scenario(read(KILL, '[run]\ninvariants = ["epochs-spread"]'))
    assert some.invariants == SAFETY_NAMES | {"epochs-spread"}


def test_unknown_invariant_is_an_error_that_names_those_that_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"run\.invariants: .*one-leader-per-epoch.*'nonsense'"):
        read('[run]\ninvariants = ["nonsense"]')


def test_what_is_expected_by_the_name_of_an_invariant_has_to_be_known() -> None:
    """The invariant says nothing of a master that never comes back; who expects it, fails."""
    silent = '[run]\ninvariants = "all"\nwatch-for = 5'
    assert run_scenario(read(KILL, silent)).passed
    expected = run_scenario(read(KILL, silent, "[expect]\none-master-at-the-end = true"))
    assert "one-master-at-the-end" not in expected.invariants
    names = [name for name, _ in expected.verdicts]
    assert names.count("one-master-at-the-end") == 1
