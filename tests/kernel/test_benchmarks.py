"""The benchmark runs, and what it measures did the work; how fast is not asserted here."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from benchmarks import breakdown, deployments
from benchmarks.contestants import asyncio_programs, floor, kernel
from benchmarks.deployments import STORIES, Cost
from benchmarks.measure import Result
from benchmarks.report import bars, table
from benchmarks.rows import FLOOR, ROWS
from benchmarks.workloads import WORKLOADS, PingPong, Timers
from sim.kernel import VirtualLoop

ROOT = Path(__file__).resolve().parents[2]


def run(program: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(program)


@pytest.mark.parametrize("events", [2_000, 5_000])
def test_all_of_ours_do_the_same_amount_of_work(events: int) -> None:
    timers, ping_pong = Timers(events=events, count=50), PingPong(events=events)
    for work, counts in (
        (
            timers,
            [
                floor.timers(timers),
                floor.sleepers(timers),
                kernel.timers(timers),
                run(asyncio_programs.timers(timers)),
                run(asyncio_programs.sleepers(timers)),
            ],
        ),
        (
            ping_pong,
            [
                floor.ping_pong(ping_pong),
                kernel.ping_pong(ping_pong),
                run(asyncio_programs.ping_pong(ping_pong)),
            ],
        ),
    ):
        assert max(counts) - min(counts) <= 1  # the floor ends after its last event, not before
        assert counts[0] == pytest.approx(work.events, rel=0.05)


def test_a_quick_run_prints_a_row_for_each_contestant_and_workload() -> None:
    chosen = ["floor", "kernel", "virtual_loop", "selector_loop"]
    options = [word for module in chosen for word in ("--only", module)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 3 + 2 + 3 + 3  # header and rule; floor, kernel, two loops
    for workload in ("timers", "ping-pong", "sleepers"):
        assert any(row.startswith(f"| {workload}") and " 1.000 |" in row for row in rows)


def test_ratios_are_medians_of_the_rounds() -> None:
    slow_machine_in_the_middle = Result(FLOOR, "timers", 10, (100.0, 20.0, 100.0), 1)
    half_as_fast = Result(ROWS[1], "timers", 10, (50.0, 10.0, 70.0), 1)
    assert half_as_fast.ratio_to(slow_machine_in_the_middle) == 0.5
    assert half_as_fast.speed == 50.0
    assert half_as_fast.spread == 1.2


def test_a_missed_bar_is_told() -> None:
    by_module = {row.module: row for row in ROWS}

    def results(ours: float) -> list[Result]:
        return [
            Result(row, workload, 10, (speed, speed), 1)
            for workload in WORKLOADS
            for row, speed in (
                (FLOOR, 1_000.0),
                (by_module["kernel"], 700.0),
                (by_module["virtual_loop"], ours),
                (by_module["selector_loop"], 100.0),
            )
        ]

    assert [held for held, _ in bars(results(150.0))] == [True, True, True, True]
    assert [held for held, _ in bars(results(120.0))] == [True, True, False, True]
    assert [held for held, _ in bars(results(90.0))] == [True, True, False, False]
    assert any("0.150" in line for line in table(results(150.0)))


def test_a_deployment_is_compared_with_the_floor_round_by_round() -> None:
    costs = {name: [Cost(3e-4, 1e-4), Cost(8e-4, 2e-4), Cost(5e-4, 1e-4)] for name in STORIES}
    rows = list(deployments.table(costs))
    assert len(rows) == 2 + len(STORIES)
    cells = [cell.strip() for cell in rows[2].split("|")]
    assert cells[1:5] == ["idle deployment", "2,000", "500", "4.0"]
    assert all(held for held, _ in deployments.verdicts(costs))
    slow = {name: [Cost(1.0, 1e-4)] for name in STORIES}
    assert not any(held for held, _ in deployments.verdicts(slow))


@pytest.mark.parametrize("name", ["idle-untraced", "failover"])
def test_a_breakdown_tells_the_shares_of_the_parts(name: str) -> None:
    shares = breakdown.breakdown(name, 1)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert {"protocol core", "Redis nodes", "kernel: queue and clock"} <= set(shares)
    assert shares["protocol core"] > 0


def test_a_story_lasts_as_long_as_it_says() -> None:
    for name, seconds in (("idle", 3 * 20), ("failover", 60)):
        lengths = []
        for piece, length in deployments.live(STORIES[name], 1):
            piece()
            lengths.append(length)
        assert sum(lengths) == seconds
