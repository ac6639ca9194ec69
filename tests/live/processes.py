"""Programs under test, and the faults that a person could do to them with a shell.

Whatever happens to the test, nothing outlives it: a process is ended by the one who started it, by
the interpreter's exit, and, on Linux, by the kernel when the test process itself is killed.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Sequence
from pathlib import Path

__all__ = ["ROOT", "Process", "running_pids", "starting"]

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 300.0
"""How long a process may take to end. Only one that never does takes that long."""

_started: weakref.WeakSet[Process] = weakref.WeakSet()
_pids: dict[int, None] = {}
"""Of those that were started and not yet seen to have ended."""
_PR_SET_PDEATHSIG = 1
# Looked up now: between fork and exec there may be no locks to wait for.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

starting = threading.Lock()
"""Held while a process is started. Other threads had better do nothing then but sleep."""


def _die_with_the_parent() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def running_pids() -> tuple[int, ...]:
    """The processes that were started here and have not been ended; to be asked from any thread."""
    return tuple(_pids)


class Process:
    """A program with its own directory; what it prints goes to a file, which is kept."""

    def __init__(self, name: str, argv: Sequence[str], directory: Path) -> None:
        self.name = name
        self.argv = tuple(argv)
        self.directory = directory
        self.log = directory / "log"
        self.is_paused = False
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert not self.is_running, f"{self.name} runs already"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with self.log.open("ab") as log, starting, warnings.catch_warnings():
            # From Python 3.12 on: that there are other threads. They sleep.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._popen = subprocess.Popen(
                self.argv,
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # So Ctrl-C is ours to handle, and children can be killed.
                preexec_fn=_die_with_the_parent,
            )
        self.is_paused = False
        _started.add(self)
        _pids[self._popen.pid] = None

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._poll() is None

    @property
    def status(self) -> int | None:
        """The exit status once it has ended (negative: killed by that signal)."""
        return self._poll()

    def _poll(self) -> int | None:
        if self._popen is None:
            return None
        status = self._popen.poll()
        if status is not None:
            _pids.pop(self._popen.pid, None)
        return status

    def kill(self) -> None:
        """kill -9, also a paused process and what it has started; nothing if it has ended."""
        if self._popen is not None and self._poll() is None:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait(STOP_SECONDS)
            self._poll()

    def terminate(self) -> int:
        """kill -TERM, and wait for the end; returns the exit status."""
        self._signal(signal.SIGTERM)
        assert self._popen is not None
        self._popen.wait(STOP_SECONDS)
        status = self._poll()
        assert status is not None
        return status

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)
        self.is_paused = True

    def resume(self) -> None:
        self._signal(signal.SIGCONT)
        self.is_paused = False

    def restart(self) -> None:
        self.kill()
        self.start()

    def _signal(self, number: signal.Signals) -> None:
        assert self._popen is not None, f"{self.name} was never started"
        assert self._poll() is None, f"{self.name} has ended: status {self.status}"
        self._popen.send_signal(number)

    def tail(self, lines: int = 80) -> str:
        """The last lines of what it printed."""
        if not self.log.exists():
            return "(never started)"
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


@atexit.register
def _end_all() -> None:
    for process in list(_started):
        process.kill()
