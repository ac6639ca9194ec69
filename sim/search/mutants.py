"""``python -m sim.search.mutants``: hunt every planted bug, print a table, and write its page.

Exit status: 0 all were caught and the true protocol was well, 1 not so, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sim.mutants import FAMILIES, MUTANTS, Mutant, find_mutant
from sim.scenarios import Fault
from sim.search.hunting import CHANCES, Catch, FalseAlarm, Hunter, by_chance

__all__ = ["Report", "main", "page", "page_of", "report_on", "told_on"]

HEAD = """# Planted bugs

What is a test suite worth? What it catches. Each of these bugs is one wrong rule in an otherwise
true Sentinel, or, at the end of the list, in a server (`sim/mutants/`; the core knows nothing of
them). A search through random stories finds every one, by the invariant that is named here and not
by a crash, and the true protocol keeps all invariants in the same stories. `make mutants` does it
again and prints a table; `tests/mutants` does it in every run of the tests.

Many are caught in stories that were made for one kind of bug: somebody knew the circumstances in
which the rule matters. The last sentence of each tells whether chance alone finds it too, in the
first general stories that a soak runs (`python -m sim.search story NUMBER` plays them). One that
chance does not find is no worse a bug; it says what random stories are worth.

To see one at work, let it play any scenario:

    from sim.mutants import find_mutant
    from sim.scenarios import find_scenario, run_scenario

    run_scenario(find_scenario("kill-master"), profile=find_mutant("majority-ignored").profile)

This page is written by `make mutants`.
"""

STORY = "The shortest story"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of the hunt for one mutant: how it was caught, if it was, and the seconds.

    `found` is the same before the story was made smaller; `alarm` says what the true protocol did
    wrong. `chance` is the general story in which chance alone finds it, if any
    (`sim.search.hunting.by_chance`), and `tried` how many of those there were.
    """

    mutant: Mutant
    catch: Catch | None
    found: Catch | None
    seconds: float
    alarm: str = ""
    chance: int | None = None
    tried: int = 0


def report_on(name: str, chances: int = CHANCES) -> Report:
    """Hunt the mutant of that name, and make the story that caught it as small as can be.

    `chances` are the general stories in which it is looked for besides.
    """
    mutant = find_mutant(name)
    hunter = Hunter()
    began = time.monotonic()  # noqa: TID251 - how long it took is told to people
    alarm = ""
    catch = found = None
    try:
        found = hunter.hunt(mutant)
        if found is not None:
            catch = hunter.shrink(found)
    except FalseAlarm as problem:
        alarm = str(problem)
    chance = by_chance(mutant, chances=chances)
    seconds = time.monotonic() - began  # noqa: TID251
    return Report(mutant, catch, found, seconds, alarm, chance, chances)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sim.search.mutants",
        description="Hunt planted bugs: which invariant catches each, after how many stories.",
    )
    parser.add_argument("names", nargs="*", metavar="MUTANT", help="which ones (all)")
    parser.add_argument("--jobs", type=int, help="processes (one for each processor)")
    parser.add_argument(
        "--chances",
        type=int,
        default=CHANCES,
        metavar="N",
        help=f"general stories in which chance may find it too ({CHANCES}); 0 saves time",
    )
    parser.add_argument(
        "--page", metavar="FILE", help="write docs/mutants.md anew, with what it tells of the rest"
    )
    options = parser.parse_args(arguments)
    names = options.names or [mutant.name for mutant in MUTANTS]
    try:
        for name in names:
            find_mutant(name)
    except ValueError as problem:
        parser.error(str(problem))
    reports = _hunt(names, options.jobs, options.chances, print)
    if options.page:
        path = Path(options.page)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(page_of(reports, before), encoding="utf-8")
    return 0 if all(each.catch and not each.alarm for each in reports) else 1


def _hunt(
    names: Sequence[str], jobs: int | None, chances: int, tell: Callable[[str], object]
) -> list[Report]:
    width = max(map(len, names))
    bound = Hunter().bound
    tell(f"{'mutant':{width}}  {'killed by':33}  stories  faults  nodes  by chance  seconds")
    reports = []
    with ProcessPoolExecutor(jobs) as pool:
        for report in pool.map(partial(report_on, chances=chances), names):
            reports.append(report)
            tell(_row(report, width, bound))
            sys.stdout.flush()
    killed = sum(each.catch is not None for each in reports)
    stories = sum(each.catch.example if each.catch else bound for each in reports)
    seconds = sum(each.seconds for each in reports)
    tell(
        f"{killed} of {len(reports)} killed in {stories} stories, {bound} at most for each; "
        f"{seconds:.0f} s"
    )
    if chances:
        missed = [each.mutant.name for each in reports if each.chance is None]
        tell(
            f"chance alone finds {len(reports) - len(missed)} of them in {chances} general stories"
        )
        tell(f"and does not find: {', '.join(missed) or 'none'}")
    alarms = [each.alarm for each in reports if each.alarm]
    tell("\n".join(alarms) or "the true protocol kept every invariant in all of these stories")
    return reports


def _row(report: Report, width: int, bound: int) -> str:
    name = f"{report.mutant.name:{width}}"
    chance = "story " + str(report.chance) if report.chance is not None else "-"
    last = f"{chance:>9}  {report.seconds:7.1f}"
    catch, found = report.catch, report.found
    if catch is None or found is None:
        return f"{name}  SURVIVED{'':25}  {bound:7}  {'':6}  {'':5}  {last}"
    faults, nodes = f"{found.length}>{catch.length}", f"{found.nodes}>{catch.nodes}"
    killed = f"{report.mutant.breaks:33}  {catch.example:7}"
    return f"{name}  {killed}  {faults:>6}  {nodes:>5}  {last}"


def page_of(reports: Sequence[Report], before: str = "") -> str:
    """The page of the catalogue with the shortest stories of these reports.

    Those of the other mutants are kept as the page `before` told them.
    """
    anew = {each.mutant.name: _story(each, each.catch) for each in reports if each.catch}
    return page({**told_on(before), **anew})


def told_on(page: str) -> dict[str, str]:
    """The stories that a page of the catalogue tells, by the names of their mutants."""
    stories = {}
    for section in re.split(r"\n#{2,3} ", page):
        name, _, rest = section.partition("\n")
        at = rest.find(STORY)
        if at >= 0:
            stories[name] = rest[at:].strip("\n")
    return stories


def page(stories: dict[str, str]) -> str:
    """The page of the catalogue; `stories` are what is told of how each was caught, by name."""
    parts = [HEAD]
    for title, family in FAMILIES:
        parts.append(f"\n## {title}\n")
        parts += [_section(mutant, stories.get(mutant.name, "")) for mutant in family]
    return "".join(parts)


def _section(mutant: Mutant, story: str) -> str:
    lines = [f"\n### {mutant.name}\n", mutant.sentence, "", f"*Lesson.* {mutant.lesson}"]
    if mutant.public_bug:
        lines += ["", f"*It has happened.* {mutant.public_bug}"]
    lines += ["", f"*Caught by* `{mutant.breaks}`, in stories of the kind *{mutant.hunt}*."]
    if story:
        lines += ["", story]
    return "\n".join(lines) + "\n"


def _story(report: Report, catch: Catch) -> str:
    where = catch.story.scenario.deployment
    each = " each" if where.masters > 1 and where.replicas else ""
    clients = f", {_many(where.clients, 'client')}" if where.clients else ""
    cast = (
        f"{_many(where.sentinels, 'Sentinel')} with quorum {where.effective_quorum}, "
        f"{_many(where.masters, 'master')}, {_many(where.replicas, 'replica')}{each}{clients}"
    )
    told = [f"    {_moment(fault)}  {fault}" for fault in catch.story.scenario.faults]
    told = told or ["    nothing is done to anybody"]
    then = f"Then: {catch.reason}.{_luck(report)}"
    return "\n".join([f"{STORY} ({cast}):", "", *told, "", then])


def _luck(report: Report) -> str:
    """A sentence on whether chance alone finds it; none if that was not tried."""
    if not report.tried:
        return ""
    if report.chance is not None:
        return f" Chance alone finds it too, in general story {report.chance}."
    return f" Chance alone did not find it in {report.tried} general stories."


def _many(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _moment(fault: Fault) -> str:
    if fault.at is None:
        return f"at {fault.when}"
    return f"{fault.at:7.3f} s"


if __name__ == "__main__":
    sys.exit(main())
