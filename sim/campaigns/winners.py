"""Many first elections: who tends to win, and how often nobody does."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from sim.judge.elections import Election, find_first_election
from sim.network import Distances
from sim.tables import Table
from sim.world import Deployment, World

__all__ = ["distance_table", "first_election", "winners_table"]

MEETING_SECONDS = 10.0
"""Time to get to know each other before the master dies."""

WATCH_SECONDS = 3.0
"""Agreement takes a second at most, and who is elected at all is so within a few ticks."""

FAR_MEETING_SECONDS, FAR_WATCH_SECONDS = 15.0, 13.0
"""The same where messages take long; whoever is not elected gives up after ten seconds."""


def first_election(
    deployment: Deployment,
    seed: int,
    meeting_seconds: float = MEETING_SECONDS,
    watch_seconds: float = WATCH_SECONDS,
) -> Election | None:
    """Kill the master of `deployment`, with this seed; the election of which that is the cause.

    It dies after `meeting_seconds`, and is watched for `watch_seconds` after down-after.
    """
    world = World(dataclasses.replace(deployment, clients=0, groups=()), seed=seed)
    world.run(meeting_seconds)
    world.kill("master")
    world.run(deployment.down_after_milliseconds / 1000 + watch_seconds)
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
        (
            dataclasses.replace(deployment, quorum=quorum),
            seed,
            MEETING_SECONDS,
            WATCH_SECONDS,
        )
        for quorum in wanted
        for seed in numbers
    ]
    found = _first_elections(jobs, workers)
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


def distance_table(
    deployment: Deployment,
    sentinels: Iterable[int],
    round_trips_ms: Iterable[int],
    seeds: Iterable[int] = range(1, 51),
    *,
    workers: int | None = None,
) -> Table:
    """A row for each number of Sentinels, a column for the longest round trip between two machines.

    Every two machines have a distance of their own, drawn once, from a tenth of the longest round
    trip on. A cell tells in what share of the first elections nobody won, and in what share there
    was more than one candidate. Much depends on where in the second between two PINGs the master
    dies, so the runs share that out among themselves. Quorum and all else are those of
    `deployment`.
    """
    counts, longest, numbers = list(sentinels), list(round_trips_ms), list(seeds)
    jobs = [
        (
            dataclasses.replace(deployment, sentinels=count, latency=_apart(round_trip)),
            seed,
            FAR_MEETING_SECONDS + place / len(numbers),
            FAR_WATCH_SECONDS,
        )
        for count in counts
        for round_trip in longest
        for place, seed in enumerate(numbers)
    ]
    found = iter(_first_elections(jobs, workers))
    rows = []
    for count in counts:
        cells = []
        for _ in longest:
            elections = [next(found) for _ in numbers]
            lost = sum(each is None or not each.leader for each in elections)
            contested = sum(each is not None and len(each.candidates) > 1 for each in elections)
            cells.append(f"{lost / len(numbers):.0%}, {contested / len(numbers):.0%}")
        rows.append((count, *cells))
    heads = [f"{each} ms" for each in longest]
    caption = f"nobody won, several candidates: shares of {len(numbers)} first elections"
    return Table(("Sentinels", *heads), tuple(rows), caption)


def _apart(round_trip_ms: int) -> Distances:
    longest_us = round_trip_ms * 1000 // 2
    return Distances(longest_us // 10, longest_us)


def _first_elections(
    jobs: Sequence[tuple[Deployment, int, float, float]], workers: int | None
) -> list[Election | None]:
    """The `first_election` of each of these, in their order."""
    count = min(workers or os.cpu_count() or 1, len(jobs)) or 1
    if count == 1:
        return [first_election(*job) for job in jobs]
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        return list(pool.map(first_election, *zip(*jobs, strict=True), chunksize=8))
