"""Trouble between two nodes that is less than a cut: what is held back, and what is slow."""

from __future__ import annotations

from collections.abc import Iterable

from sim.kernel.units import microseconds
from sim.network.latency import Latency, Uniform
from sim.network.topology import Path
from sim.world.world import World

__all__ = ["delay", "hold", "release"]


def hold(world: World, source: str, target: str) -> str:
    """Keep back what `source` sends to `target` on the connections between them; it is not lost."""
    world.note_fault("hold", source, f"what it sends to {target} waits")
    for endpoint in world.node(source).endpoints:
        if endpoint.is_open and endpoint.peer.owner is world.node(target):
            endpoint.hold()
    return source


def release(world: World, source: str, target: str) -> str:
    """Let go of what `hold` has kept: it arrives now, in order."""
    world.note_fault("release", source, f"what it has sent to {target} arrives")
    for endpoint in world.node(source).endpoints:
        if endpoint.is_open and endpoint.peer.owner is world.node(target):
            endpoint.release()
    return source


def delay(
    world: World,
    one: Iterable[str],
    other: Iterable[str],
    low_ms: float,
    high_ms: float,
    seconds: float | None = None,
) -> None:
    """Make everything between two groups of nodes take that long one way, both ways.

    It is as before after `seconds`, if they are given, and until then the world is not calm.
    """
    groups = [list(one), list(other)]
    hosts = [dict.fromkeys(world.node(name).host for name in group) for group in groups]
    latency = Uniform(microseconds(low_ms / 1000), microseconds(high_ms / 1000))
    paths = [
        path
        for a in hosts[0]
        for b in hosts[1]
        for path in (world.network.path(a, b), world.network.path(b, a))
    ]
    before = [(path, path.latency) for path in dict.fromkeys(paths)]
    names = " | ".join(", ".join(group) for group in groups)
    world.note_fault("delay", "network", f"{low_ms:g} to {high_ms:g} ms one way: {names}")
    for path, _ in before:
        path.set_latency(latency)
    if seconds is not None:
        until_us = world.kernel.now + microseconds(seconds)
        world.kernel.call_at(until_us, _restore, (world, before, names))
        world.watchers.append(lambda: world.kernel.now < until_us)


def _restore(what: tuple[World, list[tuple[Path, Latency]], str]) -> None:
    world, before, names = what
    world.note_fault("repair", "network", f"as fast as before: {names}")
    for path, latency in before:
        path.set_latency(latency)
