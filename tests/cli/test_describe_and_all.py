"""``minisentinel-sim describe``, ``run all``, variants and parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenarios import find_scenario
from sim.scenarios.overview import HEADINGS
from tests.cli.calling import call

FAILS = 'title = "x"\ntheme = "Mine"\n[run]\ncalm-for = 1\n[expect]\nfailovers = 1\n'


def test_describe_tells_who_is_there_what_happens_and_what_is_expected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = call(capsys, "describe", "minority-master", "--variant", "guarded")
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("minority-master/guarded: ")
    assert "  min-replicas-to-write 1" in lines
    assert any(line.startswith("  min-replicas  1  min-replicas-to-write") for line in lines)
    assert any(line.startswith("  1. at 20 s: partition redis-1, sentinel-1") for line in lines)
    assert (
        "  2. 20 s after a Sentinel says +switch-master: heal (called the-heal from then on)"
        in lines
    )
    assert any(line.startswith("  lost-writes 10 to 60: ") for line in lines)


def test_describe_of_nothing_gives_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "describe", "blip", "--variant", "longer")
    assert (done.status, done.out) == (2, "")
    assert "no variant is called 'longer'; expected one of: it has none" in done.err


def test_parameter_is_set_like_a_setting(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "run", "blip", "--quiet", "--set", "freeze=8", "--set", "quorum=3")
    assert done.status == 1, "a freeze of eight seconds is no blip"
    assert "FAILED failovers 0: 1 completed, expected 0" in done.out


def test_wrong_value_of_a_parameter_gives_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "run", "blip", "--set", "freeze=-1")
    assert done.status == 2
    assert "faults.after: expected a number of seconds, 0 or more, found -1" in done.err


def test_variant_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "run", "manual-failover", "--variant", "guarded", "--quiet")
    assert done.status == 0
    assert done.out.startswith("manual-failover/guarded: ")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Only two scenarios are shipped: one that is as it should be, and one of a file."""
    path = tmp_path / "mine.toml"
    path.write_text(FAILS)
    monkeypatch.setattr(
        "sim.cli.running.shipped_scenarios",
        lambda **_: [find_scenario("blip"), find_scenario(str(path))],
    )
    return path


@pytest.mark.real_io
def test_run_all_prints_a_row_for_each_and_fails_if_one_does(
    capsys: pytest.CaptureFixture[str], few: Path
) -> None:
    done = call(capsys, "run", "all", "--seed", "2", "--seeds", "2")
    head, blip, mine, *failures = done.out.splitlines()
    assert done.status == 1
    assert all(heading in head for heading in HEADINGS)
    assert blip.split()[:4] == ["blip", "Basics", "ok", "2/2"]
    assert mine.split()[:4] == ["mine", "Mine", "FAILED", "0/2"]
    assert failures == [
        f"FAILED mine: seed {seed}: failovers 1: 0 completed, expected 1" for seed in (2, 3)
    ]


@pytest.mark.real_io
def test_run_all_is_content_when_all_is_well(capsys: pytest.CaptureFixture[str], few: Path) -> None:
    few.write_text(FAILS.replace("failovers = 1", "failovers = 0"))
    done = call(capsys, "run", "all")
    assert done.status == 0
    assert len(done.out.splitlines()) == 3
    assert "ok" in done.out.splitlines()[1]


@pytest.mark.real_io
def test_many_runs_of_one_scenario_are_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The master freezes for half a second longer than these Sentinels have patience."""
    impatient = ("--set", "down-after-milliseconds=3000")
    done = call(capsys, "run", "blip", *impatient, "--seeds", "2")
    head, row, *failures = done.out.splitlines()
    assert done.status == 1
    assert all(heading in head for heading in HEADINGS[:-1])
    assert HEADINGS[-1] not in head, "the row is the same on every machine"
    assert row.split()[:4] == ["blip", "Basics", "FAILED", "0/2"]
    assert {line.split(": ")[1] for line in failures} == {"seed 1", "seed 2"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["run", "all", "--trace", "t.jsonl"], "--trace is for a single scenario"),
        (["run", "all", "--set", "quorum=1"], "--set is for a single scenario"),
        (["run", "all", "--seeds", "0"], "expected a whole number from 1, found '0'"),
        (["run", "blip", "--seeds", "3", "--plot", "x.png"], "--plot is for a single run"),
    ],
)
def test_options_that_do_not_go_together_give_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    done = call(capsys, *arguments)
    assert (done.status, done.out) == (2, "")
    assert problem in done.err
