"""The command ``minisentinel``: its own words on the command line, and what they cost to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from minisentinel import server
from minisentinel.cli import main
from minisentinel.config import Loaded
from minisentinel.core.dice import Dice
from tests.support.facts import FakeFacts

ROOT = Path(__file__).resolve().parents[2]
MONITOR = "sentinel monitor mymaster 10.0.0.1 6379 2\n"

Configuration = Callable[[FakeFacts, int, Dice], Loaded]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "sentinel.conf"
    path.write_text(MONITOR, encoding="utf-8")
    return path


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Loaded, server.Options]]:
    """What was asked of the server, instead of serving; it ends with status 99."""
    asked: list[tuple[Loaded, server.Options]] = []

    def serve(configuration: Configuration, options: server.Options) -> int:
        asked.append((configuration(FakeFacts(), 1234, Dice(1)), options))
        return 99

    monkeypatch.setattr(server, "serve", serve)
    return asked


def test_a_configuration_is_served_and_the_status_is_the_server_s(
    conf: Path, served: list[tuple[Loaded, server.Options]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(conf.parent)
    assert main(["sentinel.conf", "--port", "5000"]) == 99
    [(loaded, options)] = served
    assert loaded.server.port == 5000
    assert loaded.state.previous_time == 1234
    assert options == server.Options(path=str(conf), trace="")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_trace_may_be_asked_for_anywhere(
    conf: Path, served: list[tuple[Loaded, server.Options]], place: int
) -> None:
    words = [str(conf), "--port 5000"]
    words[place:place] = ["--trace", "t.jsonl"]
    assert main(words) == 99
    [(loaded, options)] = served
    assert (loaded.server.port, options.trace) == (5000, os.path.abspath("t.jsonl"))


def test_a_trace_needs_a_name(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(conf), "--trace"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "minisentinel: error: --trace needs the name of a file\n"


def test_the_mode_may_be_said_as_for_a_real_server(
    conf: Path, served: list[tuple[Loaded, server.Options]]
) -> None:
    assert main([str(conf), "--sentinel"]) == 99
    assert list(served[0][0].state.masters) == ["mymaster"]


def test_serving_loads_no_more_than_it_needs() -> None:
    """No resolver threads, no simulator, no parser of options: a Sentinel starts at once."""
    # What the environment loads into every Python (`.pth` files) is no matter of ours.
    code = (
        "import sys; old = {*sys.modules}; import minisentinel.server; print(*{*sys.modules} - old)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split())
    heavy = {"argparse", "email", "http", "matplotlib", "platform", "syslog", "tomllib"}
    assert not modules & {"sim", *heavy}
