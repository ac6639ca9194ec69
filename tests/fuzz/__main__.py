"""Fuzzing from the command line.

    python -m tests.fuzz --minutes 10                 everything, in turns
    python -m tests.fuzz infos lives --cases 1000     so many inputs for each of these
    python -m tests.fuzz infos --seed 7 --case 4711   one input again, by its number
    python -m tests.fuzz infos --replay FILE          one input again, from a file

The same seed gives the same inputs in the same order; only how far it gets depends on the machine.
A failing input is shrunk, put into out/fuzz, and printed with the command that replays it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import TARGETS
from tests.fuzz.target import Target, case, shrunk

OUT = Path("out/fuzz")
MOST_FAILURES = 5
TURN = 20


@dataclass
class Row:
    """What became of one target."""

    target: Target
    cases: int = 0
    octets: int = 0
    seconds: float = 0.0
    slowest_ms: float = 0.0
    slowest_case: int = 0
    failures: int = 0


def main() -> int:
    """Fuzz; 0 if nothing was found, 1 if something was."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=0.0, help="for so long")
    parser.add_argument("--cases", type=int, default=0, help="or so many inputs for each target")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other inputs")
    parser.add_argument("--case", type=int, help="only the input with this number")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="only the input in this file")
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no such target: {unknown[0]} (one of {', '.join(TARGETS)})")
    rows = [Row(TARGETS[name]) for name in options.targets or TARGETS]
    if options.replay is not None or options.case is not None:
        if len(rows) != 1:
            parser.error("name the one target that the input is for")
        target = rows[0].target
        data = (
            case(target, options.seed, options.case)
            if options.replay is None
            else options.replay.read_bytes()
        )
        print(f"{len(data)} bytes: {data[:2000]!r}")
        target.check(data)
        print("nothing is wrong with it")
        return 0
    minutes = options.minutes or (0.0 if options.cases else 1.0)
    _run(rows, options.seed, minutes * 60, options.cases)
    print(_table(rows, options.seed))
    return 1 if any(row.failures for row in rows) else 0


def _run(rows: list[Row], seed: int, seconds: float, cases: int) -> None:
    deadline = time.monotonic() + seconds if seconds else float("inf")
    while True:
        wanted = [
            row
            for row in rows
            if row.failures < MOST_FAILURES and not (cases and row.cases >= cases)
        ]
        if not wanted or time.monotonic() > deadline:
            return
        # Who has had the least time is next.
        row = min(wanted, key=lambda one: one.seconds)
        for _ in range(min(TURN, cases - row.cases) if cases else TURN):
            _one(row, seed)


def _one(row: Row, seed: int) -> None:
    target, which = row.target, row.cases
    data = case(target, seed, which)
    started = time.process_time()
    problem: Exception | None = None
    try:
        target.check(data)
    except Exception as error:
        problem = error
    seconds = time.process_time() - started
    row.cases += 1
    row.octets += len(data)
    row.seconds += seconds
    if seconds * 1000 > row.slowest_ms:
        row.slowest_ms, row.slowest_case = seconds * 1000, which
    if problem is not None:
        row.failures += 1
        _report(target, seed, which, data, problem)


def _report(target: Target, seed: int, which: int, data: bytes, problem: Exception) -> None:
    small = shrunk(target, data)
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{target.name}-{seed}-{which}"
    path.write_bytes(small)
    print(f"\nFAILED: {target.name}, seed {seed}, case {which}", flush=True)
    print("".join(traceback.format_exception(problem)[-4:]), end="")
    print(f"{len(data)} bytes, {len(small)} are enough: {small[:1000]!r}")
    print(f"  replay: {sys.executable} -m tests.fuzz {target.name} --replay {path}")
    print(
        f"  or:     {sys.executable} -m tests.fuzz {target.name} --seed {seed} --case {which}",
        flush=True,
    )


def _table(rows: list[Row], seed: int) -> str:
    lines = [
        f"seed {seed}",
        "| target         |     cases |    MB | per second | slowest (case)       | failures |",
        "|----------------|----------:|------:|-----------:|---------------------:|---------:|",
    ]
    for row in rows:
        speed = row.cases / row.seconds if row.seconds else 0.0
        slowest = f"{row.slowest_ms:,.0f} ms ({row.slowest_case})"
        lines.append(
            f"| {row.target.name:14} | {row.cases:9,} | {row.octets / 1e6:5.1f} "
            f"| {speed:10,.0f} | {slowest:>20} | {row.failures:8} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
