"""Many first elections: who tends to win, told by the order in which the Sentinels noticed."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from sim.judge.elections import Election, find_first_election
from sim.tables import Table
from sim.world import Deployment, World

__all__ = ["first_election", "winners_table"]

MEETING_SECONDS = 10.0
"""Time to get to know each other before the master dies."""

WATCH_SECONDS = 3.0
"""Agreement takes a second at most, and who is elected at all is so within a few ticks."""


def first_election(deployment: Deployment, seed: int) -> Election | None:
    """Kill the master of `deployment`, with this seed; the election of which that is the cause."""
    world = World(dataclasses.replace(deployment, clients=0, groups=()), seed=seed)
    world.run(MEETING_SECONDS)
    world.kill("master")
    world.run(deployment.down_after_milliseconds / 1000 + WATCH_SECONDS)
    return find_first_election(world.trace)


def winners_table(
    deployment: Deployment,
    quorums: Iterable[int],
    seeds: Iterable[int] = range(1, 31),
    *,
    workers: int | None = None,
) -> Table:
    """A row for each quorum: how many first elections were won by whom, in how many runs.

    Columns say whether the leader was the first, second, ... Sentinel to notice that the master is
    gone, how often nobody won, and how often there was more than one candidate. The runs go on on
    `workers` processes (None: as many as processors).
    """
    wanted = list(quorums)
    numbers = list(seeds)
    jobs = [
        (dataclasses.replace(deployment, quorum=quorum), seed)
        for quorum in wanted
        for seed in numbers
    ]
    count = min(workers or os.cpu_count() or 1, len(jobs)) or 1
    if count == 1:
        found = [first_election(*job) for job in jobs]
    else:
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(first_election, *zip(*jobs, strict=True), chunksize=8))
    places = range(1, deployment.sentinels + 1)
    rows = []
    for number, quorum in enumerate(wanted):
        elections = found[number * len(numbers) : (number + 1) * len(numbers)]
        won = Counter(each.place for each in elections if each is not None)
        contested = sum(each is not None and len(each.candidates) > 1 for each in elections)
        won_by = [won[place] for place in places]
        rows.append((quorum, *won_by, len(numbers) - sum(won_by), contested))
    heads = [f"no. {place}" for place in places]
    caption = (
        f"who won, of {deployment.sentinels} Sentinels in order of noticing; {len(numbers)} runs"
    )
    return Table(("quorum", *heads, "nobody", "contested"), tuple(rows), caption)
