"""Restarts as an operator or a service manager makes them: in order, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from sim.kernel.units import microseconds
from sim.process import Process
from sim.world.world import World

__all__ = ["rolling_restart", "stop"]

START_US = 500_000
"""From the end of a process to the next start of it."""


def stop(world: World, name: str) -> str:
    """Tell a process to end, as by SIGTERM: a server may save, and waits for its replicas."""
    node = world.node(name)
    if node.state != "down":
        world.note_fault("stop", node.name, "process told to end")
        node.stop()
    return node.name


def rolling_restart(world: World, names: Iterable[str], seconds: float) -> None:
    """Restart nodes in this order: each ends as by `stop` and starts half a second later.

    The next one is told to end `seconds` after that. Who is dead is started, and who has no power
    left out. Until the last one has started the world is not calm.
    """
    rolling = _Rolling(world, [world.node(name) for name in names], microseconds(seconds))
    world.watchers.append(lambda: bool(rolling.waiting))
    rolling.restart_next()


class _Rolling:
    """Restarts the processes that wait, one after the other; told when one of them is down."""

    def __init__(self, world: World, nodes: Iterable[Process], gap_us: int) -> None:
        self.waiting = deque(nodes)
        self._world = world
        self._gap_us = gap_us

    def restart_next(self, _: object = None) -> None:
        """Tell the next one to end."""
        while self.waiting and not self.waiting[0].host.powered:
            self.waiting.popleft()
        if not self.waiting:
            return
        node = self.waiting[0]
        self._world.note_fault("rolling_restart", node.name, "told to end, to be started again")
        if node.state == "down":
            self._start(node)
        else:
            node.watchers.append(self)
            node.stop()

    def died(self, process: Process, change: str, status: int) -> None:
        """It is down: start it soon."""
        process.watchers.remove(self)
        self._world.kernel.call_after(START_US, self._start, process)

    def power_returned(self, process: Process) -> None:
        """Nothing: who loses its power between its end and its start is left to others."""

    def _start(self, node: Process) -> None:
        self.waiting.popleft()
        if node.host.powered:
            self._world.restart(node.name)
        if self.waiting:
            self._world.kernel.call_after(self._gap_us, self.restart_next)
