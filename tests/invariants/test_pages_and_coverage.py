"""The page tells what the objects say, and the tables of coverage foresee all that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from minisentinel.core.state import FailoverState
from minisentinel.trace import Trace, write_trace
from sim.cli import main
from sim.invariants import INVARIANTS, PECULIARITIES, find_invariant, find_peculiarity
from sim.invariants.coverage import FAILOVER_STEPS, Coverage, witnessed
from sim.invariants.pages import invariants_text, with_generated_text
from sim.scenarios import find_scenario, run_scenario
from sim.scenarios.events import EVENT_NAMES

PAGE = Path(__file__).parents[2] / "docs" / "invariants.md"


@pytest.fixture(scope="module")
def trace() -> Trace:
    return run_scenario(find_scenario("kill-master"), seed=1).trace


def test_page_is_what_the_objects_say() -> None:
    """If this fails, write `with_generated_text` of the page back to it."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_generated_text(page)


def test_page_names_every_invariant_and_every_peculiarity() -> None:
    text = invariants_text()
    for invariant in INVARIANTS:
        assert f"### {invariant.name}\n" in text
        assert invariant.statement in text
    for peculiarity in PECULIARITIES:
        assert f"### {peculiarity.name}\n" in text
        assert peculiarity.statement in text


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a page with the lines"):
        with_generated_text("nothing")


def test_unknown_names_are_errors_that_tell_the_known_ones() -> None:
    with pytest.raises(ValueError, match="expected one of: one-leader-per-epoch"):
        find_invariant("x")
    with pytest.raises(ValueError, match="expected one of: unknown-sentinels"):
        find_peculiarity("x")


def test_steps_of_the_failover_machine_lead_from_every_state_to_every_state() -> None:
    states = {state.value for state in FailoverState}
    assert {before for before, _ in FAILOVER_STEPS} == states
    assert {after for _, after in FAILOVER_STEPS} == states


def test_coverage_counts_runs_and_shows_what_never_happened(trace: Trace) -> None:
    coverage = Coverage(EVENT_NAMES)
    coverage.add(trace, ("equal-epochs",))
    coverage.note(witnessed(trace))
    assert coverage.runs == 2
    counts = coverage.counts()
    assert counts["events"]["+switch-master"] == 2
    assert coverage.often["+switch-master"] > 2
    assert counts["events"]["+tilt"] == 0
    assert counts["steps of the failover machine"]["step: wait_promotion -> reconf_slaves"] == 2
    assert counts["ends of attempts"] == {
        "attempt: completed": 2,
        "attempt: not-elected": 0,
        "attempt: no-good-slave": 0,
        "attempt: slave-timeout": 0,
        "attempt: superseded": 0,
        "attempt: reset": 0,
        "attempt: crashed": 0,
        "attempt: unfinished": 0,
    }
    assert counts["peculiarities"]["explained by: equal-epochs"] == 1
    assert counts["peculiarities"]["explained by: mixed-epochs"] == 0
    assert "happened: split vote" in coverage.never()
    assert "+switch-master" not in coverage.never()
    assert "       2  +switch-master" in coverage.table().splitlines()


def test_what_was_not_foreseen_is_shown_all_the_same() -> None:
    coverage = Coverage(EVENT_NAMES)
    coverage.note({"+surprise": 3, "attempt: forgotten": 1, "step: none -> heaven": 1})
    counts = coverage.counts()
    assert counts["events"]["+surprise"] == 1
    assert counts["ends of attempts"]["attempt: forgotten"] == 1
    assert counts["steps of the failover machine"]["step: none -> heaven"] == 1


def test_floor_tells_what_was_seen_too_rarely(trace: Trace) -> None:
    coverage = Coverage(EVENT_NAMES)
    coverage.add(trace)
    assert coverage.below({"+switch-master": 1, "+tilt": 1}) == {"+tilt": 0}
    with pytest.raises(ValueError, match="nothing is called 'tilt'"):
        coverage.below({"tilt": 1})


def test_nothing_happens_that_the_tables_do_not_foresee(trace: Trace) -> None:
    coverage = Coverage(EVENT_NAMES)
    before = {title: set(table) for title, table in coverage.counts().items()}
    coverage.add(trace)
    assert {title: set(table) for title, table in coverage.counts().items()} == before


def test_check_judges_a_trace_file(
    trace: Trace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.trace"
    write_trace(trace, path)
    assert main(["check", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok        one-leader-per-epoch: 1 elected, each in an epoch of its own"
    assert len(lines) == len(INVARIANTS)


def test_check_fails_on_a_broken_trace_and_shows_both_entries(
    trace: Trace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = list(trace.entries)
    place = next(n for n, e in enumerate(entries) if "name='+elected-leader'" in str(e.data))
    entries.insert(place + 1, entries[place])
    path = tmp_path / "run.trace"
    write_trace(Trace(trace.header, entries), path)
    assert main(["check", str(path)]) == 1
    printed = capsys.readouterr().out
    assert "BROKEN    one-leader-per-epoch" in printed
    assert " against " in printed


def test_check_of_no_file_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path / "missing")]) == 2
    assert "cannot be read" in capsys.readouterr().err
