"""State diagrams, and that their tables say what the code does."""

from __future__ import annotations

import ast
import inspect

import pytest

from minisentinel.core import failover, monitoring, reconfiguration
from minisentinel.core.state import FailoverState
from minisentinel.core.transitions import FAILOVER_TRANSITIONS, HEALTH_TRANSITIONS, Health
from minisentinel.trace import Entry, FailoverStateChanged, Trace
from sim.figures import STATE_MACHINES, draw_states
from sim.invariants.coverage import FAILOVER_STEPS
from tests.support.steps import failover_steps, health_steps, unforeseen_steps

PROMOTION = ("wait_promotion", "reconf_slaves")


def _functions(module: object) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    return {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}


def _state(node: ast.expr) -> str | None:
    """The value of ``FailoverState.NAME``."""
    match node:
        case ast.Attribute(value=ast.Name(id="FailoverState"), attr=name):
            return str(FailoverState[name].value)
    return None


def _entered(function: ast.FunctionDef) -> list[tuple[str, str | None]]:
    """The states that a function of the failover machine enters, and the event of an abort."""
    found: list[tuple[str, str | None]] = []
    for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
        if not isinstance(call.func, ast.Name):
            continue
        if call.func.id == "enter_state":
            after = _state(call.args[2])
            assert after is not None
            found.append((after, None))
        elif call.func.id == "_abort":
            assert isinstance(call.args[2], ast.Constant)
            found.append(("none", str(call.args[2].value)))
        elif call.func.id == "_detect_end":
            found += _entered(_functions(failover)["_detect_end"])
    return found


def _ways_in_the_source() -> set[tuple[str, str, str | None]]:
    """What `step` does in every state, read in its source: before, after, event of an abort."""
    functions = _functions(failover)
    (match,) = (each for each in ast.walk(functions["step"]) if isinstance(each, ast.Match))
    found: set[tuple[str, str, str | None]] = set()
    for case in match.cases:
        (statement,) = case.body
        if not isinstance(case.pattern, ast.MatchValue):
            continue
        before = _state(case.pattern.value)
        assert before is not None
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Call)
        assert isinstance(statement.value.func, ast.Name)
        for after, event in _entered(functions[statement.value.func.id]):
            found.add((before, after, event))
    return found


def test_the_table_of_the_failover_machine_is_what_its_source_does() -> None:
    of_its_own = {
        (
            each.before.value,
            each.after.value,
            each.events[0] if each.after.value == "none" else None,
        )
        for each in FAILOVER_TRANSITIONS
        if each.why != "reset"
    }
    outside = {("none", "wait_start", None), (*PROMOTION, None)}
    assert of_its_own == _ways_in_the_source() | outside
    for name, (_, after, _) in zip(("start", "promotion_observed"), sorted(outside), strict=True):
        assert _entered(_functions(failover)[name]) == [(after, None)]


def test_every_attempt_can_be_reset() -> None:
    source = inspect.getsource(reconfiguration.reset_master)
    assert 'enter_state(ctx, master, FailoverState.NONE, "reset")' in source
    reset = {each.before for each in FAILOVER_TRANSITIONS if each.why == "reset"}
    assert reset == set(FailoverState) - {FailoverState.NONE}


def test_coverage_counts_the_very_same_steps() -> None:
    table = {(each.before.value, each.after.value) for each in FAILOVER_TRANSITIONS}
    assert table == set(FAILOVER_STEPS)


def test_the_reasons_of_being_down_are_those_of_the_source() -> None:
    source = _functions(monitoring)["_note_down"]
    words = {
        each.value
        for each in ast.walk(source)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
    }
    down = {each.why for each in HEALTH_TRANSITIONS if each.before is Health.UP}
    assert down == words


def test_events_of_health_are_those_that_the_source_announces() -> None:
    source = inspect.getsource(monitoring)
    told = {event for each in HEALTH_TRANSITIONS for event in each.events}
    assert told == {"+sdown", "-sdown", "+odown", "-odown"}
    assert all(f'"{event}"' in source for event in told)


@pytest.mark.parametrize("name", STATE_MACHINES)
def test_a_diagram_has_every_state_and_every_way(name: str) -> None:
    machine = STATE_MACHINES[name]
    figure = draw_states(name)
    told = [text.get_text() for text in figure.axes[0].texts]
    for state in machine.states:
        assert state.value in told
    for each in machine.transitions:
        assert any(text.endswith(each.when) for text in told)
    assert machine._repr_png_() == figure._repr_png_()


@pytest.mark.parametrize("name", STATE_MACHINES)
def test_mermaid_has_an_arrow_for_every_pair_of_states_with_all_its_ways(name: str) -> None:
    machine = STATE_MACHINES[name]
    first, begin, *ways = machine.mermaid().splitlines()
    assert (first, begin.strip()) == ("stateDiagram-v2", f"[*] --> {machine.states[0].value}")
    assert len(ways) == len(machine.pairs)
    for line, (before, after) in zip(ways, machine.pairs, strict=True):
        assert line.startswith(f"    {before.value} --> {after.value}: ")
        told = line.partition(": ")[2].split("<br/>or ")
        every = machine.between(before, after)
        assert [each.partition(" (")[0] for each in told] == [each.when for each in every]
        # A colon or a semicolon would end the label.
        assert line.count(":") == 1
        assert ";" not in line


def test_an_unknown_machine_is_an_error_that_names_the_known() -> None:
    with pytest.raises(ValueError, match="expected: failover, health"):
        draw_states("tilt")


def test_a_failover_walks_down_the_tables(failover: Trace) -> None:
    down = {
        (each.before.value, each.after.value)
        for each in FAILOVER_TRANSITIONS
        if each.why == "" and each.after.value != "none"
    }
    assert failover_steps(failover) == down | {("update_config", "none")}
    assert health_steps(failover) >= {
        ("up", "sdown", "silence"),
        ("sdown", "odown", ""),
        ("odown", "up", "reset"),
    }
    assert unforeseen_steps(failover) == []


def test_what_no_table_knows_is_noticed(failover: Trace) -> None:
    strange = FailoverStateChanged(
        master="mymaster", epoch=9, before="none", after="update_config", why=""
    )
    changed = Trace(failover.header, [*failover.entries, Entry(17_000_000, "sentinel-1", strange)])
    assert unforeseen_steps(changed) == ["none update_config "]
