"""What a supervisor is told, and what becomes of one that is not there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minisentinel.server.log import ServerLog
from minisentinel.server.supervision import Supervisor, find_supervisor
from tests.server.outside import PATIENCE_SECONDS

pytestmark = pytest.mark.real_io

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(PATIENCE_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield channel


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServerLog:
    for name in ("NOTIFY_SOCKET", "UPSTART_JOB"):
        monkeypatch.delenv(name, raising=False)
    return ServerLog("notice", str(tmp_path / "log"))


@pytest.mark.parametrize("wanted", ["systemd", "auto"])
def test_systemd_is_told_of_the_start_and_of_the_end(
    log: ServerLog, systemd: socket.socket, wanted: str
) -> None:
    supervisor = find_supervisor(wanted, log)
    supervisor.ready()
    assert systemd.recv(1000) == b"STATUS=Ready to accept connections\nREADY=1\n"
    supervisor.stopping()
    assert systemd.recv(1000) == b"STOPPING=1\n"


def test_systemd_may_listen_without_a_file(log: ServerLog, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has sockets without a file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0minisentinel-{os.getpid()}")
        channel.settimeout(PATIENCE_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@minisentinel-{os.getpid()}")
        find_supervisor("systemd", log).ready()
        assert b"READY=1" in channel.recv(1000)


def test_nobody_is_told_who_was_not_asked_for(log: ServerLog, systemd: socket.socket) -> None:
    supervisor = find_supervisor("no", log)
    supervisor.ready()
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(1000)


@pytest.mark.parametrize(
    ("wanted", "variable"), [("systemd", "NOTIFY_SOCKET"), ("upstart", "UPSTART_JOB")]
)
def test_a_supervisor_that_is_not_there_is_reported(
    log: ServerLog, wanted: str, variable: str
) -> None:
    supervisor = find_supervisor(wanted, log)
    supervisor.ready()
    said = Path(log.path).read_text(encoding="utf-8")
    assert f"{wanted} supervision requested, but {variable} is not in the environment!" in said


def test_nobody_listening_is_no_reason_to_fail(
    log: ServerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/absent/for/sure")
    find_supervisor("systemd", log).ready()


def test_upstart_sees_the_process_stop_itself(
    log: ServerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setenv("UPSTART_JOB", "it")
    found = find_supervisor("auto", log)
    assert found.name == "upstart"
    assert "UPSTART_JOB" not in os.environ
    Supervisor(found.name, send_signal=lambda *each: sent.append(each)).ready()
    assert sent == [(os.getpid(), signal.SIGSTOP)]


def test_a_supervised_program_says_when_it_serves_and_may_say_daemonize(
    tmp_path: Path, systemd: socket.socket
) -> None:
    conf = tmp_path / "sentinel.conf"
    path = tmp_path / "socket"
    conf.write_text(
        f"port 0\nunixsocket {path}\nsupervised systemd\ndaemonize yes\n", encoding="utf-8"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "minisentinel", str(conf)], cwd=ROOT, stdout=subprocess.DEVNULL
    ) as process:
        try:
            assert b"READY=1" in systemd.recv(1000)
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE_SECONDS)
                client.connect(str(path))
                client.sendall(b"PING\r\n")
                assert client.recv(100) == b"+PONG\r\n"
            process.terminate()
            assert systemd.recv(1000) == b"STOPPING=1\n"
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()
