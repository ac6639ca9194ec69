"""User scripts in the virtual world: a script takes a while and ends with an exit code.

Scripts are processes of their own: they go on while their Sentinel is paused, and outlive it when
it is killed, when nobody takes note of their end. A Sentinel looks for those that ended once per
tick, so that their ends need no events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minisentinel.core.state import ScriptEnd

__all__ = ["ScriptRunner", "VirtualScript"]

SIGKILL = 9
FIRST_PID = 1001


@dataclass(frozen=True, slots=True)
class VirtualScript:
    """What a script does that is run: nothing, for `duration_us`, and then it exits."""

    duration_us: int = 10_000
    exit_code: int = 0


class ScriptRunner:
    """The children of one Sentinel; `scripts` says by path what each does, or it is the default.

    Process ids count up and are never used again. Times are kernel times in microseconds.
    """

    def __init__(self, scripts: Mapping[str, VirtualScript]) -> None:
        self._scripts = scripts
        self._next_pid = FIRST_PID
        self._children: dict[int, tuple[int, ScriptEnd]] = {}

    def start(self, path: str, now_us: int) -> int:
        """Run the script at `path`; its process id."""
        script = self._scripts.get(path, VirtualScript())
        pid, self._next_pid = self._next_pid, self._next_pid + 1
        end = ScriptEnd(pid, script.exit_code, 0)
        self._children[pid] = (now_us + script.duration_us, end)
        return pid

    def kill(self, pid: int, now_us: int) -> None:
        """Kill the process `pid`; one that is over already, or never was, is left as it is."""
        if pid in self._children and self._children[pid][0] > now_us:
            self._children[pid] = (now_us, ScriptEnd(pid, 0, SIGKILL))

    def reap(self, now_us: int) -> list[ScriptEnd]:
        """The ends since the last call, in the order of their times."""
        if not self._children:
            return []
        ended = [(at, pid) for pid, (at, _) in self._children.items() if at <= now_us]
        return [self._children.pop(pid)[1] for _, pid in sorted(ended)]

    def orphan(self) -> None:
        """The Sentinel is dead: whatever its scripts still do, it will not hear of it."""
        self._children.clear()
