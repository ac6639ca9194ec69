"""``python -m sim.search``: soak for a while, or look at one story.

Exit status: 0 all well, 1 something is broken that nothing explains, 2 wrong usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from sim.arguments import count, positive
from sim.scenarios.writing import to_toml
from sim.search.checking import judge, save
from sim.search.soak import JournalError, soak, story_number

__all__ = ["main", "make_parser"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = make_parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except (JournalError, OSError) as problem:
        print(f"python -m sim.search: error: {problem}", file=sys.stderr)
        return 2
    return status


def make_parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m sim.search",
        description="Search for a run in which a promise of the protocol is broken.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    soaking = commands.add_parser(
        "soak",
        help="run many stories",
        description="Run stories on all processors. Who is interrupted or killed goes on where it "
        "ended: the journal is in the folder of the report.",
    )
    soaking.add_argument("--minutes", type=positive, default=10.0, help="how long (10)")
    soaking.add_argument("--out", default="out/soak", metavar="FOLDER", help="(out/soak)")
    soaking.add_argument("--jobs", type=count, help="processes (one for each processor)")
    soaking.add_argument("--first", type=count, default=0, help="the story to begin with (0)")
    soaking.add_argument("--runs", type=count, help="stories at most (as many as there is time)")
    soaking.set_defaults(command=_soak)
    story = commands.add_parser("story", help="run one story of a soak again")
    story.add_argument("number", type=int, help="its number")
    story.add_argument("--save", metavar="FOLDER", help="write its file and its timeline here")
    story.set_defaults(command=_story)
    return parser


def _soak(options: argparse.Namespace) -> int:
    tell = partial(print, flush=True)
    well = soak(
        options.out,
        options.minutes,
        jobs=options.jobs,
        first=options.first,
        most=options.runs,
        tell=tell,
    )
    print(f"the report is in {options.out}/report.md")
    return 0 if well else 1


def _story(options: argparse.Namespace) -> int:
    kind, story = story_number(options.number)
    outcome = judge(story)
    print(f"# {kind} story {options.number}, seed {story.seed}")
    print(to_toml(story.scenario))
    for problem in outcome.problems:
        print(problem)
    for name in outcome.peculiarities:
        print(f"explained by {name}")
    if options.save:
        print(f"run it again: {save(outcome, options.save, f'story-{options.number}')}")
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
