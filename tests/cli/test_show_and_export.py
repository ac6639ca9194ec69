"""``show`` and ``export``: a trace as text, and in the formats of other tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minisentinel.trace import write_trace
from sim import Deployment, World
from tests.cli.calling import call

pytestmark = pytest.mark.real_io


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World(Deployment(down_after_milliseconds=2000, clients=0), seed=3, messages=True)
    world.run(15)
    world.kill("master")
    world.run(5)
    world.end("duration")
    path = tmp_path_factory.mktemp("traces") / "run.jsonl"
    write_trace(world.trace, path)
    return path


def test_show_prints_the_story_and_nothing_else(
    capsys: pytest.CaptureFixture[str], trace: Path
) -> None:
    done = call(capsys, "show", str(trace), "--from", "15", "--detail", "turn")
    assert (done.status, done.err) == (0, "")
    assert "redis-1     kill: process killed" in done.out
    assert "+elected-leader mymaster at redis-1" in done.out
    assert "\033" not in done.out
    coloured = call(capsys, "show", str(trace), "--from", "15", "--colour", "always")
    assert "\033[" in coloured.out


def test_show_only_some_nodes(capsys: pytest.CaptureFixture[str], trace: Path) -> None:
    done = call(capsys, "show", str(trace), "--only", "sentinel-1,redis-2", "--from", "16")
    body = [line for line in done.out.splitlines() if "┌" not in line]
    assert body
    assert all(" sentinel-1 " in line or " redis-2 " in line for line in body)


@pytest.mark.parametrize("format", ["chrome", "csv", "mermaid", "shiviz"])
def test_every_format_is_written_to_a_file_or_printed(
    capsys: pytest.CaptureFixture[str], trace: Path, tmp_path: Path, format: str
) -> None:
    path = tmp_path / "out"
    part = ("--from", "17", "--to", "17.3", "--only", "sentinel-1,sentinel-2,sentinel-3")
    done = call(capsys, "export", str(trace), "--format", format, *part, "-o", str(path))
    assert (done.status, done.out) == (0, "")
    printed = call(capsys, "export", str(trace), "--format", format, *part)
    assert printed.status == 0
    assert printed.out == path.read_bytes().decode()
    assert printed.out
    if format == "chrome":
        assert json.loads(printed.out)["traceEvents"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--only", "sentinel-9", "--format", "csv"), "no node is called 'sentinel-9'; expected"),
        (("--format", "mermaid"), "expected at most 500: choose a shorter time, or fewer nodes"),
        (("--format", "yaml"), "invalid choice: 'yaml'"),
        (("--format", "csv", "--from", "soon"), "expected a number of seconds, found 'soon'"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_error(
    capsys: pytest.CaptureFixture[str],
    trace: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    complaint: str,
) -> None:
    path = tmp_path / "out"
    done = call(capsys, "export", str(trace), *words, "-o", str(path))
    assert done.status == 2
    assert complaint in done.err
    assert not path.exists()


def test_shiviz_without_messages_says_how_to_record_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "run.jsonl"
    assert call(capsys, "run", "blip", "--quiet", "--trace", str(path)).status == 0
    done = call(capsys, "export", str(path), "--format", "shiviz")
    assert done.status == 2
    assert "recorded with --messages" in done.err
    assert call(capsys, "run", "blip", "--quiet", "--messages", "--trace", str(path)).status == 0
    assert call(capsys, "export", str(path), "--format", "shiviz", "--to", "2").status == 0


def test_an_export_does_not_eat_its_own_trace(
    capsys: pytest.CaptureFixture[str], trace: Path
) -> None:
    before = trace.read_bytes()
    done = call(capsys, "export", str(trace), "--format", "csv", "-o", str(trace))
    assert done.status == 2
    assert trace.read_bytes() == before
