"""Small worlds in which clients of all kinds live through the same trouble, side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from minisentinel.trace import Trace
from sim.clients import CLIENT_KINDS, ClientGroup, ClientProcess, Workload
from sim.judge import ClientAccount, account_for_clients
from sim.world import Deployment, World

__all__ = ["accounts", "run", "story"]


class Operator(ClientProcess):
    """Somebody who gives one command to one server and looks at the reply."""

    command: tuple[str, ...]
    server: tuple[str, int]
    reply: Any = None

    async def main(self) -> None:
        connection = await self.open(*self.server, 1.0)
        self.reply = await connection.call(*self.command)


def command(world: World, node: str, *words: str) -> None:
    """Somebody says `words` to `node`."""
    name = f"operator-{len(world.network.hosts)}"
    operator = Operator(
        name, world.network.add_host(name, "10.0.9.1"), world.network, loop=world.loop
    )
    place = next(each for each in world.plan.places if each.name == node)
    operator.server, operator.command = (place.ip, place.port), words
    operator.start()


def kill_and_return(world: World) -> None:
    """The master dies, and comes back twenty seconds later."""
    world.kill("redis-1")
    world.run(20)
    world.restart("redis-1")
    world.run(25)


def freeze(world: World) -> None:
    """The master stands still for ten seconds, which is five times what the Sentinels bear."""
    world.pause("redis-1")
    world.run(10)
    world.resume("redis-1")
    world.run(30)


def machine_dies(world: World) -> None:
    """The machine with the master and the first Sentinel reboots, and neither is started again."""
    world.kill("redis-1")
    world.kill("sentinel-1")
    world.run(25)


def power_cut(world: World) -> None:
    """The machine with the master and the first Sentinel is gone without a word."""
    world.power_off("redis-1")
    world.power_off("sentinel-1")
    world.run(40)


def manual_failover(world: World) -> None:
    """All is well, and somebody wants another master."""
    command(world, "sentinel-3", "SENTINEL", "FAILOVER", "mymaster")
    world.run(30)


def forgotten_sentinel(world: World) -> None:
    """The first Sentinel misses a failover, and so names a replica as master, which is cut off."""
    everybody = [name for name in world.nodes if not name.startswith("client")]
    cut = world.partition(["sentinel-1"], [name for name in everybody if name != "sentinel-1"])
    world.kill("redis-1")
    world.run(10)
    world.restart("redis-1")
    world.run(20)
    world.partition(["redis-1"], ["redis-2", "redis-3"])
    world.run(10)
    world.heal(cut)
    world.heal()
    world.run(15)


def clients_cut_off(world: World) -> None:
    """The clients hear of nobody for twenty seconds; meanwhile the master dies and is replaced."""
    cut = world.partition([name for name in world.nodes if name.startswith("client")])
    world.kill("redis-1")
    world.run(20)
    world.heal(cut)
    world.run(20)


STORIES: dict[str, Callable[[World], None]] = {
    each.__name__: each
    for each in (
        kill_and_return,
        freeze,
        machine_dies,
        power_cut,
        manual_failover,
        forgotten_sentinel,
        clients_cut_off,
    )
}


@cache
def run(name: str, seed: int = 1, **workload: Any) -> Trace:
    """The trace of a story, with a client of every kind; trouble begins after 15 s."""
    groups = [ClientGroup(kind=kind, workload=Workload(**workload)) for kind in CLIENT_KINDS]
    deployment = Deployment(down_after_milliseconds=2000, failover_timeout=10_000)
    world = World(deployment.with_groups(groups), seed=seed, scenario=name)
    world.run(15)
    STORIES[name](world)
    world.end("duration")
    return world.trace


@cache
def story(name: str, seed: int = 1, **workload: Any) -> dict[str, ClientAccount]:
    """What each kind of client lived through, by kind."""
    return {each.kind: each for each in account_for_clients(run(name, seed, **workload))}


def accounts(name: str, *kinds: str, **workload: Any) -> list[ClientAccount]:
    """The accounts of these kinds of clients in a story, the textbook client first."""
    found = story(name, **workload)
    return [found["textbook"], *(found[kind] for kind in kinds)]
