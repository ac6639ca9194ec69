"""Nodes that join while the world runs."""

from __future__ import annotations

import re

from minisentinel.core import Dice
from minisentinel.core.timing import RUNID_LENGTH
from sim.process import Process
from sim.world.plan import Place, next_address
from sim.world.world import ImpossibleFault, World

__all__ = ["add_node", "reuse_address"]

NAME = re.compile(r"(redis|sentinel)-[1-9][0-9]*")


def add_node(world: World, name: str, *, cut_with: str = "") -> str:
    """Start a node that was not there before, on a machine of its own.

    A Sentinel begins with the file that the first ones began with and an id of its own; a server
    follows the server that was the master at the start. It stands at the site of `cut_with`, a node
    that was there before, and hears whom that one hears while the network is cut; it stands nowhere
    in particular and hears everybody if that is empty. Raises `ImpossibleFault` for a name that is
    taken, or that is none of a Sentinel or a server.
    """
    _check_name(world, name)
    first = (world.plan.sentinels if name.startswith("sentinel") else world.plan.servers)[0]
    node = _join(world, name, *next_address(world.plan, first))
    if cut_with:
        neighbour = world.node(cut_with).host.machine
        if neighbour.site:
            world.network.move_to_site(node.host, neighbour.site)
        pairs = [
            (node.host if a is neighbour else a, node.host if b is neighbour else b)
            for partition in world.network.partitions
            for a, b in partition.pairs
            if neighbour in (a, b)
        ]
        for pair in dict.fromkeys(pairs):
            world.network.cut([pair], one_way=True)
    world.note_fault("add", name, "joins for the first time")
    node.start()
    return name


def reuse_address(world: World, name: str, of: str) -> str:
    """Start a node that was not there before on a new machine that has the address of another one.

    The machine of the node `of` must be off, and its power never returns. Otherwise as `add_node`;
    raises `ImpossibleFault` for a machine that is not off.
    """
    _check_name(world, name)
    old = world.place_of(of)
    try:
        world.replace_machine(old, name)
    except ValueError as problem:
        raise ImpossibleFault(f"{name} cannot have the address of {old.name}: {problem}") from None
    node = _join(world, name, old.ip, old.port)
    world.note_fault("reuse_address", name, f"joins at the address of {old.name}, {old.ip}")
    node.start()
    return name


def _check_name(world: World, name: str) -> None:
    if not NAME.fullmatch(name) or name in world.nodes:
        raise ImpossibleFault(
            f"{name} cannot be added; expected a free name such as sentinel-9 or redis-9"
        )


def _join(world: World, name: str, ip: str, port: int) -> Process:
    """A new node at this address."""
    if name.startswith("sentinel"):
        dice = Dice(world.streams.get(f"identity:{name}").getrandbits(64))
        return world.add_sentinel(Place(name, ip, port, dice.hex(RUNID_LENGTH)))
    return world.add_server(Place(name, ip, port))
