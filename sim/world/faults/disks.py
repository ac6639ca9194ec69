"""Disks that are full, or slow: of Sentinels and of servers.

What a Sentinel writes is its configuration file. A server writes dumps, its append-only file, and,
on CONFIG REWRITE, its configuration file; what it reads at its start is read as fast as ever.
"""

from __future__ import annotations

from sim.redis.node import RedisNode
from sim.sentinels import SentinelNode
from sim.world.world import ImpossibleFault, World

__all__ = ["break_disk", "repair_disk", "slow_disk"]

NO_SPACE = "No space left on device"


def break_disk(world: World, name: str) -> str:
    """Let all that a Sentinel or a server saves fail, because the disk is full.

    A Sentinel's file stays as it is. A server's dumps fail, so that it may refuse writes and PING
    with ``-MISCONF`` (spec: redis-node §1), and with ``appendfsync always`` it ends; a replica that
    is told to write in spite of that ends as well. Raises `ImpossibleFault` for a client.
    """
    node = _with_a_disk(world, name)
    if not _is_broken(node):
        world.note_fault("break_disk", node.name, f"saving fails: {NO_SPACE}")
        _set_broken(node, True)
    return node.name


def repair_disk(world: World, name: str) -> str:
    """Let saving work again; what failed meanwhile is not made up for.

    Raises `ImpossibleFault` for a client.
    """
    node = _with_a_disk(world, name)
    if _is_broken(node):
        world.note_fault("repair", node.name, "saving works again")
        _set_broken(node, False)
    return node.name


def slow_disk(world: World, name: str, factor: float) -> str:
    """Let all that a Sentinel or a server saves take `factor` times as long; 1: as ever.

    What has begun takes as long as it would have. Raises `ImpossibleFault` for a client.
    """
    node = _with_a_disk(world, name)
    if node.disk.slowdown != factor:
        if factor == 1:
            world.note_fault("repair", node.name, "saving is as fast as ever")
        else:
            world.note_fault("slow_disk", node.name, f"saving takes {factor:g} times as long")
        node.disk.slowdown = factor
    return node.name


def _with_a_disk(world: World, name: str) -> SentinelNode | RedisNode:
    node = world.node(name)
    if not isinstance(node, SentinelNode | RedisNode):
        known = ", ".join((*world.servers, *world.sentinels))
        raise ImpossibleFault(f"{node.name} saves nothing; expected one of: {known}")
    return node


def _is_broken(node: SentinelNode | RedisNode) -> bool:
    return node.disk.is_failing if isinstance(node, RedisNode) else bool(node.disk.error)


def _set_broken(node: SentinelNode | RedisNode, broken: bool) -> None:
    if isinstance(node, RedisNode):
        node.disk.is_failing = broken
    else:
        node.disk.error = NO_SPACE if broken else ""
