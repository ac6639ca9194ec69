"""How the commands meet the outside: closed pipes, full disks, interruptions, odd letters."""

from __future__ import annotations

import errno
import io

import pytest

from minisentinel.console import guarded


def raising(problem: BaseException) -> int:
    raise problem


def test_the_status_of_the_body_is_the_status_of_the_command() -> None:
    assert guarded("it", lambda: 1) == 1


def test_a_reader_who_has_seen_enough_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded("it", lambda: raising(BrokenPipeError())) == 0
    assert capsys.readouterr().err == ""


def test_output_that_cannot_be_written_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert guarded("it", lambda: raising(full)) == 2
    assert capsys.readouterr().err == (
        "it: error: the output cannot be written: No space left on device\n"
    )


def test_an_interruption_is_one_word_and_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded("it", lambda: raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "it: interrupted\n"


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        guarded("it", lambda: 1 // 0)


def test_letters_that_the_terminal_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))

    def body() -> int:
        print("mästér")
        return 0

    assert guarded("it", body) == 0
    assert written.getvalue() == b"m\\xe4st\\xe9r\n"


def test_closed_standard_output_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert guarded("it", lambda: 0) == 0
