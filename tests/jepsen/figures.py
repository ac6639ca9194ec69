"""The figures of many runs, kept in a file: ``python -m tests.jepsen.figures`` makes it anew.

A hundred runs of five variants take minutes, so the tests repeat only a few of them and compare;
what the page says about the hundred is computed from the file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.jepsen.accounting import TO_LAST
from sim.jepsen.plan import VARIANTS
from sim.jepsen.table import Figures, comparison, is_inside, measure, verdict

__all__ = ["KEPT", "SEEDS", "kept", "stored", "write"]

FILE = Path(__file__).with_suffix(".json")
SEEDS = range(1, 101)
KEPT = ("acknowledged", "surviving", "lost", TO_LAST, "found")


def kept(run: Figures) -> list[float]:
    """Those figures of a run that are kept, in the order of `KEPT`."""
    return [run.get(name, 0) for name in KEPT]


def stored() -> dict[str, list[Figures]]:
    """The kept figures of every variant, seed by seed."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        variant: [dict(zip(KEPT, run, strict=True)) for run in runs]
        for variant, runs in found.items()
    }


def write(runs: Mapping[str, Sequence[Figures]]) -> None:
    """Keep these runs, a line for each."""
    variants = (
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(kept(run)) for run in found) + "\n]"
        for name, found in runs.items()
    )
    FILE.write_text("{\n" + ",\n".join(variants) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    everything = {}
    for each in VARIANTS:
        print(f"{each.name}: {len(SEEDS)} runs", file=sys.stderr)
        everything[each.name] = measure(each, SEEDS, os.cpu_count() or 1)
    write(everything)
    published = everything[VARIANTS[0].name]
    print(*comparison(published), "", verdict(published), sep="\n")
    sys.exit(not is_inside(published))
