"""Nodes that join while the world runs."""

from __future__ import annotations

import re

from minisentinel.core import Dice
from minisentinel.core.timing import RUNID_LENGTH
from sim.process import Process
from sim.world.plan import Place, next_address
from sim.world.world import ImpossibleFault, World

__all__ = ["add_node"]

NAME = re.compile(r"(redis|sentinel)-[1-9][0-9]*")


def add_node(world: World, name: str, *, cut_with: str = "") -> str:
    """Start a node that was not there before, on a machine of its own.

    A Sentinel begins with the file that the first ones began with and an id of its own; a server
    follows the server that was the master at the start. While the network is cut it hears whom
    `cut_with`, a node that was there before, hears; everybody if that is empty. Raises
    `ImpossibleFault` for a name that is taken, or that is none of a Sentinel or a server.
    """
    if not NAME.fullmatch(name) or name in world.nodes:
        raise ImpossibleFault(
            f"{name} cannot be added; expected a free name such as sentinel-9 or redis-9"
        )
    node: Process
    if name.startswith("sentinel"):
        ip, port = next_address(world.plan, world.plan.sentinels[0])
        dice = Dice(world.streams.get(f"identity:{name}").getrandbits(64))
        node = world.add_sentinel(Place(name, ip, port, dice.hex(RUNID_LENGTH)))
    else:
        node = world.add_server(Place(name, *next_address(world.plan, world.plan.servers[0])))
    if cut_with:
        neighbour = world.node(cut_with).host
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
