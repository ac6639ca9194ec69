"""``python -m tools.compare_reference``: play, compare, print, draw."""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.pool
import os
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tools.compare_reference.comparison import Comparison, Played, pooled_orders, simulate
from tools.compare_reference.orders import Order
from tools.compare_reference.recordings import Recording, read_all
from tools.compare_reference.report import report, summary
from tools.compare_reference.scenes import SCENES

CHUNK = 10
SEEDS_APART = 10_000
PATIENCE = 5
"""How many times the seeds that were asked for are played while some order is still missing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The comparison as a command; 1 when a law or an order that always held is broken."""
    parser = argparse.ArgumentParser(prog="compare_reference", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="simulated runs of each scenario")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", default=[], metavar="SCENARIO")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="draw distributions there")
    parser.add_argument(
        "--verbose", action="store_true", help="every measure, not only the odd ones"
    )
    options = parser.parse_args(arguments)

    recordings = read_all()
    known = [each.scenario for each in recordings if each.scenario in SCENES]
    if unknown := [name for name in options.only if name not in known]:
        parser.error(f"unknown scenario {unknown[0]!r}; known: {', '.join(known)}")
    chosen = [each for each in recordings if each.scenario in (options.only or known)]

    began = time.monotonic()
    pool = pooled_orders(recordings)
    comparisons = []
    with multiprocessing.get_context("spawn").Pool(options.jobs) as workers:
        for recording in chosen:
            # Other seeds for each scenario: the first seconds of some are the same.
            first = options.first_seed + SEEDS_APART * known.index(recording.scenario)
            comparisons.append(_compare(workers, recording, pool, first, options.seeds))
            print(f"played {recording.scenario}", file=sys.stderr, flush=True)
    took = time.monotonic() - began

    for each in comparisons:
        print(report(each, verbose=options.verbose))
    print(summary(comparisons))
    runs = sum(len(each.played) for each in comparisons)
    print(f"\n{runs} runs in {took:.0f} s on {options.jobs} processors.")
    if options.figures:
        from tools.compare_reference.figures import draw_all

        for path in draw_all(comparisons, options.figures):
            print(f"drawn: {path}")
    broken = any(each.broken_laws or each.broken_orders for each in comparisons)
    return 1 if broken else 0


def _compare(
    workers: multiprocessing.pool.Pool,
    recording: Recording,
    pool: Mapping[Order, int],
    first: int,
    seeds: int,
) -> Comparison:
    """Play `seeds` runs, and more while an order that was recorded both ways came only one way."""
    played: list[Played] = []
    while True:
        start = first + len(played)
        played += workers.imap(partial(simulate, recording), range(start, start + seeds), CHUNK)
        comparison = Comparison(recording, tuple(played), pool)
        if not comparison.missing_orders or len(played) >= PATIENCE * seeds:
            return comparison


if __name__ == "__main__":
    sys.exit(main())
