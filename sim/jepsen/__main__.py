"""``python -m sim.jepsen``: the published table beside as many simulated runs as you like."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.arguments import count
from sim.jepsen.plan import VARIANTS, find_variant
from sim.jepsen.table import (
    FEWEST,
    Figures,
    comparison,
    is_inside,
    legend,
    measure,
    side_by_side,
    verdict,
)

__all__ = ["main", "make_parser"]


def make_parser(prog: str) -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Jepsen's experiment of 2013 with Redis Sentinel, published and simulated.",
        epilog="\n".join(["variants:", *legend()]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=count, default=100, help="runs of each variant (100)")
    parser.add_argument("--jobs", type=count, default=1, help="processes that share the work")
    parser.add_argument(
        "--variant",
        action="append",
        choices=[each.name for each in VARIANTS],
        help="only this one; may be given again (all)",
    )
    parser.add_argument("--json", type=Path, help="also write the figures of every run to a file")
    return parser


def main(arguments: Sequence[str] | None = None, *, prog: str = "python -m sim.jepsen") -> int:
    """Run, print the tables, and say whether the published loss lies within.

    The status is 1 if it does not, and there are enough runs (`FEWEST`) to say so.
    """
    options = make_parser(prog).parse_args(arguments)
    chosen = [find_variant(name) for name in options.variant or [each.name for each in VARIANTS]]
    runs: dict[str, list[Figures]] = {}
    for variant in chosen:
        print(f"{variant.name}: {options.seeds} runs", file=sys.stderr)
        runs[variant.name] = measure(variant, range(1, options.seeds + 1), options.jobs)
    if options.json:
        options.json.write_text(json.dumps(runs, indent=1), encoding="utf-8")
    published = runs.get(VARIANTS[0].name)
    if published:
        print(f"{VARIANTS[0].sentence}, {options.seeds} runs", *comparison(published), sep="\n")
        print(f"\n{verdict(published)}")
    if len(runs) > 1:
        print("\nmedian, and 5..95 % below it", *side_by_side(runs), *legend(), sep="\n")
    missed = published and len(published) >= FEWEST and not is_inside(published)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
