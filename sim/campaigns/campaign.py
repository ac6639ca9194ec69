"""One scenario with many seeds: what always happens, what sometimes does, and how long it takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

from sim.campaigns.distribution import Distribution
from sim.campaigns.measures import MEASURES, Measure
from sim.judge import Summary
from sim.scenarios import Scenario, run_scenario, with_changes
from sim.tables import Table

__all__ = ["Campaign", "Outcome", "Sweep", "run_campaign", "sweep"]

QUANTILES = (("5 %", 0.05), ("median", 0.5), ("95 %", 0.95), ("most", 1.0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed: the summary of its run, and the claims that failed."""

    seed: int
    summary: Summary
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """The outcomes of one scenario with many seeds, in order of the seeds."""

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether every run was as expected."""
        return not any(each.failures for each in self.outcomes)

    def distribution(self, measure: str | Measure) -> Distribution:
        """What `measure` was in these runs; raises ValueError for a name that there is not."""
        taken = find_measure(measure)
        values = [taken.take(each.summary) for each in self.outcomes]
        return Distribution.of(taken.name, taken.unit, values)

    def share(self, is_so: Callable[[Summary], bool]) -> float:
        """The share of the runs of whose summary `is_so` says yes."""
        return sum(is_so(each.summary) for each in self.outcomes) / len(self.outcomes)

    def table(self, measures: Iterable[str | Measure] = tuple(MEASURES)) -> Table:
        """A row for each measure: in how many runs it was seen, and its quantiles."""
        rows = []
        for measure in map(find_measure, measures):
            found = self.distribution(measure)
            cells = [found.quantile(share) if found.values else "" for _, share in QUANTILES]
            rows.append((measure.name, measure.unit, len(found.values), *cells, measure.about))
        heads = tuple(head for head, _ in QUANTILES)
        caption = f"{self.name}, {len(self.outcomes)} runs"
        return Table(("measure", "unit", "runs", *heads, "which is"), tuple(rows), caption)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


@dataclass(frozen=True, slots=True)
class Sweep:
    """Campaigns that differ in the value of one parameter or setting, `key`."""

    key: str
    campaigns: tuple[tuple[str, Campaign], ...]

    def table(self, *measures: str | Measure) -> Table:
        """A row for each value: medians of `measures`, and how many runs were as expected."""
        taken = [find_measure(each) for each in measures]
        rows = []
        for value, campaign in self.campaigns:
            found = [campaign.distribution(each) for each in taken]
            medians = [each.median if each.values else "" for each in found]
            good = sum(not each.failures for each in campaign.outcomes)
            rows.append((value, *medians, f"{good}/{len(campaign.outcomes)}"))
        heads = [f"{each.name} {each.unit}".rstrip() for each in taken]
        return Table((self.key, *heads, "as expected"), tuple(rows), "medians")


def find_measure(measure: str | Measure) -> Measure:
    """The measure of this name; raises ValueError, which names those that there are."""
    if isinstance(measure, Measure):
        return measure
    if measure not in MEASURES:
        raise ValueError(f"no measure is called {measure!r}; expected: {', '.join(MEASURES)}")
    return MEASURES[measure]


def run_campaign(
    scenario: Scenario | str,
    seeds: Iterable[int] = range(1, 101),
    *,
    changes: Mapping[str, object] | None = None,
    variant: str = "",
    workers: int | None = None,
) -> Campaign:
    """Run a scenario with every seed, on `workers` processes (None: as many as processors).

    `changes` are other values of its parameters and settings, as for ``--set``; they go with the
    name of a scenario. The outcome does not depend on the number of workers. Raises what
    `run_scenario` and `with_changes` raise, and ValueError for changes to a `Scenario` that is
    given as an object.
    """
    (campaign,) = _run_all([chosen_scenario(scenario, changes, variant)], seeds, workers)
    return campaign


def chosen_scenario(
    scenario: Scenario | str, changes: Mapping[str, object] | None, variant: str
) -> Scenario:
    """The scenario of that name with `changes`, or the object as it is (see `run_campaign`)."""
    if isinstance(scenario, str):
        texts = {key: str(value) for key, value in (changes or {}).items()}
        return with_changes(scenario, texts, variant=variant)
    if changes or variant:
        raise ValueError("changes and variants need the name of a scenario, found an object")
    return scenario


def sweep(
    scenario: str,
    key: str,
    values: Sequence[object],
    seeds: Iterable[int] = range(1, 31),
    *,
    changes: Mapping[str, object] | None = None,
    variant: str = "",
    workers: int | None = None,
) -> Sweep:
    """A campaign for each of `values` of the parameter or setting `key`; see `run_campaign`."""
    scenarios = [
        chosen_scenario(scenario, {**(changes or {}), key: value}, variant) for value in values
    ]
    campaigns = _run_all(scenarios, seeds, workers)
    return Sweep(key, tuple(zip(map(str, values), campaigns, strict=True)))


def _run_all(
    scenarios: Sequence[Scenario], seeds: Iterable[int], workers: int | None
) -> list[Campaign]:
    """Every scenario with every seed, all on the same processes: to start these costs the most."""
    numbers = list(seeds)
    jobs = [(scenario, seed) for scenario in scenarios for seed in numbers]
    count = min(workers or os.cpu_count() or 1, len(jobs)) or 1
    if count == 1:
        outcomes = [_run(*job) for job in jobs]
    else:
        chunk = max(1, len(jobs) // (4 * count))
        # Not a fork: whoever calls may have threads, as notebooks do.
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            outcomes = list(pool.map(_run, *zip(*jobs, strict=True), chunksize=chunk))
    ends = iter(outcomes)
    return [
        Campaign(scenario.full_name, tuple(islice(ends, len(numbers)))) for scenario in scenarios
    ]


def _run(scenario: Scenario, seed: int) -> Outcome:
    result = run_scenario(scenario, seed=seed)
    return Outcome(seed, result.summary, result.failures)
