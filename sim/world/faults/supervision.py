"""Supervisors: what starts a dead process again, as systemd or an orchestrator does."""

from __future__ import annotations

from sim.kernel.units import microseconds
from sim.world.world import World

__all__ = ["supervise"]

LOOK_US = 10_000


def supervise(world: World, name: str, seconds: float, *, keep_data: bool = True) -> str:
    """From now on start `name` again `seconds` after it has died, whenever it does.

    Without `keep_data` a server comes back empty. While its host has no power nothing happens.
    """
    node = world.node(name)
    world.note_fault("supervise", node.name, f"started again {seconds:g} s after each death")
    delay_us = microseconds(seconds)
    died_us: int | None = None

    def look(_: object) -> None:
        nonlocal died_us
        now = world.kernel.now
        if node.state != "down" or not node.host.powered:
            died_us = None
        elif died_us is None:
            died_us = now
        if died_us is not None and now >= died_us + delay_us:
            died_us = None
            world.restart(node.name, keep_data=keep_data)
        world.kernel.call_after(LOOK_US, look)

    look(None)
    return node.name
