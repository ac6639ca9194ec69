"""The log of a live Sentinel."""

from __future__ import annotations

import os
import re
import syslog
import time
from pathlib import Path

import pytest

from minisentinel.server.log import ServerLog

pytestmark = pytest.mark.real_io

LINE = re.compile(rb"\d+:X \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} [.*#-] .*\n")


def test_lines_have_the_form_of_a_real_sentinel(tmp_path: Path) -> None:
    """[EVT-4-1] [EVT-4-2]"""
    path = tmp_path / "log"
    log = ServerLog("debug", str(path))
    for level in ("debug", "verbose", "notice", "warning"):
        log.write(level, "words")
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(LINE.fullmatch(line) for line in lines)
    assert [line.split()[5] for line in lines] == [b".", b"-", b"*", b"#"]
    assert lines[0].startswith(f"{os.getpid()}:X ".encode())


@pytest.mark.parametrize(("level", "lines"), [("debug", 4), ("notice", 2), ("nothing", 0)])
def test_lines_below_the_level_are_left_out(tmp_path: Path, level: str, lines: int) -> None:
    """[EVT-1-2]"""
    path = tmp_path / "log"
    path.touch()
    log = ServerLog(level, str(path))
    for each in ("debug", "verbose", "notice", "warning"):
        log.write(each, "words")
    assert len(path.read_bytes().splitlines()) == lines


def test_a_log_that_is_moved_away_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = ServerLog("notice", str(path))
    log.write("notice", "one")
    path.rename(tmp_path / "log.1")
    log.write("notice", "two")
    assert path.read_bytes().endswith(b"* two\n")


def test_what_a_client_says_cannot_forge_a_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    ServerLog("notice", str(path)).write("notice", "a\r\n1:X forged")
    assert path.read_bytes().endswith(b"* a\\r\\n1:X forged\n")


def test_without_a_file_lines_go_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    ServerLog().write("warning", "se\udcffen")
    assert "# se" in capfd.readouterr().out


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "not-yet" / "log"
    log = ServerLog("notice", str(path))
    log.write("warning", "lost")
    path.parent.mkdir()
    log.write("warning", "there again")
    assert path.read_text(encoding="utf-8").endswith("there again\n")


def test_times_are_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minisentinel.server.log.wall_clock_ms", lambda: 1_700_000_000_123)
    path = tmp_path / "log"
    monkeypatch.setenv("TZ", "XXX-05:30")
    time.tzset()
    try:
        ServerLog("notice", str(path)).write("notice", "words")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert b":X 15 Nov 2023 03:43:20.123 * words" in path.read_bytes()


def test_the_log_of_the_system_gets_the_lines_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, int, int]] = []
    said: list[tuple[int, str]] = []
    monkeypatch.setattr(syslog, "openlog", lambda *words: opened.append(words))
    monkeypatch.setattr(syslog, "syslog", lambda *words: said.append(words))
    log = ServerLog("verbose", str(tmp_path / "log"))
    log.write("warning", "before")
    log.tell_system("me", "local3")
    log.write("debug", "too quiet")
    log.write("verbose", "a\0b\nc")
    log.write("warning", "loud")
    options = syslog.LOG_PID | syslog.LOG_NDELAY | syslog.LOG_NOWAIT
    assert opened == [("me", options, syslog.LOG_LOCAL3)]
    assert said == [(syslog.LOG_INFO, "a\\0b\\nc"), (syslog.LOG_WARNING, "loud")]
    assert "loud" in (tmp_path / "log").read_text(encoding="utf-8")
