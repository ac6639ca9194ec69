"""Which losses a deployment survives: the same loss in many deployments, or every loss in one.

Each cell of a `FateGrid` is a run of its own: twenty quiet seconds, the loss, a minute to see what
the Sentinels make of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from sim.judge.fates import Fate, find_fate
from sim.scenarios import find_scenario
from sim.tables import Table
from sim.world import Deployment, World

__all__ = ["FateGrid", "lose_each_place", "lose_sentinels", "sweep_quorum"]

QUIET_S = 20.0
BETWEEN_S = 5.0
WATCH_S = 60.0


@dataclass(frozen=True, slots=True)
class FateGrid:
    """Fates in rows and columns, None where there is no such run. Shows itself as a table."""

    title: str
    rows_are: str
    rows: tuple[str, ...]
    columns_are: str
    columns: tuple[str, ...]
    fates: tuple[tuple[Fate | None, ...], ...]

    def fate(self, row: object, column: object) -> Fate | None:
        """The fate under these labels; raises ValueError for a label that there is not."""
        return self.fates[self.rows.index(str(row))][self.columns.index(str(column))]

    def table(self) -> Table:
        """A row for each row, the fates in words."""
        rows = tuple(
            (row, *("" if fate is None else str(fate) for fate in fates))
            for row, fates in zip(self.rows, self.fates, strict=True)
        )
        heads = (self.rows_are, *(f"{self.columns_are} {each}".strip() for each in self.columns))
        return Table(heads, rows, self.title)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


@dataclass(frozen=True, slots=True)
class _Loss:
    """`gone` are killed, and then `lost` (``master``: the present one) is lost in the way `how`."""

    deployment: Deployment
    seed: int
    lost: tuple[str, ...] = ("master",)
    how: str = "kill"
    gone: tuple[str, ...] = ()


def sweep_quorum(sentinels: int = 5, *, seed: int = 1, workers: int | None = None) -> FateGrid:
    """Every quorum (rows) with every number of Sentinels alive (columns) when the master dies.

    The others were killed a while before. Raises DeploymentError for a number that cannot be.
    """
    numbers = range(1, sentinels + 1)
    losses = [
        [_after_deaths(sentinels, sentinels - alive, quorum, seed) for alive in numbers]
        for quorum in reversed(numbers)
    ]
    return FateGrid(
        f"{sentinels} Sentinels, majority {sentinels // 2 + 1}: the master dies",
        "quorum",
        tuple(map(str, reversed(numbers))),
        "Sentinels alive:",
        tuple(map(str, numbers)),
        _play_all(losses, workers),
    )


def lose_sentinels(
    numbers: Iterable[int] = range(1, 8),
    dead: Iterable[int] = range(4),
    *,
    seed: int = 1,
    workers: int | None = None,
) -> FateGrid:
    """So many Sentinels (rows), of which so many are dead (columns) when the master dies.

    The quorum is a majority of them all. Cells with nobody left are empty.
    """
    rows, columns = list(numbers), list(dead)
    losses = [
        [_after_deaths(each, gone, None, seed) if gone < each else None for gone in columns]
        for each in rows
    ]
    return FateGrid(
        "How many Sentinels may be dead when the master dies",
        "Sentinels",
        tuple(map(str, rows)),
        "dead:",
        tuple(map(str, columns)),
        _play_all(losses, workers),
    )


def lose_each_place(
    scenarios: Iterable[str], *, seed: int = 1, workers: int | None = None
) -> FateGrid:
    """Every place of the deployments of these scenarios (rows): without power, and cut off.

    Places are the boxes and sites that hold a server or a Sentinel, and machines that stand by
    themselves. Who stands nowhere in particular is on the side of the others when a place is cut
    off. Raises what `find_scenario` raises.
    """
    labels, losses = [], []
    for name in scenarios:
        deployment = find_scenario(name).deployment
        for place, nodes in _places(deployment).items():
            labels.append(f"{name}: {place}")
            ways = ("power_off", "partition")
            losses.append([_Loss(deployment, seed, nodes, how) for how in ways])
    return FateGrid(
        "Each place, lost or cut off",
        "place",
        tuple(labels),
        "",
        ("without power", "cut off"),
        _play_all(losses, workers),
    )


def _after_deaths(sentinels: int, dead: int, quorum: int | None, seed: int) -> _Loss:
    deployment = Deployment(
        sentinels=sentinels, replicas=1, clients=0, quorum=quorum, failover_timeout=20_000
    )
    gone = tuple(f"sentinel-{number}" for number in range(sentinels - dead + 1, sentinels + 1))
    return _Loss(deployment, seed, gone=gone)


def _places(deployment: Deployment) -> dict[str, tuple[str, ...]]:
    """The nodes of every place, the servers' first one first."""
    servers = [f"redis-{number}" for number in range(1, deployment.replicas + 2)]
    sentinels = [f"sentinel-{number}" for number in range(1, deployment.sentinels + 1)]
    worth_losing = {*servers, *sentinels}
    places = {
        name: nodes
        for name, nodes in deployment.topology.groups.items()
        if worth_losing.intersection(nodes)
    }
    housed = {node for nodes in places.values() for node in nodes}
    alone = {node: (node,) for node in (*servers, *sentinels) if node not in housed}
    return {**places, **alone}


def _play_all(
    losses: Sequence[Sequence[_Loss | None]], workers: int | None
) -> tuple[tuple[Fate | None, ...], ...]:
    """The fate of every loss, in its place; the same however many processes work on them."""
    wanted = [each for row in losses for each in row if each is not None]
    count = min(workers or os.cpu_count() or 1, len(wanted)) or 1
    if count == 1:
        found = iter([_play(each) for each in wanted])
    else:
        # Not a fork: whoever calls may have threads, as notebooks do.
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            found = iter(list(pool.map(_play, wanted, chunksize=4)))
    return tuple(tuple(None if each is None else next(found) for each in row) for row in losses)


def _play(loss: _Loss) -> Fate:
    world = World(loss.deployment, seed=loss.seed)
    world.run(QUIET_S)
    for name in loss.gone:
        world.kill(name)
    if loss.gone:
        world.run(BETWEEN_S)
    master = world.master
    since_us = world.kernel.now
    match loss.how:
        case "partition":
            world.partition(loss.lost)
        case "power_off":
            for name in loss.lost:
                world.power_off(name)
        case _:
            for name in loss.lost:
                world.kill(name)
    world.run(WATCH_S)
    return find_fate(world.trace, master, since_us)
