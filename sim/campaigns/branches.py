"""When did it become inevitable? One run up to a moment, and from there on many others.

A run is repeated with its own seed up to a moment, and from then on chance is another one. What
still happens in all of these branches was settled by then; what happens in few of them was not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import sqrt
from multiprocessing import get_context

from minisentinel.trace import Trace
from sim.campaigns.campaign import Outcome, chosen_scenario
from sim.judge import Fault, find_faults, find_nodes
from sim.judge.wording import Weight, put_into_words
from sim.kernel.units import microseconds
from sim.scenarios import Result, Scenario, run_scenario
from sim.tables import Table
from sim.world import World

__all__ = ["BranchPoint", "Branches", "branches", "run_branch"]

_TWO_SIGMA = 1.96
_TOLD_BY_DETAIL = ("command", "step_clock", "supervise", "break_disk")
"""What was done by these verbs is told by the detail, and better than by the verb."""


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """Of `total` branches at `moment` seconds of the run, `bad` went wrong."""

    moment: float
    bad: int
    total: int

    @property
    def share(self) -> float:
        """The share that went wrong, 0 to 1."""
        return self.bad / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 %: where the share of endlessly many branches may lie."""
        n, p, z = self.total, self.share, _TWO_SIGMA
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True)
class Branches:
    """The points of one run, in order of time.

    `is_bad` tells whether the run itself went wrong; `landmarks` are times in seconds and words of
    what was done in it, and what came of that, as it came.
    """

    name: str
    seed: int
    points: tuple[BranchPoint, ...]
    is_bad: bool
    landmarks: tuple[tuple[float, str], ...] = ()

    def table(self) -> Table:
        """A row for each moment, with the landmark before it."""
        rows = []
        for point in self.points:
            low, high = point.interval
            before = [words for time, words in self.landmarks if time <= point.moment]
            rows.append(
                (
                    point.moment,
                    f"{point.bad}/{point.total}",
                    f"{point.share:.0%}",
                    f"{low:.0%} to {high:.0%}",
                    before[-1] if before else "",
                )
            )
        return Table(
            ("branch at s", "bad", "share", "95 %", "after"),
            tuple(rows),
            f"{self.name}, seed {self.seed}, which {'went' if self.is_bad else 'did not go'} wrong",
        )

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def branches(
    scenario: Scenario | str,
    seed: int,
    moments: Iterable[float],
    fresh_seeds: Iterable[int] = range(1, 21),
    *,
    is_bad: Callable[[Outcome], bool],
    changes: Mapping[str, object] | None = None,
    variant: str = "",
    workers: int | None = None,
) -> Branches:
    """Branch off the run of `scenario` with `seed` at every one of `moments` (seconds of the run).

    From a moment on, chance comes from each of `fresh_seeds` in turn; `is_bad` judges how that
    ended. Faults that are due at a time stay where they are, those that wait for an event come when
    it does. `changes`, `variant` and `workers` are those of `run_campaign`. The same arguments give
    the same points, whatever the number of workers. Raises what `run_campaign` raises, and
    ValueError without a moment or a fresh seed, or for a moment before the beginning.
    """
    chosen = chosen_scenario(scenario, changes, variant)
    times, seeds = sorted(set(moments)), list(fresh_seeds)
    if not times or not seeds:
        raise ValueError("expected a moment and a fresh seed, at least")
    if times[0] < 0:
        raise ValueError(f"expected moments from 0 s on, found {times[0]:g}")
    original = run_scenario(chosen, seed=seed)
    tasks = [(moment, fresh) for moment in times for fresh in seeds]
    ends = _run_all(chosen, seed, tasks, workers)
    points = []
    for number, moment in enumerate(times):
        here = ends[number * len(seeds) : (number + 1) * len(seeds)]
        points.append(BranchPoint(moment, sum(map(is_bad, here)), len(here)))
    return Branches(
        chosen.full_name,
        seed,
        tuple(points),
        is_bad(Outcome(seed, original.summary, original.failures)),
        _landmarks(original.trace),
    )


def run_branch(scenario: Scenario, seed: int, moment: float, fresh_seed: int) -> Result:
    """One branch: the run of `scenario` with `seed`, whose chance is another from `moment` s on.

    The entries of its trace before the moment are those of the run itself.
    """

    def prepare(world: World) -> None:
        world.kernel.call_at(microseconds(moment), lambda _: world.fresh_chance(fresh_seed))

    return run_scenario(scenario, seed=seed, prepare=prepare)


def _run_all(
    scenario: Scenario, seed: int, tasks: Sequence[tuple[float, int]], workers: int | None
) -> list[Outcome]:
    count = min(workers or os.cpu_count() or 1, len(tasks))
    run = partial(_end_of, scenario, seed)
    if count == 1:
        return [run(task) for task in tasks]
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        return list(pool.map(run, tasks, chunksize=max(1, len(tasks) // (4 * count))))


def _end_of(scenario: Scenario, seed: int, task: tuple[float, int]) -> Outcome:
    result = run_branch(scenario, seed, *task)
    return Outcome(task[1], result.summary, result.failures)


def _landmarks(trace: Trace) -> tuple[tuple[float, str], ...]:
    """The faults, and the turns that the story took for the first time, in order."""
    nodes = find_nodes(trace)
    done = {_what_was_done(fault): fault.time_us for fault in reversed(find_faults(trace))}
    found = [(time_us, words) for words, time_us in reversed(done.items())]
    said: set[str] = set()
    for entry in trace.entries:
        name = getattr(entry.data, "name", "")
        is_turn = put_into_words(entry, nodes).weight is Weight.TURN
        if entry.kind == "event" and name not in said and (is_turn or name == "+sdown"):
            said.add(name)
            found.append((entry.time_us, f"{name} ({entry.node})"))
    # What happens at one moment stays in the order of the trace, and follows what was done then.
    found.sort(key=lambda each: each[0])
    return tuple((time_us / 1e6, words) for time_us, words in found)


def _what_was_done(fault: Fault) -> str:
    if fault.node == "network":
        return fault.verb if fault.is_remedy else f"{fault.verb} {fault.detail}"
    if fault.verb in _TOLD_BY_DETAIL:
        return f"{fault.node}: {fault.detail}"
    return f"{fault.verb.replace('_', ' ')} {fault.node}"
