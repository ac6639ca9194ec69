"""The command line of the benchmark; exit status 1 when a bar is missed in a full run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from benchmarks import breakdown, deployments
from benchmarks.measure import compare
from benchmarks.report import bars, machine, table
from benchmarks.rows import ROWS
from benchmarks.workloads import WORKLOADS


def main() -> int:
    """Measure, print the table, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: 5)")
    parser.add_argument(
        "--quick", action="store_true", help="one round of a fiftieth of the work; judges nothing"
    )
    parser.add_argument(
        "--workload",
        action="append",
        choices=[*WORKLOADS, "deployments"],
        help="only this one; may be repeated",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[row.module for row in ROWS],
        help="only this contestant, and no deployments; may be repeated",
    )
    options = parser.parse_args()

    def say(line: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)

    print(f"{machine()}; {'quick run' if options.quick else f'{options.rounds} rounds, medians'}")
    verdicts: list[tuple[bool, str]] = []
    if options.workload is None or set(options.workload) - {"deployments"}:
        verdicts += _contestants(options, say)
    if "deployments" in (options.workload or ["deployments"]) and options.only is None:
        verdicts += _deployments(options, say)
    if options.quick:
        return 0
    print()
    for held, line in verdicts:
        print(f"{'reached' if held else 'MISSED '}  {line}")
    return 0 if all(held for held, _ in verdicts) else 1


def _contestants(
    options: argparse.Namespace, say: Callable[[str], None]
) -> Iterator[tuple[bool, str]]:
    """The kernel beside other simulators and loops."""
    wanted = [row for row in ROWS if options.only is None or row.module in options.only]
    results = compare(
        [row for row in wanted if row.is_installed],
        [name for name in WORKLOADS if options.workload is None or name in options.workload],
        rounds=1 if options.quick else options.rounds,
        divisor=50 if options.quick else 1,
        say=say,
    )
    say("")
    print()
    for line in table(results):
        print(line)
    absent = [row.title for row in wanted if not row.is_installed]
    if absent:
        print(f"\nNot installed (extra `bench`): {', '.join(absent)}")
    return bars(results)


def _deployments(
    options: argparse.Namespace, say: Callable[[str], None]
) -> Iterator[tuple[bool, str]]:
    """Whole deployments beside the floor, and where their time goes."""
    pieces = 1 if options.quick else 6
    costs = deployments.compare(1 if options.quick else options.rounds, pieces=pieces, say=say)
    say("")
    print()
    for line in deployments.table(costs):
        print(line)
    for name in ("idle", "failover"):
        print()
        for line in breakdown.lines(name, pieces):
            print(line)
    return deployments.verdicts(costs)


if __name__ == "__main__":
    sys.exit(main())
