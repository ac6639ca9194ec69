"""A story that fails on a machine that stalls is told again; on one that keeps up it fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import pace as pace_module
from tests.live.pace import PACES, Crash, PortTaken, Watch, pace, until_judged, worst_window
from tests.live.ports import blocks

pytestmark = pytest.mark.real_io

Told = list[tuple[str, int]]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``measured(share)`` makes the machine one that is late for that share of the time."""

    def make(share: float) -> None:
        monkeypatch.setattr(Watch, "worst", lambda _, window_seconds: share * window_seconds)

    return make


def tell(directory: Path, problem: Callable[[], BaseException], right_at: int = 0) -> Told:
    """What becomes of a story that only comes out right at one pace."""
    told: Told = []

    def story() -> None:
        told.append(("story", pace()))
        if pace() != right_at:
            raise problem()

    try:
        until_judged(story, lambda: told.append(("cleared", pace())), directory)
    except AssertionError:
        told.append(("failed", 0))
    except pytest.skip.Exception:
        told.append(("skipped", 0))
    assert pace() == PACES[0]
    return told


@pytest.mark.parametrize("problem", [AssertionError, OSError, lambda: pytest.fail.Exception("x")])
def test_failure_on_a_machine_that_stalls_is_judged_again_at_a_slower_pace(
    problem: Callable[[], BaseException], measured: Callable[[float], None], tmp_path: Path
) -> None:
    measured(0.5)
    with pytest.warns(UserWarning, match=r"told again, slower: somebody waited 0\.50 s within 1 s"):
        told = tell(tmp_path, problem, right_at=PACES[1])
    assert told == [("story", PACES[0]), ("cleared", PACES[0]), ("story", PACES[1])]


def test_failure_on_a_machine_that_keeps_up_is_final(
    measured: Callable[[float], None], tmp_path: Path
) -> None:
    measured(0.05)
    assert tell(tmp_path, AssertionError) == [("story", PACES[0]), ("failed", 0)]


def test_a_program_that_crashed_is_no_matter_of_speed(
    measured: Callable[[float], None], tmp_path: Path
) -> None:
    measured(0.9)
    assert tell(tmp_path, Crash) == [("story", PACES[0]), ("failed", 0)]


def test_nothing_is_said_of_a_story_that_a_machine_stalls_at_every_pace(
    measured: Callable[[float], None], tmp_path: Path
) -> None:
    measured(0.5)
    with pytest.warns(UserWarning, match="told again"):
        told = tell(tmp_path, AssertionError)
    assert [at for what, at in told if what == "story"] == [*PACES]
    assert told[-1] == ("skipped", 0)


def test_a_port_that_was_taken_is_a_reason_by_itself(
    measured: Callable[[float], None], tmp_path: Path
) -> None:
    measured(0.0)
    with pytest.warns(UserWarning, match="told again, slower: it is gone"):
        told = tell(tmp_path, lambda: PortTaken("it is gone"), right_at=PACES[1])
    assert told[-1] == ("story", PACES[1])


def test_a_story_that_comes_out_right_is_told_once_on_any_machine(
    measured: Callable[[float], None], tmp_path: Path
) -> None:
    measured(0.9)
    assert tell(tmp_path, AssertionError, right_at=PACES[0]) == [("story", PACES[0])]


def test_a_skip_is_a_skip(measured: Callable[[float], None], tmp_path: Path) -> None:
    measured(0.9)
    told = tell(tmp_path, lambda: pytest.skip.Exception("no server"))
    assert told == [("story", PACES[0]), ("skipped", 0)]


def test_what_was_waited_is_summed_over_the_worst_span() -> None:
    looks = [(0.0, 0.2), (0.4, 0.3), (1.2, 0.1), (1.3, 0.4), (5.0, 0.6)]
    assert worst_window(looks, 1.0) == pytest.approx(0.8)
    assert worst_window(looks, 0.05) == pytest.approx(0.6)
    assert worst_window(looks, 10.0) == pytest.approx(1.6)
    assert worst_window([], 1.0) == 0.0


def test_a_disk_that_takes_its_time_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace_module, "_keep", lambda _: time.sleep(0.3))
    with Watch(tmp_path) as watch:
        time.sleep(0.1)
    assert watch.worst(1.0) >= 0.3


def test_a_process_that_waits_for_a_processor_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([{7: 1.0}, {7: 1.5, 8: 0.25}])
    monkeypatch.setattr(pace_module, "_waited", lambda: next(readings, {7: 1.5, 8: 0.25}).items())
    with Watch(tmp_path) as watch:
        while not watch.worst(1.0):
            time.sleep(0.01)
    assert watch.worst(1.0) >= 0.5


def test_ports_beside_the_range_of_outgoing_connections_are_given_first() -> None:
    every = blocks(32768, 60999)
    assert every[0] == 10000
    assert every.index(61000) < every.index(32600) < every.index(32800)
    assert len(blocks(1024, 65535)) == len(every)
    assert blocks(10000, 50000)[0] == 50200
