"""Whole simulated deployments: what a simulated second costs, beside the floor.

The floor is the barest loop (`benchmarks.contestants.floor`) doing `EVENTS_PER_SECOND` events for
each simulated second: as if every message and every tick of three Sentinels, a master and two
replicas in calm were one event with nothing to do.

Every measurement is a process of its own, and in it pieces of the simulation and of the floor take
turns, so that both see the same machine. Times are CPU times.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.contestants import floor
from benchmarks.workloads import Timers
from sim.world import Deployment, World

__all__ = ["AIM", "EVENTS_PER_SECOND", "STORIES", "Cost", "compare", "live", "table", "verdicts"]

EVENTS_PER_SECOND: Final = 107
AIM: Final = 4.0
"""Times the floor; what we want to reach one day, as opposed to the bar of a story."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_SEED: Final = 3
_FAILOVER_SECONDS: Final = 60
_FLOOR_SECONDS: Final = 600  # simulated ones, for which the floor runs in each of its turns


@dataclass(frozen=True, kw_only=True)
class Story:
    """A deployment, what happens to it, and how slow it may be."""

    title: str
    failover: bool = False
    """The master is killed after 10 of 60 s; otherwise nothing happens, and starting is free."""
    traced: bool = True
    clients: int = 0
    bar: float | None = None
    """Times the floor at most; None for what is only shown."""


STORIES: Final = {
    "idle": Story(title="idle deployment", bar=20),
    "idle-untraced": Story(title="idle deployment, no trace", traced=False),
    "failover": Story(title="failover", failover=True, bar=28),
    "failover-untraced": Story(title="failover, no trace", failover=True, traced=False),
    "failover-clients": Story(title="failover, 2 clients", failover=True, clients=2),
}


@dataclass(frozen=True)
class Cost:
    """CPU seconds for one simulated second, and what the floor took for its events meanwhile."""

    cpu_seconds: float
    floor_seconds: float

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.cpu_seconds / self.floor_seconds


def live(story: Story, rounds: int) -> Iterator[tuple[Callable[[], None], int]]:
    """The story in pieces, each with the simulated seconds that it lasts."""
    if story.failover:
        for _ in range(rounds):
            yield lambda: _fail_over(story), _FAILOVER_SECONDS
        return
    world = _world(story)
    world.run(20)
    for _ in range(3 * rounds):
        yield lambda: world.run(20), 20


def _fail_over(story: Story) -> None:
    world = _world(story)
    world.run(10)
    world.kill("redis-1")
    world.run(_FAILOVER_SECONDS - 10)


def _world(story: Story) -> World:
    world = World(Deployment(clients=story.clients), seed=_SEED)
    if not story.traced:
        for node in world.nodes.values():
            node.recorder = None
    return world


def compare(rounds: int, *, pieces: int, say: Callable[[str], None]) -> dict[str, list[Cost]]:
    """The costs of every story, round by round; `pieces` says how long each one is."""
    costs: dict[str, list[Cost]] = {name: [] for name in STORIES}
    for number in range(rounds):
        for name, story in STORIES.items():
            say(f"round {number + 1} of {rounds}: {story.title}")
            costs[name].append(_measure_apart(name, pieces))
    return costs


def _measure_apart(name: str, pieces: int) -> Cost:
    command = [sys.executable, "-m", "benchmarks.deployments", name, str(pieces)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    return Cost(**json.loads(done.stdout))


def _measure_here(name: str, pieces: int) -> Cost:
    work = Timers(events=EVENTS_PER_SECOND * _FLOOR_SECONDS)
    assert work.end > 0  # and everything that is drawn in advance has been drawn
    simulated, cpu, of_floor = 0, 0.0, []
    for piece, seconds in live(STORIES[name], pieces):
        gc.collect()
        of_floor.append(_cpu_seconds(lambda: floor.timers(work)) / _FLOOR_SECONDS)
        cpu += _cpu_seconds(piece)
        simulated += seconds
    return Cost(cpu_seconds=cpu / simulated, floor_seconds=statistics.fmean(of_floor))


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


_HEADER = ("deployment", "simulated s per CPU s", "µs per simulated s", "times the floor", "spread")


def table(costs: dict[str, list[Cost]]) -> Iterator[str]:
    """The lines of the table: medians of the rounds."""
    cells: list[Sequence[str]] = [_HEADER]
    for name, found in costs.items():
        seconds = statistics.median(cost.cpu_seconds for cost in found)
        ratios = [cost.ratio for cost in found]
        ratio = statistics.median(ratios)
        cells.append(
            (
                STORIES[name].title,
                f"{1 / seconds:,.0f}",
                f"{seconds * 1e6:,.0f}",
                f"{ratio:.1f}",
                f"{(max(ratios) - min(ratios)) / ratio:.0%}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, (first, *others) in enumerate(cells):
        right = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield f"| {' | '.join([first.ljust(widths[0]), *right])} |"
        if number == 0:
            rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
            yield f"| {' | '.join(rules)} |"


def verdicts(costs: dict[str, list[Cost]]) -> Iterator[tuple[bool, str]]:
    """For each story with a bar: whether it held, and how far the aim is."""
    for name, found in costs.items():
        story = STORIES[name]
        if story.bar is not None:
            ratio = statistics.median(cost.ratio for cost in found)
            yield (
                ratio <= story.bar,
                f"{story.title}: {ratio:.1f} times the floor, bar {story.bar:g}, aim {AIM:g}",
            )


if __name__ == "__main__":
    print(json.dumps(asdict(_measure_here(sys.argv[1], int(sys.argv[2])))))
