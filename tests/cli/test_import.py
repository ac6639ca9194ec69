"""``import``: logs of real Sentinels become a trace that all other commands read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.logs.recorded import DATA, paths_of

pytestmark = pytest.mark.real_io

NO_LOG = str(DATA.parent / "recorded.py")


@pytest.fixture
def trace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    path = tmp_path / "trace.jsonl"
    assert call(capsys, "import", *paths_of("redis-7.0"), "--out", str(path)).status == 0
    return path


def test_import_tells_what_it_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "trace.jsonl"
    done = call(capsys, "import", *paths_of("redis-7.0"), "-o", str(out))
    assert (done.status, done.err) == (0, f"wrote {out}\n")
    assert done.out.splitlines() == [
        "Sentinel    lines  events  lives  from (s)  to (s)  id",
        "sentinel-1     48      29      1  0.000     44.277  "
        "c7352008b5ba8c8a0c10caf18a40ad32b8e38525",
        "sentinel-2     35      17      1  0.382     44.247  "
        "06190981d0965699878f7144c036097cef8f9ce8",
        "sentinel-3     44      17      2  0.831     44.260  "
        "60a6223d4eea546e171b4ec7fdd182acbb7701bd",
        "0 s is 2026-11-22 20:55:44.872",
        "mymaster: 127.0.0.1:41001, 127.0.0.1:41003, 127.0.0.1:41002",
        "0 lines left out",
    ]


def test_show_tells_the_story_of_logs(capsys: pytest.CaptureFixture[str], trace: Path) -> None:
    done = call(capsys, "show", str(trace), "--detail", "turn")
    assert (done.status, done.err) == (0, "")
    turns = [line.split("  ")[-1].split()[0] for line in done.out.splitlines() if "+ " in line]
    assert turns[:2] == ["+odown", "+try-failover"]
    assert turns.count("+switch-master") == 3


def test_check_breaks_nothing_of_logs(capsys: pytest.CaptureFixture[str], trace: Path) -> None:
    done = call(capsys, "check", str(trace))
    assert (done.status, done.err) == (0, "")
    assert "BROKEN" not in done.out
    assert "unknown   corrections-are-patient: the logs do not tell" in done.out


def test_plot_draws_logs(capsys: pytest.CaptureFixture[str], trace: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "incident.svg"
    done = call(capsys, "plot", str(trace), "-o", str(picture))
    assert done.status == 0
    assert "led by sentinel-1 in epoch 1" in done.out
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("form", ["chrome", "csv", "mermaid"])
def test_logs_are_exported(capsys: pytest.CaptureFixture[str], trace: Path, form: str) -> None:
    done = call(capsys, "export", str(trace), "--format", form)
    assert (done.status, done.err) == (0, "")
    assert "+switch-master" in done.out


def test_lines_that_were_not_understood_are_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "s.log"
    text = Path(paths_of("valkey-9.1")[0]).read_text(encoding="utf-8")
    log.write_text("one\ntwo\x1b[2J\nthree\n" + text + "4711:X 22 Nov", encoding="utf-8")
    done = call(capsys, "import", str(log), "-o", str(tmp_path / "t.jsonl"))
    assert done.status == 0
    assert done.out.splitlines()[-5:] == [
        "4 lines left out",
        f"  {log}, line 1, not a line of a Sentinel: one",
        f"  {log}, line 2, not a line of a Sentinel: two\\x1b[2J",
        f"  {log}, line 3, not a line of a Sentinel: three",
        "  and 1 more",
    ]


def test_a_wrong_clock_is_told_with_its_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, fast = str(tmp_path / "t.jsonl"), tmp_path / "fast.log"
    *others, third = paths_of("valkey-9.1")
    text = Path(third).read_text(encoding="utf-8")
    fast.write_text(text.replace(" 20:55:", " 20:57:"), encoding="utf-8")
    logs = [*others, f"third={fast}"]
    done = call(capsys, "import", *logs, "-o", out)
    assert "by their votes the clocks of sentinel-1 and third differ; --clock third=-" in done.err
    remedy = re.findall(r"--clock (third=\S+)", done.err)
    assert float(remedy[0].partition("=")[2]) == pytest.approx(-120, abs=0.01)
    assert "clocks" not in call(capsys, "import", *logs, "-o", out, "--clock", *remedy).err
    # What is proposed is to be given instead of what was.
    again = call(capsys, "import", *logs, "-o", out, "--clock", "third=-110")
    assert f"--clock {remedy[0]}" in again.err


def test_an_id_that_is_not_known_is_told_with_its_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log, out = tmp_path / "s.log", str(tmp_path / "t.jsonl")
    log.write_text("7:X 25 Oct 2026 01:30:00.000 # +new-epoch 1\n", encoding="utf-8")
    done = call(capsys, "import", str(log), "-o", out)
    assert "--id s=ID would help" in done.err
    done = call(capsys, "import", str(log), "-o", out, "--id", "s=8f2c")
    assert done.err == f"wrote {out}\n"
    assert '"runid":"8f2c"' in Path(out).read_text(encoding="utf-8")


def test_a_clock_that_went_back_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log, out = tmp_path / "s.log", str(tmp_path / "t.jsonl")
    line = "7:X 25 Oct 2026 {}:30:00.000 # +new-epoch 1\n"
    log.write_text(line.format("02") + line.format("01") + line.format("03"), encoding="utf-8")
    done = call(capsys, "import", str(log), "-o", out)
    assert "s: the clock went back by 3600.000 s; 1 line got the time of the line be" in done.err
    assert "if summer time ended, --zone would help" in done.err


def test_the_header_says_when_it_was_and_of_which_logs(trace: Path) -> None:
    header = json.loads(trace.read_text(encoding="utf-8").splitlines()[0])
    assert header["started_at_ms"] == 1795380944872
    assert header["settings"]["logs"]["sentinel-2"] == [paths_of("redis-7.0")[1]]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["no-such.log"], "no-such.log: cannot be read: No such file or directory"),
        ([NO_LOG], f"{NO_LOG}, line 1: expected a line of a Sentinel's log, such as '4711:X"),
        ([paths_of("redis-7.0")[0], "--clock", "sentinel-1"], "--clock sentinel-1: expected NAME="),
        ([paths_of("redis-7.0")[0], "--clock", "s=soon"], "--clock s=soon: expected NAME=SECONDS"),
        ([paths_of("redis-7.0")[0], "--clock", "s=1"], "no log is of 's'; expected one of sentin"),
        ([paths_of("redis-7.0")[0], "--id", "s"], "--id s: expected NAME=ID"),
        ([paths_of("redis-7.0")[0], "--zone", "Moon/Sea"], "--zone Moon/Sea: expected a time zone"),
    ],
)
def test_bad_input_is_one_clear_error_and_leaves_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], error: str
) -> None:
    out = tmp_path / "t.jsonl"
    done = call(capsys, "import", *arguments, "--out", str(out))
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"minisentinel-sim: error: {error}")
    assert done.err.count("\n") == 1
    assert not out.exists()


def test_a_log_is_not_overwritten_by_its_trace(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "s.log"
    log.write_text("7:X 25 Oct 2026 01:30:00.000 # +new-epoch 1\n", encoding="utf-8")
    for given in (str(log), f"s={log}"):
        done = call(capsys, "import", given, "-o", str(log))
        assert done.status == 2
        assert "expected a file of its own" in done.err
    assert log.read_text(encoding="utf-8").startswith("7:X")
