"""The command line of the benchmark; exit status 1 when a bar is missed in a full run."""

from __future__ import annotations

import argparse
import sys

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
        "--workload", action="append", choices=WORKLOADS, help="only this one; may be repeated"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[row.module for row in ROWS],
        help="only this contestant; may be repeated",
    )
    options = parser.parse_args()

    def say(line: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)

    wanted = [row for row in ROWS if options.only is None or row.module in options.only]
    results = compare(
        [row for row in wanted if row.is_installed],
        [name for name in WORKLOADS if options.workload is None or name in options.workload],
        rounds=1 if options.quick else options.rounds,
        divisor=50 if options.quick else 1,
        say=say,
    )
    say("")
    print(f"{machine()}; {'quick run' if options.quick else f'{options.rounds} rounds, medians'}\n")
    for line in table(results):
        print(line)
    absent = [row.title for row in wanted if not row.is_installed]
    if absent:
        print(f"\nNot installed (extra `bench`): {', '.join(absent)}")
    if options.quick:
        return 0
    print()
    verdicts = list(bars(results))
    for held, line in verdicts:
        print(f"{'reached' if held else 'MISSED '}  {line}")
    return 0 if all(held for held, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
