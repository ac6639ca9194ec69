"""User scripts as processes of this machine.

Spec: failover §9.3.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from minisentinel.core.state import ScriptEnd

__all__ = ["Scripts"]


class _Child(subprocess.Popen[bytes]):
    """A script that runs, in a process group of its own and without our connections.

    A file that cannot be executed makes a child that has ended with exit code 2 [FAI-9.3-2]. Raises
    `OSError` if there can be no child at all.
    """

    def __init__(self, argv: tuple[str, ...]) -> None:
        try:
            super().__init__(argv, stdin=subprocess.DEVNULL, process_group=0)
        except OSError as error:
            if error.filename is None:  # There was no child that could have tried the file.
                raise
            self.returncode = 2
        except ValueError:  # A zero byte in a word: no file has such a name.
            self.pid = 0
            raise OSError(0, "not a command") from None


class Scripts:
    """The children that run scripts; whoever owns this asks now and then which have ended.

    With `adopts` every child of this process counts, also one that a script left behind: as the
    first process of a container we inherit those, and nobody else would take note of their end.
    """

    def __init__(self, *, adopts: bool = False) -> None:
        self._children: dict[int, _Child] = {}
        self._adopts = adopts

    def start(self, argv: tuple[str, ...]) -> int:
        """Run a script; its process id, or 0 if no process could be made."""
        try:
            child = _Child(argv)
        except OSError:
            return 0
        self._children[child.pid] = child
        return child.pid

    def kill(self, pid: int) -> None:
        """Kill a script, and what it started in its group."""
        child = self._children.get(pid)
        if child is not None and child.returncode is None:
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)

    def ended(self) -> list[ScriptEnd]:
        """The scripts that have ended since the last call."""
        if self._adopts:
            self._take_note_of_every_end()
        ends = []
        for pid, child in list(self._children.items()):
            status = child.poll()
            if status is not None:
                del self._children[pid]
                ends.append(ScriptEnd(pid, max(status, 0), max(-status, 0)))
        return ends

    def _take_note_of_every_end(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            child = self._children.get(pid)
            if child is not None:
                child.returncode = os.waitstatus_to_exitcode(status)

    def forget(self) -> None:
        """Leave running scripts to themselves; they go on when this process has ended."""
        for child in self._children.values():
            child.returncode = child.returncode or 0
        self._children.clear()
