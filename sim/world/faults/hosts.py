"""What is wrong with single machines: a clock that drifts, stalls."""

from __future__ import annotations

from sim.kernel.units import microseconds
from sim.network.latency import Latency
from sim.world.world import World

__all__ = ["drift_clock", "end_stalls", "stall"]


def drift_clock(world: World, name: str, parts_per_million: float) -> str:
    """Let the clock of a node's machine run that much too fast from now on; 0: right again."""
    node = world.node(name)
    world.note_fault("drift_clock", node.name, f"wall clock {parts_per_million:+g} ppm")
    world.network.drifts.set(node.host, parts_per_million)
    return node.name


def stall(
    world: World, name: str, busy: Latency, free: Latency, seconds: float | None = None
) -> str:
    """Let the machine of a node stand still again and again, for `busy`, with `free` between (µs).

    That ends after `seconds`, if they are given, and until then the world is not calm. Of several
    reasons to stall the one that began last counts.
    """
    node = world.node(name)
    stalls = world.network.stalls
    world.note_fault("stall", node.name, "the machine stalls again and again")
    begun = stalls.begin(node.host.machine, free, busy)
    if seconds is not None:
        until_us = world.kernel.now + microseconds(seconds)

        def end(_: None) -> None:
            if stalls.end(begun):
                world.note_fault("end_stalls", node.name, "the machine stalls as before")

        world.kernel.call_at(until_us, end)
        world.watchers.append(lambda: world.kernel.now < until_us)
    return node.name


def end_stalls(world: World, name: str) -> str:
    """Let the machine of a node stall no more; a stall that goes on is not shortened."""
    node = world.node(name)
    if world.network.stalls.end(node.host.machine):
        world.note_fault("end_stalls", node.name, "the machine stalls no more")
    return node.name
