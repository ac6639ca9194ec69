"""The cheap part of the comparison: a few seeds of each scenario, and only what is exact.

Distributions need many runs: `make compare-reference`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from minisentinel.replies import Push
from sim.mutants.catalogue import find_mutant
from tools.compare_reference.comparison import Comparison, Played, pooled_orders, simulate
from tools.compare_reference.figures import draw_all
from tools.compare_reference.recordings import LEVELS, Moment, read_all
from tools.compare_reference.report import report, summary
from tools.compare_reference.scenes import SCENES, play
from tools.compare_reference.stage import Stage, StageError

ALL = {each.scenario: each for each in read_all()}
SEEDS = (1, 2)


@cache
def compared(scenario: str) -> Comparison:
    recording = ALL[scenario]
    played: list[Played] = [simulate(recording, seed) for seed in SEEDS]
    return Comparison(recording, tuple(played), pooled_orders(ALL.values()))


def shape(moment: Moment) -> tuple[str, str, str]:
    """A line of a log without what differs from run to run."""
    words = re.sub(r"\b[rs]\d\b", "node", moment.payload)
    return (moment.sort, moment.event, re.sub(r"\b\d+\b", "n", words))


@pytest.mark.parametrize("scenario", SCENES)
def test_what_never_varied_does_not_vary_here(scenario: str) -> None:
    assert compared(scenario).broken_laws == []


@pytest.mark.parametrize("scenario", SCENES)
def test_orders_that_held_in_twenty_recorded_sequences_hold_here(scenario: str) -> None:
    assert compared(scenario).broken_orders == []


@pytest.mark.parametrize("scenario", SCENES)
def test_nothing_is_logged_in_words_or_at_a_level_that_were_not_recorded(scenario: str) -> None:
    recorded = {shape(each) for one in ALL.values() for run in one.runs for each in run.moments}
    run = play(ALL[scenario], SEEDS[0])
    logged = [each for each in run.moments if each.sort in LEVELS and each.event[0] in "+-"]
    assert {shape(each) for each in logged} - recorded == set()


@pytest.mark.parametrize(
    "scenario", ["d_manual_failover", "g_leader_crash_after_election", "q_runtime_config"]
)
def test_commands_get_the_recorded_replies(scenario: str) -> None:
    recorded = {
        (each.event, each.payload)
        for run in ALL[scenario].runs
        for each in run.moments
        if each.sort == "ask"
    }
    asked = [each for each in play(ALL[scenario], SEEDS[0]).moments if each.sort == "ask"]
    assert asked
    assert [each for each in asked if (each.event, each.payload) not in recorded] == []


def test_orders_that_are_compared_are_many() -> None:
    """So that the tests above cannot become empty unnoticed."""
    assert len(compared("a_timing").held_orders) > 150


@pytest.mark.parametrize("who", ["s0", "s1", "s2"])
def test_what_a_sentinel_publishes_is_what_it_logs(who: str) -> None:
    stage = Stage(ALL["a_kill9_master"], seed=4)
    heard = stage.listen(who)
    stage.after(0.1)
    since = stage.world.kernel.now
    SCENES["a_kill9_master"](stage)
    published = [
        (each[2], stage.plain(str(each[3]))) for each in heard[1:] if isinstance(each, Push)
    ]
    zero_ms = stage.fault_us // 1000
    logged = [
        (each.event, each.payload)
        for each in stage.as_run().events(who)
        if each.time_ms + zero_ms >= since // 1000 and each.sort != "."
    ]
    assert published == logged


def test_planted_bug_that_lets_a_minority_elect_shows_in_the_comparison() -> None:
    recording = ALL["e_minority"]
    played = simulate(recording, 1, find_mutant("majority-ignored").profile)
    comparison = Comparison(recording, (played,), {})
    assert any("[restart sentinel] -> -sdown sentinel" in each for each in comparison.missing_steps)


def test_planted_bug_that_leaves_a_returned_master_alone_shows_in_the_comparison() -> None:
    with pytest.raises(StageError, match="in vain: r0 is slave"):
        simulate(ALL["a_kill9_master"], 1, find_mutant("old-master-not-demoted").profile)


def test_report_and_picture_of_a_scenario_can_be_made(tmp_path: Path) -> None:
    comparison = compared("k_replica_down")
    assert "k_replica_down" in summary([comparison])
    assert "+reboot slave R" in report(comparison, verbose=True)
    (picture,) = draw_all([comparison], tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG")
