"""Prints the digests of shipped scenarios: ``python -m tests.determinism.digests [NAME ...]``.

A line for each of them and each of their variants, with seed 1; all of them if none is named, in
the order of the names, or in the opposite one with ``--reversed``. Run by tests in other processes
and with other interpreters, so it needs nothing but the sources. Whoever touches a file, a socket
or a process of the machine during a run is stopped (`real_io`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from sim.scenarios import Result, find_scenario, run_scenario
from sim.scenarios.catalogue import shipped_names
from sim.scenarios.scenario import Scenario
from tests.determinism.real_io import no_real_io

__all__ = ["digests", "digests_of", "runs_of", "told"]

BACKWARDS = "--reversed"


def digests(seeds: Sequence[int], scenario: str = "kill-master") -> list[str]:
    """The digest of `scenario` for each seed, in that order."""
    story = find_scenario(scenario)
    return [run_scenario(story, seed=seed).trace.digest() for seed in seeds]


def runs_of(name: str) -> Iterator[tuple[Scenario, Result]]:
    """The scenario and each of its variants, run with seed 1; nobody may touch the machine."""
    for variant in ("", *(each.name for each in find_scenario(name).variants)):
        scenario = find_scenario(name, variant=variant)
        with no_real_io():
            result = run_scenario(scenario, seed=1)
        yield scenario, result


def told(scenario: Scenario, result: Result) -> str:
    """The line that tells the digest of a run."""
    return f"{scenario.full_name} {result.trace.digest()}"


def digests_of(names: Sequence[str]) -> Iterator[str]:
    """Lines that tell the digest of each of these scenarios and of its variants."""
    for name in names:
        for scenario, result in runs_of(name):
            yield told(scenario, result)


if __name__ == "__main__":
    chosen = [name for name in sys.argv[1:] if name != BACKWARDS] or shipped_names()
    for line in digests_of(chosen[::-1] if BACKWARDS in sys.argv else chosen):
        print(line, flush=True)
