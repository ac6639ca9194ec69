"""Disks on which a Sentinel cannot rewrite its configuration file."""

from __future__ import annotations

from sim.sentinels import Disk
from sim.world.world import ImpossibleFault, World

__all__ = ["break_disk", "disk_of", "repair_disk"]

NO_SPACE = "No space left on device"


def break_disk(world: World, name: str, error: str = NO_SPACE) -> str:
    """Let every rewrite of a Sentinel's file fail with `error`; the file stays as it is.

    Raises `ImpossibleFault` for a node that is no Sentinel.
    """
    disk = disk_of(world, name)
    if disk.error != error:
        world.note_fault("break_disk", name, f"saving fails: {error}")
        disk.error = error
    return name


def repair_disk(world: World, name: str) -> str:
    """Let rewrites work again; what failed meanwhile is not made up for."""
    disk = disk_of(world, name)
    if disk.error:
        world.note_fault("repair", name, "saving works again")
        disk.error = ""
    return name


def disk_of(world: World, name: str) -> Disk:
    """The disk of a Sentinel; raises `ImpossibleFault` for another node."""
    sentinel = world.sentinels.get(name)
    if sentinel is None:
        raise ImpossibleFault(
            f"{name} is no Sentinel; expected one of: {', '.join(world.sentinels)}"
        )
    return sentinel.disk
