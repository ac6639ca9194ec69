"""What people see of a deployment and of a world when they ask for it in a notebook: tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.redis.node import RedisNode
from sim.sentinels import SentinelNode
from sim.tables import Table

if TYPE_CHECKING:
    from sim.process import Process
    from sim.world.deployment import Deployment
    from sim.world.world import World

__all__ = ["deployment_table", "world_table"]


def deployment_table(deployment: Deployment) -> Table:
    """A row for each setting in force, the number of nodes first."""
    rows = tuple(
        (name, value if isinstance(value, int | float) else _text(value))
        for name, value in deployment.settings.items()
        if value not in ([], ())
    )
    return Table(("setting", "value"), rows, "deployment")


def world_table(world: World) -> Table:
    """A row for each node: does it run, and what does it say now."""
    rows = tuple(
        (name, _address(world, name), node.state, _told(world, node))
        for name, node in world.nodes.items()
    )
    caption = f"seed {world.seed}, at {world.now:g} s"
    return Table(("node", "address", "process", "now"), rows, caption)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(each)}" for key, each in value.items())
    return str(value)


def _address(world: World, name: str) -> str:
    place = world.place_of(name)
    return f"{place.ip}:{place.port}" if place.port else place.ip


def _told(world: World, node: Process) -> str:
    if isinstance(node, RedisNode):
        return "" if node.state == "down" else _role(world, node)
    if isinstance(node, SentinelNode):
        return "; ".join(
            f"{name} is {_name_at(world, address)}, config epoch {node.config_epoch(name)}"
            for name in world.deployment.master_names
            if (address := node.names_as_master(name)) is not None
        )
    return ""


def _role(world: World, node: RedisNode) -> str:
    upstream = node.server.upstream
    if upstream.target is None:
        return "master"
    link = "up" if upstream.is_up else "down"
    return f"replica of {_name_at(world, upstream.target)}, link {link}"


def _name_at(world: World, address: tuple[str, int]) -> str:
    for place in world.plan.places:
        if (place.ip, place.port) == address:
            return place.name
    return f"{address[0]}:{address[1]}"
