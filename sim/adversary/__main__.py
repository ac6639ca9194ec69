"""``python -m sim.adversary``: explore, random, mutants, replay."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from minisentinel.core import MODERN, Profile
from sim.adversary.aftermath import aftermath
from sim.adversary.chance import hunt
from sim.adversary.culprits import CULPRIT_HUNTS, catch
from sim.adversary.moves import BadMove, parse_moves
from sim.adversary.questions import QUESTIONS, ask, find_question, world_of
from sim.adversary.report import answer_text, verdicts
from sim.adversary.runs import replay, shrink, told
from sim.adversary.variants import SAFER_TALLY
from sim.mutants import find_mutant

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and do it; 0 unless the command line or a schedule is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m sim.adversary",
        description="The cores of Sentinels alone, with the network as adversary.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    names = [question.name for question in QUESTIONS]

    one = commands.add_parser("explore", help="every order of everything, up to a bound")
    one.add_argument("question", nargs="*", metavar="QUESTION", help=f"{', '.join(names)} (all)")
    one.add_argument("--rules", default="", help="safer-tally, or the name of a planted bug")
    one.add_argument("--states", type=int, default=0, help="another bound on the states")
    one.add_argument("--long", action="store_true", help="tell what was found move by move")
    one.set_defaults(run=_explore)

    two = commands.add_parser("random", help="many runs by chance (PCT, or plain walks)")
    two.add_argument("question", choices=names)
    two.add_argument("--rules", default="", help="safer-tally, or the name of a planted bug")
    two.add_argument("--runs", type=int, default=500, help="how many at most (500)")
    two.add_argument("--steps", type=int, default=60, help="moves of a run (60)")
    two.add_argument("--depth", type=int, default=3, help="of PCT; 0 for plain walks (3)")
    two.add_argument("--seed", type=int, default=0, help="of the first run (0)")
    two.set_defaults(run=_random)

    three = commands.add_parser("mutants", help="the planted bugs in elections, each to be found")
    three.set_defaults(run=_mutants)

    four = commands.add_parser("replay", help="make the moves of a file, and tell what happens")
    four.add_argument("question", choices=names)
    four.add_argument("schedule", type=Path, help="moves, one a line")
    four.add_argument("--rules", default="", help="safer-tally, or the name of a planted bug")
    four.add_argument(
        "--after", type=int, default=0, metavar="SECONDS", help="then let all work again so long"
    )
    four.set_defaults(run=_replay)

    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        print(f"python -m sim.adversary: {error}", file=sys.stderr)
        return 2
    return 0


def _rules(name: str) -> Profile:
    if not name:
        return MODERN
    return SAFER_TALLY if name == SAFER_TALLY.name else find_mutant(name).profile


def _explore(options: argparse.Namespace) -> None:
    chosen = [find_question(name) for name in options.question] or QUESTIONS
    for question in chosen:
        began = time.process_time()
        answer = ask(question, _rules(options.rules), max_states=options.states)
        print(answer_text(answer, time.process_time() - began, long=options.long), flush=True)


def _random(options: argparse.Namespace) -> None:
    question = find_question(options.question)
    world, start = world_of(question, _rules(options.rules))
    start = replay(world, start, parse_moves(question.first)).situation
    began = time.process_time()
    sought = question.stages[-1:] or question.watch
    found = hunt(
        world,
        start,
        runs=options.runs,
        steps=options.steps,
        depth=options.depth,
        first_seed=options.seed,
        stop=lambda breach: breach.what in sought,
    )
    seconds = time.process_time() - began
    how = f"PCT of depth {options.depth}" if options.depth else "plain walks"
    print(f"{question.name}: {how}, {found.runs} runs, {found.moves} moves, {seconds:.1f} s")
    if found.breach is None:
        print("nothing found: bound reached")
        return
    what = found.breach.what
    way = shrink(world, start, found.way, lambda r: any(each.what == what for each in r.breaches))
    print(f"seed {found.seed}: {found.breach.text}; {len(found.way)} moves, shrunk to {len(way)}")
    run = replay(world, start, way)
    for line in [*verdicts(run), *told(run)]:
        print(f"  {line}")


def _mutants(options: argparse.Namespace) -> None:
    for each in CULPRIT_HUNTS:
        began = time.process_time()
        print(catch(each).text(time.process_time() - began), flush=True)


def _replay(options: argparse.Namespace) -> None:
    question = find_question(options.question)
    world, start = world_of(question, _rules(options.rules))
    try:
        run = replay(world, start, parse_moves(options.schedule.read_text(encoding="utf-8")))
    except BadMove as error:
        raise ValueError(f"{options.schedule}: {error}") from None
    for line in [*told(run), *(f"! {each.text}" for each in run.breaches), *verdicts(run)]:
        print(line)
    if options.after:
        _, lines = aftermath(world, run.situation, options.after)
        print("\nand then, when everything works again:", *lines, sep="\n")


if __name__ == "__main__":
    sys.exit(main())
