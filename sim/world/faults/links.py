"""Trouble between nodes that is less than a cut: what is held back, slow, lossy or narrow.

Of several delays on one path, losses or rates, the one that began last counts. Each ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.kernel.units import microseconds
from sim.network.changes import Change
from sim.network.latency import Latency, delay_in_words
from sim.network.topology import Host, Path
from sim.world.world import World

__all__ = ["delay", "hold", "lose", "narrow", "release"]


def hold(world: World, source: str, target: str) -> str:
    """Keep back what `source` sends to `target` on the connections between them; it is not lost."""
    world.note_fault("hold", source, f"what it sends to {target} waits")
    for endpoint in world.node(source).endpoints:
        if endpoint.is_open and endpoint.peer.owner is world.node(target):
            endpoint.hold()
    return source


def release(world: World, source: str, target: str) -> str:
    """Let go of what `hold` has kept: it arrives now, in order.

    So does what was sent on a connection that `source` has given up since, and `target` has not.
    """
    world.note_fault("release", source, f"what it has sent to {target} arrives")
    sender, receiver = world.node(source), world.node(target)
    for endpoint in sender.endpoints:
        if endpoint.is_open and endpoint.peer.owner is receiver:
            endpoint.release()
    for endpoint in receiver.endpoints:
        if endpoint.is_open and endpoint.peer.owner is sender:
            endpoint.peer.release()
    return source


def delay(
    world: World,
    one: Iterable[str],
    other: Iterable[str],
    latency: Latency,
    seconds: float | None = None,
) -> None:
    """Make everything between two groups of nodes take that long one way, both ways.

    That ends after `seconds`, if they are given, and until then the world is not calm.
    """
    paths, names = _between(world, one, other)
    world.note_fault("delay", "network", f"{delay_in_words(latency)} one way: {names}")
    change = world.network.change(paths, latency=latency)
    _end_later(world, seconds, [change], f"as fast as before: {names}")


def lose(
    world: World,
    one: Iterable[str],
    other: Iterable[str],
    share: float,
    seconds: float | None = None,
) -> None:
    """Lose a `share` of the packets between two groups of nodes, both ways; 0: none any more.

    They are sent again, so that others wait. That ends after `seconds`, if they are given, and
    until then the world is not calm.
    """
    paths, names = _between(world, one, other)
    world.note_fault("lose", "network", f"{share:.3g} of all packets: {names}")
    change = world.network.change(paths, loss=share)
    _end_later(world, seconds, [change], f"no more loss than before: {names}")


def narrow(
    world: World,
    one: Iterable[str],
    other: Iterable[str],
    bytes_per_second: float,
    seconds: float | None = None,
) -> None:
    """Let every two machines of two groups of nodes have that rate between them, in each direction.

    That ends after `seconds`, if they are given, and until then the world is not calm.
    """
    paths, names = _between(world, one, other)
    rate = f"{bytes_per_second / 125_000:g} Mbit/s"
    world.note_fault("narrow", "network", f"{rate}: {names}")
    directions: dict[tuple[Host, Host], list[Path]] = {}
    for path in paths:
        directions.setdefault((path.source.machine, path.target.machine), []).append(path)
    changes = [
        world.network.change(each, bytes_per_second=bytes_per_second)
        for each in directions.values()
    ]
    _end_later(world, seconds, changes, f"as wide as before: {names}")


def _between(world: World, one: Iterable[str], other: Iterable[str]) -> tuple[list[Path], str]:
    """The paths between two groups of nodes, both ways, and the groups in words."""
    groups = [list(one), list(other)]
    hosts: list[dict[Host, None]] = [
        dict.fromkeys(world.node(name).host for name in group) for group in groups
    ]
    paths = [
        path
        for a in hosts[0]
        for b in hosts[1]
        for path in (world.network.path(a, b), world.network.path(b, a))
    ]
    return list(dict.fromkeys(paths)), " | ".join(", ".join(group) for group in groups)


def _end_later(world: World, seconds: float | None, changes: Iterable[Change], detail: str) -> None:
    """End `changes` after so many `seconds`, if any; until then something is to come."""
    if seconds is None:
        return
    until_us = world.kernel.now + microseconds(seconds)

    def end(_: None) -> None:
        world.note_fault("repair", "network", detail)
        for change in changes:
            change.end()

    world.kernel.call_at(until_us, end)
    world.watchers.append(lambda: world.kernel.now < until_us)
