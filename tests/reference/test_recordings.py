"""The recordings: readable, complete, and what their README says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from tools.compare_reference.laws import broken_laws
from tools.compare_reference.recordings import (
    RECORDINGS,
    Recording,
    RecordingError,
    Run,
    read,
    read_all,
)
from tools.compare_reference.sequences import Sequence, sequences

ALL = {each.scenario: each for each in read_all()}
KILLED = ("a_kill9_master", "a_timing", "h_replica_priority", "m_sentinel_restart_epoch")


def durations(names: tuple[str, ...], measured: Callable[[Sequence], int | None]) -> list[int]:
    """What `measured` finds in the sequences of these scenarios."""
    every = (each for name in names for run in ALL[name].runs for each in sequences(run))
    return [found for each in every if (found := measured(each)) is not None]


def between(first: str, second: str) -> Callable[[Sequence], int | None]:
    """The time from one event to another."""

    def measured(sequence: Sequence) -> int | None:
        begin, end = sequence.when(first), sequence.when(second)
        return None if begin is None or end is None else end - begin

    return measured


def test_every_scenario_is_there_with_all_its_runs() -> None:
    counts = {name: len(each.runs) for name, each in ALL.items()}
    assert len(counts) == 18
    assert counts.pop("a_timing") == 20
    assert counts.pop("p_tilt") == 3
    assert set(counts.values()) == {5}


@pytest.mark.parametrize("recording", ALL.values(), ids=ALL)
def test_fault_is_at_zero_and_times_do_not_go_back(recording: Recording) -> None:
    for run in recording.runs:
        times = [each.time_ms for each in run.moments]
        assert times == sorted(times)
        assert any(each.time_ms == 0 and each.sort in ("act", "ask") for each in run.moments)


@pytest.mark.parametrize("recording", ALL.values(), ids=ALL)
def test_what_never_varied_holds_in_every_recorded_run(recording: Recording) -> None:
    for run in recording.runs:
        assert broken_laws(run, servers=recording.replicas + 1) == []


def test_kill_is_noticed_after_down_after_and_about_a_tick() -> None:
    found = durations(KILLED, lambda each: each.when("+sdown master"))
    assert (min(found), round(median(found)), max(found)) == (2007, 2074, 2172)


def test_frozen_master_is_noticed_after_down_after_and_the_phase_of_the_ping() -> None:
    frozen = ("b_pause_master", "c_debug_sleep_long")
    found = durations(frozen, lambda each: each.when("+sdown master"))
    assert (min(found), max(found)) == (2064, 3028)


def test_promotion_is_seen_by_the_next_info_a_second_after_odown() -> None:
    found = durations(KILLED, between("+try-failover master", "+promoted-slave slave P"))
    assert min(found) >= 1010
    assert max(found) <= 1200


def test_reconfiguration_is_seen_by_the_next_info() -> None:
    steps = ("+slave-reconf-sent slave R", "+slave-reconf-inprog slave R")
    assert 940 <= median(durations(KILLED, between(*steps))) <= 980


def test_election_that_fails_is_given_up_after_its_timeout() -> None:
    steps = ("+try-failover master", "-failover-abort-not-elected master")
    found = [each for each in durations(("e_minority",), between(*steps)) if 0 < each < 10_000]
    assert min(found) >= 6100
    assert max(found) <= 6930


def test_returned_master_is_converted_ten_seconds_after_it_was_seen() -> None:
    steps = ("-role-change slave M", "+convert-to-slave slave M")
    found = durations(("a_kill9_master", "b_pause_master", "c_debug_sleep_long"), between(*steps))
    assert min(found) >= 9950
    assert max(found) <= 10_200


@pytest.mark.parametrize(
    ("name", "expected"), [("o_parallel_syncs_1", 3190), ("o_parallel_syncs_2", 2130)]
)
def test_more_parallel_syncs_end_a_failover_sooner(name: str, expected: int) -> None:
    steps = ("+failover-state-reconf-slaves master", "+failover-end master")
    assert median(durations((name,), between(*steps))) == pytest.approx(expected, abs=5)


def test_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    text = (RECORDINGS / "k_replica_down.txt").read_text(encoding="utf-8")
    file = tmp_path / "bad.txt"
    file.write_text(text.replace("\nrun\t1\n", "\nrun\t1\nsoon\ts0\n"), encoding="utf-8")
    line = file.read_text(encoding="utf-8").splitlines().index("soon\ts0") + 1
    with pytest.raises(RecordingError, match=rf"bad\.txt, line {line}: expected"):
        read(file)


def test_setting_that_is_missing_is_named(tmp_path: Path) -> None:
    text = (RECORDINGS / "k_replica_down.txt").read_text(encoding="utf-8")
    file = tmp_path / "bad.txt"
    file.write_text(text.replace("quorum\t2\n", ""), encoding="utf-8")
    with pytest.raises(RecordingError, match=r"bad\.txt: setting 'quorum'"):
        read(file)


def test_run_without_moments_breaks_no_law() -> None:
    assert broken_laws(Run(1, ()), servers=3) == []
