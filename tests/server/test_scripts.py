"""User scripts as real processes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from pathlib import Path

import pytest

from minisentinel.core.state import ScriptEnd
from minisentinel.replies import OK
from minisentinel.server.scripts import Scripts
from tests.live import waiting
from tests.server.bench import eventually, run, serving

pytestmark = pytest.mark.real_io

LASTING = "while kill -0 $PPID 2>/dev/null; do sleep 1; done"
"""Words of a shell that end when whoever started it has ended, and not before."""

HIGH_DESCRIPTOR = 100


def monitored(script: str) -> str:
    """A master of which nothing is to be said but that it is monitored."""
    return (
        "sentinel monitor mymaster 127.0.0.1 1 2\n"
        "sentinel down-after-milliseconds mymaster 3600000\n"
        f"sentinel notification-script mymaster {script}\n"
    )


def script(directory: Path, text: str, name: str = "script", mode: int = 0o755) -> str:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def end_of(scripts: Scripts) -> ScriptEnd:
    ends = waiting.eventually("a script has ended", scripts.ended)
    assert len(ends) == 1
    return ends[0]


@pytest.mark.parametrize("status", [0, 1, 2, 99])
def test_the_exit_code_is_reported_once(tmp_path: Path, status: int) -> None:
    scripts = Scripts()
    pid = scripts.start((script(tmp_path, f"#!/bin/sh\nexit {status}\n"),))
    assert pid > 0
    assert end_of(scripts) == ScriptEnd(pid, status, 0)
    assert scripts.ended() == []


def test_arguments_and_environment_are_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLOUR", "green")
    out = tmp_path / "out"
    scripts = Scripts()
    scripts.start((script(tmp_path, f'#!/bin/sh\necho "$COLOUR:$1:$2" > {out}\n'), "+sdown", "a b"))
    end_of(scripts)
    assert out.read_text(encoding="utf-8") == "green:+sdown:a b\n"


def test_a_killed_script_and_its_children_end_by_the_signal(tmp_path: Path) -> None:
    ready = tmp_path / "child"
    scripts = Scripts()
    text = f"#!/bin/sh\n({LASTING}) &\necho $! > {ready}.new\nmv {ready}.new {ready}\nwait\n"
    pid = scripts.start((script(tmp_path, text),))
    waiting.eventually("there is a child", ready.exists)
    scripts.kill(pid)
    assert end_of(scripts) == ScriptEnd(pid, 0, signal.SIGKILL)
    child = int(ready.read_text(encoding="utf-8"))
    waiting.eventually("the child has ended", lambda: not is_running(child))


def is_running(pid: int) -> bool:
    """Whether a process runs; one that nobody has taken note of yet does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("text", "mode"), [("#!/bin/sh\n", 0o644), ("#!/not/there\n", 0o755), ("no format", 0o755)]
)
def test_a_file_that_cannot_be_executed_is_a_child_that_ends_with_2(
    tmp_path: Path, text: str, mode: int
) -> None:
    """[FAI-9.3-2]"""
    scripts = Scripts()
    pid = scripts.start((script(tmp_path, text, mode=mode),))
    assert pid > 0
    assert scripts.ended() == [ScriptEnd(pid, 2, 0)]
    assert Scripts().start((str(tmp_path / "absent"),)) > 0


def test_no_process_at_all_is_pid_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise BlockingIOError("no more processes")

    path = script(tmp_path, "#!/bin/sh\n")
    monkeypatch.setattr("subprocess._fork_exec", refuse)
    assert Scripts().start((path,)) == 0
    assert Scripts().start(("a\0b",)) == 0


def test_our_connections_are_not_handed_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    scripts = Scripts()
    reading, low = os.pipe()
    # A number that no descriptor of the script itself has.
    writing = fcntl.fcntl(low, fcntl.F_DUPFD, HIGH_DESCRIPTOR)
    os.set_inheritable(writing, True)  # As a socket that some library made may be.
    try:
        scripts.start((script(tmp_path, f"#!/bin/sh\nls /proc/self/fd > {out}\n"),))
        end_of(scripts)
    finally:
        for each in (reading, low, writing):
            os.close(each)
    assert str(writing) not in out.read_text(encoding="utf-8").split()


def test_a_failing_script_runs_again_until_it_succeeds(tmp_path: Path) -> None:
    """[FAI-9.3-5]"""
    runs = tmp_path / "runs"
    path = script(
        tmp_path, f'#!/bin/sh\necho "$1" >> {runs}\ntest $(wc -l < {runs}) -ge 3 || exit 1\n'
    )

    async def scenario() -> None:
        async with serving(tmp_path, monitored(path)) as live:
            client = await live.client()
            assert await client.ask("SENTINEL", "DEBUG", "script-retry-delay", "1") == OK
            await eventually(lambda: runs.exists() and len(runs.read_text("utf-8").split()) == 3)
            await eventually(lambda: live.logged().count("-script-child ") == 3)
            assert await client.ask("SENTINEL", "PENDING-SCRIPTS") == ()
            assert runs.read_text("utf-8").split() == ["+monitor"] * 3

    run(scenario())


def test_a_script_that_hangs_is_killed_and_stops_nobody(tmp_path: Path) -> None:
    """[FAI-9.3-7]"""
    path = script(tmp_path, f"#!/bin/sh\n{LASTING}\n")

    async def scenario() -> None:
        async with serving(tmp_path, monitored(path)) as live:
            client = await live.client()
            await client.ask("SENTINEL", "DEBUG", "script-max-runtime", "1")
            await eventually(lambda: "-script-timeout " in live.logged())
            await eventually(lambda: " 0 9\n" in live.logged())
            pid = int(live.logged().partition("-script-timeout ")[2].split()[1])
            assert not is_running(pid)
            await asyncio.sleep(0)

    run(scenario())
