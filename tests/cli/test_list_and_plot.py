"""``minisentinel-sim list`` and ``plot``."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenarios import shipped_scenarios
from tests.cli.calling import call


def test_list_shows_every_scenario_with_its_title_under_its_theme(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = call(capsys, "list")
    assert done.status == 0
    lines = done.out.splitlines()
    for scenario in shipped_scenarios():
        assert scenario.theme in lines
        (line,) = [each for each in lines if each.startswith(f"  {scenario.name} ")]
        assert line.endswith(scenario.title)


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "--version")
    assert done.status == 0
    assert done.out.startswith("minisentinel-sim ")


@pytest.mark.parametrize("text", ["", "{}\n", "no trace\n", '{"format":"other"}\n'])
def test_plot_of_something_else_gives_status_2_and_no_picture(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    source, target = tmp_path / "t.jsonl", tmp_path / "t.png"
    source.write_text(text)
    done = call(capsys, "plot", str(source), "-o", str(target))
    assert done.status == 2
    assert f"{source}, line 1: expected a header line" in done.err
    assert not target.exists()


def test_plot_draws_what_run_has_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    trace, picture = tmp_path / "t.jsonl", tmp_path / "t.svg"
    ran = call(capsys, "run", "kill-master", "--quiet", "--duration", "10", "--trace", str(trace))
    done = call(capsys, "plot", str(trace), "-o", str(picture))
    assert done.status == 0
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    assert done.out.splitlines()[0] in ran.out
