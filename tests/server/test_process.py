"""The command ``minisentinel CONF`` as a process: its start, its signals, its end."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from minisentinel.codec import NOT_YET, ReplyDecoder, encode_command
from minisentinel.config.server import ServerSettings
from minisentinel.replies import OK, PONG, Reply
from minisentinel.server.log import ServerLog
from minisentinel.server.process import Process
from minisentinel.server.supervision import Supervisor
from minisentinel.trace import read_trace
from tests.live.ports import free_port
from tests.live.waiting import eventually
from tests.server.outside import PATIENCE_SECONDS

pytestmark = pytest.mark.real_io

ROOT = Path(__file__).resolve().parents[2]
MASTER = "sentinel monitor mymaster 127.0.0.1 1 2\n"


class Program:
    """A `minisentinel` with a configuration, in a directory of its own."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self.conf = directory / "sentinel.conf"
        self.pidfile = directory / "sentinel.pid"
        self.write(MASTER)
        self.processes: list[subprocess.Popen[str]] = []

    def write(self, text: str) -> None:
        """Make this the configuration, beside a port and a pid file."""
        self.conf.write_text(
            f"port {self.port}\nbind 127.0.0.1\npidfile {self.pidfile}\n{text}", encoding="utf-8"
        )

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start it without waiting."""
        process = subprocess.Popen(
            [sys.executable, "-m", "minisentinel", str(self.conf), *words],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
        self.processes.append(process)
        return process

    def serve(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start it, and wait until it answers."""
        process = self.start(*words, **options)

        def answers() -> bool:
            if process.poll() is not None:
                pytest.fail(f"it did not start: {process.communicate()[0]}")
            return self.ask("PING") == PONG

        eventually("it answers PING", answers, within_seconds=PATIENCE_SECONDS)
        return process

    def connection(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)

    def ask(self, *words: str) -> Reply:
        """The reply to one command."""
        with self.connection() as connection:
            connection.sendall(encode_command(words))
            decoder = ReplyDecoder()
            while (reply := decoder.next()) is NOT_YET:
                data = connection.recv(65536)
                if not data:
                    raise ConnectionResetError
                decoder.feed(data)
            return reply

    def refused(self, *words: str) -> str:
        """What it says when it cannot start."""
        process = self.start(*words)
        said = ended(process)
        assert process.returncode == 1
        return said


def ended(process: subprocess.Popen[str]) -> str:
    """All that a process said, once it has ended."""
    return process.communicate(timeout=PATIENCE_SECONDS)[0]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, free_port())
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def texts(said: str) -> list[str]:
    """The texts of log lines."""
    return [
        re.sub(r"^\d+:X \d\d \w{3} \d{4} [\d:.]{12} . ", "", line) for line in said.splitlines()
    ]


@pytest.mark.parametrize("delay_ms", [0, 1, 2, 5])
def test_told_to_end_while_it_starts_it_ends_in_order(program: Program, delay_ms: int) -> None:
    process = program.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not program.pidfile.exists():  # The last thing before it begins.
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.0005)
    time.sleep(delay_ms / 1000)
    process.send_signal(signal.SIGTERM)
    said = ended(process)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert not program.pidfile.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_saves_and_exits_with_0(program: Program, number: signal.Signals) -> None:
    process = program.serve()
    assert int(program.pidfile.read_text()) == process.pid
    program.conf.unlink()
    process.send_signal(number)
    said = ended(process)
    assert process.returncode == 0
    assert not program.pidfile.exists()
    assert MASTER in program.conf.read_text()
    assert f"Received {number.name} scheduling shutdown..." in said
    assert texts(said)[-4:] == [
        "User requested shutdown...",
        "Sentinel new configuration saved on disk",
        "Removing the pid file.",
        "Sentinel is now ready to exit, bye bye...",
    ]


def test_it_says_in_order_what_it_does_at_the_start(program: Program) -> None:
    """[CFG-4-1] to [CFG-4-4]"""
    process = program.serve()
    myid = program.ask("SENTINEL", "MYID")
    process.terminate()
    said = texts(ended(process))
    assert said[2:7] == [
        "Configuration loaded",
        f"Running mode=sentinel, port={program.port}.",
        "Sentinel new configuration saved on disk",
        f"Sentinel ID is {myid}",
        "+monitor master mymaster 127.0.0.1 1 quorum 2",
    ]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_keeps_the_id_and_the_epochs(program: Program, end: signal.Signals) -> None:
    """[CFG-7-1] [CFG-7-2]: the vote that a peer asked for is on disk before it was answered."""
    process = program.serve()
    myid = program.ask("SENTINEL", "MYID")
    request = ("SENTINEL", "IS-MASTER-DOWN-BY-ADDR", "127.0.0.1", "1", "7")
    vote = program.ask(*request, "d" * 40)
    assert vote == (0, "d" * 40, 7)
    process.send_signal(end)
    ended(process)
    program.serve()
    assert program.ask("SENTINEL", "MYID") == myid
    # The same epoch again: the vote is given, although to whom is forgotten.
    answer = program.ask(*request, "e" * 40)
    assert isinstance(answer, tuple)
    assert answer[1] != "e" * 40
    assert answer[2] == 7


def test_hanging_up_does_not_end_it(program: Program) -> None:
    process = program.serve()
    process.send_signal(signal.SIGHUP)
    assert program.ask("PING") == PONG


def test_shutdown_by_a_client_exits_with_0(program: Program) -> None:
    process = program.serve()
    with pytest.raises(ConnectionResetError):
        program.ask("SHUTDOWN", "NOSAVE")
    assert "bye bye" in ended(process)
    assert process.returncode == 0
    assert not program.pidfile.exists()


def test_a_port_that_is_taken_is_one_clear_message(program: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", program.port))
        taken.listen()
        said = texts(program.refused())
    assert said[-2:] == [
        f"Warning: Could not create server TCP listening socket 127.0.0.1:{program.port}: bind: "
        "Address already in use",
        f"Failed listening on port {program.port} (tcp), aborting.",
    ]
    assert not program.pidfile.exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("daemonize yes", "remove 'daemonize yes', and let a supervisor"),
        ("tls-port 7", "No tls-cert-file configured!"),
        ("tls-replication yes", "Failed to configure TLS. Check logs for more info."),
        (
            "dir /absent/for/sure",
            "at line 5\n>>> 'dir /absent/for/sure'\nNo such file or directory\n",
        ),
        ("logfile /absent/for/sure", "Can't open the log file: No such file or directory"),
        ("user a bogus", "bogus"),
        ("aclfile /absent/for/sure", "Aborting Redis startup because of ACL errors"),
        ("bind ''", "Configured to not listen anywhere, exiting."),
    ],
)
def test_what_it_cannot_do_is_said_plainly(program: Program, line: str, words: str) -> None:
    program.write(f"{MASTER}{line}\n")
    before = program.conf.read_text()
    said = program.refused()
    assert words in said
    assert "Traceback" not in said
    assert program.conf.read_text() == before


def test_relative_paths_are_seen_from_dir_but_that_of_the_configuration(program: Program) -> None:
    (program.directory / "data").mkdir()
    program.write(f"{MASTER}dir {program.directory}/data\nlogfile my.log\n")
    program.conf = Path("sentinel.conf")
    process = program.serve()
    assert program.ask("SENTINEL", "FLUSHCONFIG") == OK
    process.terminate()
    assert ended(process) == ""
    assert os.listdir(program.directory / "data") == ["my.log"]
    assert "sentinel myid" in (program.directory / "sentinel.conf").read_text()


def test_options_of_the_command_line_count_and_are_not_saved(program: Program) -> None:
    """[CFG-1-5]"""
    program.serve("--maxclients", "7", "--sentinel", "announce-ip", "10.0.0.9")
    info = program.ask("INFO", "clients")
    assert isinstance(info, str)
    assert "maxclients:7\r\n" in info
    assert "maxclients" not in program.conf.read_text()
    assert 'sentinel announce-ip "10.0.0.9"' in program.conf.read_text()


def test_a_trace_is_written_and_continued(program: Program) -> None:
    path = program.directory / "t.jsonl"
    for _ in range(2):
        process = program.serve("--trace", str(path))
        process.terminate()
        ended(process)
    kinds = [entry.kind for entry in read_trace(path).entries]
    assert kinds.count("node-started") == 2
    assert kinds[-1] == "process"


@pytest.mark.parametrize("where", ["absent/t.jsonl", "sentinel.conf", "."])
def test_a_trace_that_cannot_be_written_is_refused(program: Program, where: str) -> None:
    said = program.refused("--trace", str(program.directory / where))
    assert str(program.directory / where) in said
    assert "Traceback" not in said


def test_without_enough_descriptors_fewer_clients_are_accepted(program: Program) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 100))

    program.serve(preexec_fn=few)
    info = program.ask("INFO", "clients")
    assert isinstance(info, str)
    assert "maxclients:68\r\n" in info


def test_clients_may_come_by_a_unix_socket(program: Program) -> None:
    path = program.directory / "socket"
    program.write(f"{MASTER}unixsocket {path}\n")
    process = program.serve()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"
    process.terminate()
    ended(process)
    assert not path.exists()


def test_stopped_while_it_waits_it_notices_before_it_answers(program: Program) -> None:
    """[GEN-1-4]: the overdue tick comes first, so that a client finds it in TILT.

    Only if it was waiting when it was stopped; that it was working instead may be, and more often
    on a machine that has much to do.
    """
    process = program.serve()
    assert program.ask("SENTINEL", "DEBUG", "tilt-trigger", "200") == OK

    def notices() -> bool:
        with program.connection() as connection:
            connection.sendall(b"SENTINEL DEBUG tilt-period 1\r\n")
            assert connection.recv(100) == b"+OK\r\n"
            eventually("TILT is over", lambda: "tilt:0" in str(program.ask("INFO", "sentinel")))
            connection.sendall(b"SENTINEL DEBUG tilt-period 30000\r\n")
            assert connection.recv(100) == b"+OK\r\n"
            time.sleep(0.03)
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            connection.sendall(b"INFO sentinel\r\n")
            process.send_signal(signal.SIGCONT)
            return b"sentinel_tilt:1" in connection.recv(4096)

    eventually("it notices first", notices, within_seconds=PATIENCE_SECONDS)


def test_a_simulated_crash_ends_it_at_once_with_99(program: Program) -> None:
    """[FAI-10-1]: nothing is tidied up, as by a real crash."""
    program.write(
        "sentinel monitor mymaster 127.0.0.1 1 1\n"
        "sentinel down-after-milliseconds mymaster 50\nsentinel failover-timeout mymaster 50\n"
    )
    process = program.serve()
    with program.connection() as connection:
        # The election may come before the answer has left.
        connection.sendall(encode_command(("SENTINEL", "SIMULATE-FAILURE", "crash-after-election")))
        said = texts(ended(process))
    assert process.returncode == 99
    assert said[-1] == "Sentinel CRASH because of SENTINEL simulate-failure"
    assert program.pidfile.exists()
    assert f"sentinel leader-epoch mymaster {election_of(said)}" in program.conf.read_text()


def election_of(said: list[str]) -> int:
    """The epoch of the last election that a log tells of."""
    return int([text for text in said if text.startswith("+new-epoch ")][-1].split()[1])


def test_a_second_interrupt_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one only asks for the end, which a hanging disk may put off for ever."""

    class Exited(Exception):
        pass

    def leave(status: int) -> None:
        raise Exited(status)

    monkeypatch.setattr(os, "_exit", leave)
    log = tmp_path / "log"
    with closing(asyncio.new_event_loop()) as loop:
        process = Process(loop, ServerSettings(), ServerLog("notice", str(log)), Supervisor())
        process.server = Mock()
        process.on_signal(signal.SIGTERM, None)
        process.on_signal(signal.SIGTERM, None)
        with pytest.raises(Exited, match="1"):
            process.on_signal(signal.SIGINT, None)
    assert "You insist... exiting now." in log.read_text()
