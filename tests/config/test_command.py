"""The command `minisentinel`: what it says, where, and with which exit status."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from minisentinel.cli import main
from tests.config.loading import MYID, PEER

MONITOR = "sentinel monitor mymaster 10.0.0.1 6379 2\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "sentinel.conf"
    path.write_text(f"# mine\n{MONITOR}", encoding="utf-8")
    return path


def test_check_says_what_the_file_means(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conf.write_text(
        f"{MONITOR}sentinel down-after-milliseconds mymaster 5000\n"
        "sentinel known-replica mymaster 10.0.0.2 6379\n"
        "sentinel auth-pass mymaster hidden\nrequirepass hidden\n"
        f"sentinel known-sentinel mymaster 10.0.1.2 26379 {PEER}\n",
        encoding="utf-8",
    )
    before = conf.read_text(encoding="utf-8")
    assert main(["--check", str(conf)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    for words in (
        'Master "mymaster" at 10.0.0.1:6379',
        "quorum             2; Sentinels known, this one included: 2",
        "down after         5 s (5000 ms)",
        "replicas           10.0.0.2:6379",
        f"sentinel           10.0.1.2:26379  {PEER}",
        "warning: only 2 Sentinels are known",
    ):
        assert words in said.out
    assert "hidden" not in said.out
    assert conf.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("quorum", "peers", "words"),
    [
        (2, 0, "no other Sentinel is named here"),
        (2, 1, "only 2 Sentinels are known"),
        (5, 2, "the quorum is 5, but only 3 Sentinels are known"),
        (3, 2, "more than the majority (2 of 3)"),
        (1, 2, "with quorum 1 a single Sentinel"),
        (2, 2, None),
    ],
)
def test_check_warns_of_what_will_not_work(
    conf: Path, capsys: pytest.CaptureFixture[str], quorum: int, peers: int, words: str | None
) -> None:
    known = "".join(
        f"sentinel known-sentinel m 10.0.1.{n} 26379 {n:040x}\n" for n in range(1, 1 + peers)
    )
    conf.write_text(f"sentinel monitor m 10.0.0.1 6379 {quorum}\n{known}", encoding="utf-8")
    assert main(["--check", str(conf)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    if words is None:
        assert "warning" not in out
        assert "note" not in out
    else:
        assert words in out


def test_check_shows_every_setting_that_was_given_but_no_password(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf.write_text(
        "tls-port 26380\nbind 10.0.0.5\nuser probe on >hidden +ping\n"
        "sentinel sentinel-pass hidden\nsentinel announce-ip 203.0.113.7\n"
        "sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\n"
        "sentinel deny-scripts-reconfig no\nsentinel current-epoch 9\n"
        f"{MONITOR}sentinel auth-pass mymaster hidden\nsentinel auth-user mymaster admin\n"
        "sentinel client-reconfig-script mymaster /bin/sh\n"
        "sentinel rename-command mymaster CONFIG guess\n"
        "sentinel master-reboot-down-after-period mymaster 900\n"
        "sentinel parallel-syncs mymaster 0\nsentinel leader-epoch mymaster 7\n",
        encoding="utf-8",
    )
    assert main(["--check", str(conf)]) == 0
    out = capsys.readouterr().out
    assert "hidden" not in out
    for words in (
        "26379 on 10.0.0.5",
        "TLS port           26380",
        "users              probe",
        "logs in as the default user",
        "203.0.113.7 port 26379",
        "are resolved; announced",
        "SENTINEL SET may change them",
        "current epoch      9",
        "logs in as         admin",
        "moves clients with /bin/sh",
        "CONFIG is sent as guess",
        "after a reboot     900 ms",
        "configuration 0, last vote 7",
        "warning: parallel-syncs is 0",
    ):
        assert words in out


def test_check_says_so_when_there_is_no_master(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf.write_text("dir /absent/for/sure\n", encoding="utf-8")
    assert main(["--check", str(conf)]) == 0
    out = capsys.readouterr().out
    assert "no master is named" in out
    assert "the directory /absent/for/sure (dir) is not there" in out


@pytest.mark.real_io
def test_a_bad_file_gives_the_fatal_block_and_what_was_expected(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """[CFG-2-4]"""
    conf.write_text(MONITOR + "sentinel parallel-sync mymaster 1\n", encoding="utf-8")
    for arguments in ([str(conf)], ["--check", str(conf)]):
        assert main(arguments) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err == (
            "\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\n"
            "Reading the configuration file, at line 2\n"
            ">>> 'sentinel parallel-sync mymaster 1'\n"
            "Unrecognized sentinel configuration statement.\n"
            "Expected: perhaps: sentinel parallel-syncs <master-name> <replicas>, a whole number\n"
            f"In: {conf}\n"
        )


LOGGED = r"\d+:X \d\d \w{3} \d{4} [\d:.]{12} # "
"""How a line of the log begins that is a warning."""


@pytest.mark.real_io
@pytest.mark.parametrize("arguments", [[], ["--port", "1"], ["-"]])
def test_without_a_file_it_exits_as_a_real_sentinel_does(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """[CFG-0-1]"""
    assert main(arguments) == 1
    said = capfd.readouterr()
    why = re.escape("Sentinel needs config file on disk to save state. Exiting...\n")
    assert re.fullmatch(LOGGED + why, said.out)
    assert said.err == ""


def test_nothing_to_check_is_said_without_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == (
        "Sentinel needs config file on disk to save state. Exiting...\n"
    )


@pytest.mark.real_io
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["absent.conf"]) == 1
    missing = re.escape(f"'{tmp_path}/absent.conf': No such file or directory\n")
    assert re.fullmatch(
        f"{LOGGED}Fatal error, can't open config file {missing}", capfd.readouterr().out
    )
    assert main(["--check", str(tmp_path)]) == 1
    assert "Is a directory" in capfd.readouterr().err


@pytest.mark.real_io
def test_a_file_that_cannot_be_written_is_refused(
    conf: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CFG-0-2]; the permissions are pretended, because some users may write everything."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert main([str(conf)]) == 1
    why = f"Sentinel config file {conf} is not writable: Permission denied. Exiting...\n"
    assert re.fullmatch(LOGGED + re.escape(why), capfd.readouterr().out)
    assert main(["--check", str(conf)]) == 0
    assert "is not writable" in capfd.readouterr().out


@pytest.mark.real_io
def test_that_it_cannot_be_written_is_said_in_the_log_file_and_after_other_faults(
    conf: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CFG-0-2]"""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    log = conf.parent / "sentinel.log"
    assert main([str(conf), "--logfile", str(log)]) == 1
    assert capfd.readouterr() == ("", "")
    assert f"Sentinel config file {conf} is not writable" in log.read_text(encoding="utf-8")
    assert main([str(conf), "--bogus", "1"]) == 1
    assert "*** FATAL CONFIG FILE ERROR" in capfd.readouterr().err


def test_standard_input_continues_the_file(
    conf: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CFG-1-5]"""
    more = b"sentinel down-after-milliseconds mymaster 1234\nport 5000\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(more)))
    assert main(["--check", str(conf), "--port", "5001", "-"]) == 0
    out = capsys.readouterr().out
    assert "1.234 s" in out
    assert "5001 on all addresses" in out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"port 1\nbogus\n")))
    assert main(["--check", str(conf), "-"]) == 1
    assert "at line 4\n>>> 'bogus'\n" in capsys.readouterr().err


@pytest.mark.real_io
def test_options_after_the_file_count(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """[CFG-1-5]"""
    assert main(["--check", str(conf), "--port", "5000", "--sentinel", "myid", MYID]) == 0
    out = capsys.readouterr().out
    assert "5000 on all addresses" in out
    assert MYID in out
    assert main([str(conf), "--port", "five"]) == 1
    assert "In: command line" in capsys.readouterr().err


def test_included_files_and_scripts_are_looked_up(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = conf.parent / "notify"
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    script.chmod(0o755)
    (conf.parent / "one.inc").write_text(
        f"sentinel notification-script mymaster {script}\n", encoding="utf-8"
    )
    conf.write_text(f"{MONITOR}include {conf.parent}/*.inc\n", encoding="utf-8")
    assert main(["--check", str(conf)]) == 0
    assert f"notifies with      {script}" in capsys.readouterr().out
    script.chmod(0o644)
    if not os.access(script, os.X_OK):
        assert main(["--check", str(conf)]) == 1
        assert f"In: {conf.parent}/one.inc" in capsys.readouterr().err
    conf.write_text(f"include {conf.parent}/none.inc\n", encoding="utf-8")
    assert main(["--check", str(conf)]) == 1
    assert "No such file or directory" in capsys.readouterr().err
    conf.write_text('include "a\\x00b"\n', encoding="utf-8")
    assert main(["--check", str(conf)]) == 1
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.real_io
def test_host_names_are_asked_of_this_machine(
    conf: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(name: str, *rest: object, **options: object) -> list[object]:
        if name != "here.example":
            raise OSError("unknown")
        return [(0, 0, 0, "", ("10.0.0.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    conf.write_text(
        "sentinel resolve-hostnames yes\nsentinel monitor a here.example 1 2\n"
        "sentinel monitor b there.example 1 2\n",
        encoding="utf-8",
    )
    assert main(["--check", str(conf)]) == 0
    out = capsys.readouterr().out
    assert "there.example does not resolve now" in out
    assert "here.example does not" not in out.replace("there.example", "")


@pytest.mark.real_io
def test_bytes_that_are_no_text_are_shown_as_escapes(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf.write_bytes(b"bogus \xff\n")
    assert main([str(conf)]) == 1
    assert ">>> 'bogus \\udcff'" in capsys.readouterr().err


def test_a_terminal_without_a_character_gets_an_escape(conf: Path) -> None:
    conf.write_text(MONITOR.replace("mymaster", "maître"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "minisentinel", "--check", str(conf)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert 'Master "ma\\xeetre"' in done.stdout


@pytest.mark.parametrize(("option", "words"), [("--help", "usage:"), ("--version", "0.")])
def test_help_and_version_need_no_file(
    option: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([option]) == 0
    assert words in capsys.readouterr().out


def test_the_module_is_the_command(conf: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "minisentinel", "--check", str(conf)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Masters to watch: mymaster." in done.stdout


def test_starting_is_light() -> None:
    """No event loop, no socket module, no simulator: the command answers at once."""
    done = subprocess.run(
        [sys.executable, "-c", "import minisentinel.cli, sys; print(*sys.modules)"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stdout.split())
    assert not modules & {"asyncio", "socket", "sim", "argparse", "subprocess"}
