"""What somebody tries on the first day, with a process of its own in place of a real Sentinel."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from minisentinel.config.server import ServerSettings
from minisentinel.replies import PONG, Error
from minisentinel.server.listening import listening_sockets
from minisentinel.server.process import RESERVED_DESCRIPTORS
from tests.live.ports import free_port
from tests.live.processes import ROOT
from tests.server.outside import Outside

pytestmark = pytest.mark.real_io

MASTER = "sentinel monitor mymaster 127.0.0.1 1 2\n"
NO_NAME = "a..b"
"""What no host can be called; nobody has to be asked."""

FROM_PRODUCTION = f"""\
# Example sentinel.conf, as it has grown

protected-mode no
daemonize no
  # (indented)
pidfile "DIRECTORY/redis-sentinel.pid"
logfile ""
dir "/tmp"
SENTINEL resolve-hostnames yes
sentinel announce-hostnames no
sentinel announce-ip "127.0.0.1"
sentinel down-after-milliseconds my-master 5000
SENTINEL monitor my-master 127.0.0.1 1 2
sentinel auth-pass my-master "pa ss"
sentinel auth-user my-master sentinel
sentinel parallel-syncs my-master 2
acllog-max-len 128
include DIRECTORY/more.conf
sentinel deny-scripts-reconfig yes
sentinel rename-command my-master CONFIG CONFIG
sentinel known-slave my-master 127.0.0.1 2
sentinel known-sentinel my-master 127.0.0.1 3 {"e" * 40}
SENTINEL master-reboot-down-after-period my-master 7
latency-tracking-info-percentiles 50 99 99.9
user default on nopass sanitize-payload ~* &* +@all
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit replica 256mb 64mb 60
client-output-buffer-limit pubsub 32mb 8mb 60
"""


def test_a_file_from_production_serves_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("# more\nsentinel failover-timeout my-master 70000\n")
    conf = FROM_PRODUCTION.replace("DIRECTORY", str(tmp_path))
    with_it = Outside(tmp_path, conf)
    try:
        with_it.serve()
        found = with_it.ask("SENTINEL", "MASTER", "my-master")
        assert isinstance(found, tuple)
        told = dict(zip(found[::2], found[1::2], strict=True))
        expected = {"ip": "127.0.0.1", "failover-timeout": "70000", "num-slaves": "1"}
        assert {name: told[name] for name in expected} == expected
        kept = with_it.conf.read_text(encoding="utf-8").splitlines()
        for line in conf.splitlines():
            # Said in the spelling of today, and quoted only where it must be.
            if "known-slave" not in line and "monitor" not in line and "SENTINEL" not in line:
                assert line.strip() in kept
        assert "sentinel known-replica my-master 127.0.0.1 2" in kept
    finally:
        with_it.kill()


def test_more_of_the_configuration_may_come_from_standard_input(tmp_path: Path) -> None:
    """[CFG-1-5]"""
    program = """
        import io, sys
        from minisentinel.cli import main
        sys.stdin = io.TextIOWrapper(io.BytesIO(b"maxclients 7\\n"))
        sys.exit(main([*sys.argv[1:], "--timeout", "9", "-"]))
    """
    fed = Outside(tmp_path, MASTER, program=textwrap.dedent(program))
    try:
        fed.serve()
        assert fed.info("clients")["maxclients"] == "7"
        assert "Reading config from stdin" in fed.log.read_text()
        assert "maxclients" not in fed.conf.read_text()
    finally:
        fed.kill()


def test_a_command_that_was_renamed_away_is_gone(tmp_path: Path) -> None:
    one = Outside(tmp_path, f"{MASTER}rename-command SHUTDOWN ''\nrename-command ROLE who\n")
    try:
        one.serve()
        assert one.ask("SHUTDOWN") == Error(
            "ERR unknown command 'SHUTDOWN', with args beginning with: "
        )
        assert one.ask("WHO") == ("sentinel", ("mymaster",))
        assert one.ask("PING") == PONG
    finally:
        one.kill()


@pytest.mark.parametrize(
    ("line", "words", "said"),
    [
        (
            "rename-command CONFIG ''",
            (),
            "at line 4\n>>> 'rename-command CONFIG '''\nNo such command in rename-command\n",
        ),
        ("", ("--port", "x"), "at line 6\n>>> 'port \"x\"'\n"),
        (
            f"sentinel resolve-hostnames yes\nsentinel monitor m {NO_NAME} 1 1\nbind 'a\\x20b'",
            (),
            f"# Failed to resolve hostname '{NO_NAME}'\n",
        ),
    ],
)
def test_what_is_wrong_is_said_as_a_real_sentinel_says_it(
    tmp_path: Path, line: str, words: tuple[str, ...], said: str
) -> None:
    conf = tmp_path / "sentinel.conf"
    conf.write_text(f"port {free_port()}\nbind 127.0.0.1\n{MASTER}{line}\n")
    done = subprocess.run(
        [sys.executable, "-m", "minisentinel", str(conf), *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stdout


def test_without_a_descriptor_for_a_client_it_does_not_start(tmp_path: Path) -> None:
    conf = tmp_path / "sentinel.conf"
    conf.write_text(f"port {free_port()}\nbind 127.0.0.1\n{MASTER}")
    program = """
        import resource, sys
        from minisentinel.cli import main
        resource.setrlimit(resource.RLIMIT_NOFILE, (RESERVED, RESERVED))
        sys.exit(main(sys.argv[1:]))
    """
    program = textwrap.dedent(program).replace("RESERVED", str(RESERVED_DESCRIPTORS))
    done = subprocess.run(
        [sys.executable, "-c", program, str(conf)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "which leaves none for clients: allow it 10032." in done.stdout
    assert "Traceback" not in done.stderr


def test_an_address_that_is_missing_is_said_even_if_it_may_be() -> None:
    said: list[str] = []
    port = free_port()
    settings = ServerSettings(port=port, bind=("127.0.0.1", "-192.0.2.1"))
    listening = listening_sockets(settings, said.append)
    for each in listening.all:
        each.close()
    [warning] = said
    beginning = f"Warning: Could not create server TCP listening socket 192.0.2.1:{port}: bind: "
    assert warning.startswith(beginning)


@pytest.mark.skipif(sys.platform != "linux", reason="who inherits children is asked of Linux")
def test_as_first_process_of_a_container_it_buries_what_scripts_left_behind(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nsh -c 'exit 3' &\nexit 5\n", encoding="utf-8")
    script.chmod(0o755)
    program = """
        import ctypes, os, sys, time
        from minisentinel.server.scripts import Scripts
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # Inherit what is left behind, like process 1.
        scripts = Scripts(adopts=True)
        pid = scripts.start((sys.argv[1],))
        ends = []
        while True:
            ends += scripts.ended()
            try:
                os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            time.sleep(0.001)
        assert [(end.pid, end.exit_code, end.signal) for end in ends] == [(pid, 5, 0)], ends
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(script)], cwd=ROOT, check=True
    )
