"""What ``minisentinel-sim plot`` can show, of one run or of several; and the alias ``jepsen``."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cli import SHOWABLE
from tests.cli.calling import call

pytest.importorskip("matplotlib")


def test_plot_runs_the_scenarios_that_it_is_given(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    picture = tmp_path / "p.svg"
    done = call(capsys, "plot", "silent-drop", "silent-drop/reset", "-o", str(picture))
    assert done.status == 0
    assert "silent-drop, seed 1\n" in done.out
    assert "silent-drop/reset, seed 1\n" in done.out
    assert picture.stat().st_size > 1000


def test_plot_draws_a_grid_of_seeds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    picture = tmp_path / "p.svg"
    options = ["--seed", "3", "--seeds", "2", "--grid", "2", "--from", "-1", "--to", "9"]
    done = call(capsys, "plot", "kill-master", *options, "-o", str(picture))
    assert done.status == 0
    assert "kill-master, seed 3\n" in done.out
    assert "kill-master, seed 4\n" in done.out


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--only", "sentinels,nobody"], "nothing is called 'nobody'"),
        (["--hide", "clients,sentinels,servers"], "no lane would be left"),
        (["--from", "5", "--to", "3"], "nothing is between 5 s and 3 s"),
        (["--from", "soon"], "expected a number of seconds, found 'soon'"),
        (["--grid", "0"], "expected a whole number from 1"),
        (["--seeds", "2", "--title", "x"], "--title is for a single run or --grid"),
    ],
)
def test_what_cannot_be_shown_gives_status_2_and_no_picture(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, options: list[str], problem: str
) -> None:
    picture = tmp_path / "p.png"
    done = call(capsys, "plot", "blip", *options, "-o", str(picture))
    assert done.status == 2
    assert problem in done.err
    assert not picture.exists()


def test_the_help_names_every_part_and_group_that_there_is() -> None:
    from sim.timeline import GROUPS, PARTS

    assert set(SHOWABLE.split(", ")) == {*GROUPS, *PARTS}


def test_jepsen_has_a_parser_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "jepsen", "--help")
    assert done.status == 0
    assert done.out.startswith("usage: minisentinel-sim jepsen ")
    assert call(capsys, "jepsen", "--seeds", "0").status == 2
    assert call(capsys, "list", "--seeds", "0").status == 2
