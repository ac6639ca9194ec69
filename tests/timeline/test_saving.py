"""Figures to files: the same bytes for the same trace, whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.timeline import FORMATS, save_figure, timeline
from tests.judge.stories import failover_story

# Saving goes through a temporary file, the name of which is drawn by chance.
pytestmark = pytest.mark.real_io

STORY = failover_story(clients=1)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_trace_gives_the_same_bytes(format: str, tmp_path: Path) -> None:
    one, other = tmp_path / f"one.{format}", tmp_path / f"other.{format}"
    save_figure(timeline(STORY), one)
    save_figure(timeline(STORY), other)
    assert one.read_bytes() == other.read_bytes()


def test_a_picture_is_the_same_in_another_process_with_other_hashes_and_without_pyplot(
    tmp_path: Path,
) -> None:
    here, there = tmp_path / "here.svg", tmp_path / "there.svg"
    save_figure(timeline(STORY), here)
    program = (
        "import sys\n"
        "from sim.timeline import save_figure, timeline\n"
        "from tests.judge.stories import failover_story\n"
        "save_figure(timeline(failover_story(clients=1)), sys.argv[1])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    other_hashes = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    subprocess.run(
        [sys.executable, "-c", program, str(there)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": other_hashes, "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
    )
    assert here.read_bytes() == there.read_bytes()


def test_an_svg_has_no_date(tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    save_figure(timeline(STORY), path)
    assert "dc:date" not in path.read_text(encoding="utf-8")


def test_an_unknown_suffix_is_refused_and_nothing_written(tmp_path: Path) -> None:
    path = tmp_path / "out.bmp"
    with pytest.raises(ValueError, match=r"out\.bmp: expected a name that ends in"):
        save_figure(timeline(STORY), path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "taken.png"
    target.mkdir()
    with pytest.raises(OSError, match=r"taken\.png"):
        save_figure(timeline(STORY), target)
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_matplotlib_is_one_clear_error() -> None:
    program = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "try:\n"
        "    import sim.timeline\n"
        "except ImportError as problem:\n"
        "    print(problem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert "pip install 'minisentinel[plot]'" in done.stdout
