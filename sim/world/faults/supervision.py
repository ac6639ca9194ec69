"""The fault that is none: a process gets a supervisor."""

from __future__ import annotations

from sim.kernel.units import microseconds
from sim.network.latency import Constant
from sim.supervision import Supervisor
from sim.world.world import World

__all__ = ["supervise"]


def supervise(world: World, name: str, seconds: float, *, keep_data: bool = True) -> str:
    """From now on start `name` again `seconds` after it has died, whenever it does.

    One that is down now is taken for one that has just died. Without `keep_data` a server comes
    back empty. While its host has no power nothing happens. Whoever supervised it until now does so
    no more.
    """
    node = world.node(name)
    world.note_fault("supervise", node.name, f"started again {seconds:g} s after each death")
    for watcher in tuple(node.watchers):
        if isinstance(watcher, Supervisor):
            watcher.leave()
    Supervisor(
        node,
        Constant(microseconds(seconds)),
        world.streams.get(f"supervisor:{node.name}"),
        start=lambda: world.restart(node.name, keep_data=keep_data),
    )
    return node.name
