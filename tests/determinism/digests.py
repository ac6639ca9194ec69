"""Prints the digests of some runs, one a line: ``python -m tests.determinism.digests 1 2 3``.

Run by tests in other processes and with other interpreters, so it needs nothing but the sources.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim.scenarios import find_scenario, run_scenario

__all__ = ["digests"]


def digests(seeds: Sequence[int], scenario: str = "kill-master") -> list[str]:
    """The digest of `scenario` for each seed, in that order."""
    story = find_scenario(scenario)
    return [run_scenario(story, seed=seed).trace.digest() for seed in seeds]


if __name__ == "__main__":
    print("\n".join(digests([int(argument) for argument in sys.argv[1:]])))
