"""What can happen to host names: they lead elsewhere, nobody has them, nobody answers."""

from __future__ import annotations

from sim.world.world import World

__all__ = ["answer_names", "point_name", "remove_name", "silence_names"]

EVERYWHERE = "network"


def point_name(world: World, name: str, node: str) -> str:
    """From now on a host name means the machine of `node`; connections that stand stay."""
    place = world.place_of(node)
    world.note_fault("point_name", EVERYWHERE, f"{name} is {place.ip} ({place.name})")
    world.network.names.point(name, place.ip)
    world.note_name(name)
    return name


def remove_name(world: World, name: str) -> str:
    """Nobody has this host name any more, and whoever asks is told so at once."""
    if name in world.network.names:
        world.note_fault("remove_name", EVERYWHERE, name)
        world.network.names.remove(name)
        world.note_name(name)
    return name


def silence_names(world: World, name: str = "") -> str:
    """Questions for a host name, or for all, get no answer; who asks waits, and does nothing else.

    The simulated resolver gives up after 10 s.
    """
    told = name or "all"
    world.note_fault("silence_names", EVERYWHERE, told)
    world.network.names.silence(name or None)
    return name


def answer_names(world: World, name: str = "") -> str:
    """Questions for a host name, or for all, are answered again."""
    told = name or "all"
    world.note_fault("answer_names", EVERYWHERE, told)
    world.network.names.answer(name or None)
    return name
