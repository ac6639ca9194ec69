"""The commands ``list``, ``describe`` and ``run``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from minisentinel.files import read_included, read_text
from minisentinel.trace import write_trace
from sim.arguments import UsageError, count, positive
from sim.cli.outputs import check_outputs, progress_bar, written
from sim.cli.plotting import plotter
from sim.judge import log_lines
from sim.scenarios import (
    Scenario,
    describe,
    find_scenario,
    run_scenario,
    shipped_scenarios,
    with_changes,
)
from sim.scenarios.overview import HEADINGS, run_row, table_lines
from sim.scenarios.runner import Result
from sim.world.deployment import DEPLOYMENT_SETTINGS, Deployment

__all__ = ["add_describe", "add_list", "add_run"]

ALL = "all"
ONE_RUN = ("duration", "trace", "messages", "plot")
"""The options that a table of many runs has no use for."""


def add_list(commands: Any) -> None:
    """``list``."""
    listing = commands.add_parser("list", help="the shipped scenarios")
    listing.set_defaults(command=_list)


def add_describe(commands: Any) -> None:
    """``describe SCENARIO``."""
    description = commands.add_parser("describe", help="tell what a scenario is, in words")
    description.add_argument("scenario", help="a shipped scenario (see list), or a .toml file")
    description.add_argument("--variant", default="", metavar="NAME", help="this variant of it")
    description.set_defaults(command=_describe)


def add_run(commands: Any) -> None:
    """``run SCENARIO|all``."""
    run = commands.add_parser(
        "run",
        help="run a scenario, or all, and judge it",
        description="Run a scenario, print every Sentinel's log, a summary and the digest. With "
        f"--seeds many runs of it become a row of a table; '{ALL}' gives a row for every shipped "
        "scenario.",
    )
    run.add_argument("scenario", help=f"a shipped scenario (see list), a .toml file, or '{ALL}'")
    run.add_argument("--variant", default="", metavar="NAME", help="this variant of it")
    run.add_argument("--conf", metavar="FILE", help="take the deployment from this sentinel.conf")
    run.add_argument("--master", metavar="NAME", help="which master of --conf (default: the first)")
    run.add_argument("--seed", type=int, default=1, metavar="N", help="default: 1")
    run.add_argument(
        "--seeds", type=count, metavar="K", help="K runs, from --seed on: only a row of the table"
    )
    run.add_argument(
        "--duration",
        type=positive,
        metavar="SECONDS",
        help="virtual time to watch after the fault (default: until all is calm again)",
    )
    run.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a parameter of the scenario (see describe), or a setting, any of: "
        f"{', '.join(DEPLOYMENT_SETTINGS)}",
    )
    run.add_argument("--trace", metavar="FILE", help="write the trace, as JSON Lines")
    run.add_argument(
        "--messages", action="store_true", help="put every single message into the trace"
    )
    run.add_argument(
        "--plot",
        action="append",
        default=[],
        metavar="FILE",
        help="draw the timeline: .png, .svg or .pdf; may be given several times",
    )
    run.add_argument("--quiet", action="store_true", help="leave the log lines out")
    run.set_defaults(command=_run)


def _list(options: argparse.Namespace) -> int:
    scenarios = shipped_scenarios()
    width = max(len(scenario.name) for scenario in scenarios)
    theme = ""
    for scenario in scenarios:
        if scenario.theme != theme:
            theme = scenario.theme
            print(theme)
        print(f"  {scenario.name:<{width}}  {scenario.title}")
    return 0


def _describe(options: argparse.Namespace) -> int:
    for line in describe(find_scenario(options.scenario, variant=options.variant)):
        print(line)
    return 0


def _refuse(options: argparse.Namespace, names: Sequence[str], why: str) -> None:
    """Raise `UsageError` if one of these options is given."""
    for name in names:
        if getattr(options, name):
            raise UsageError(f"--{name} is for {why}")


def _run_table(scenarios: Sequence[Scenario], options: argparse.Namespace) -> int:
    """A row for each scenario as soon as it is known; what failed, behind all of them.

    What the machine took for it is told of all, to compare; a single row is the same everywhere.
    """
    columns = slice(None if len(scenarios) > 1 else -1)
    seeds = range(options.seed, options.seed + (options.seeds or 1))
    names = max(len(each.full_name) for each in scenarios)
    themes = max(len(each.theme) for each in scenarios)
    widths: tuple[int, ...] = (
        names,
        themes,
        len("FAILED") + 2 * len(f" {len(seeds)}"),
        9,
        11,
        9,
        9,
        6,
    )
    print(*table_lines([HEADINGS[columns]], widths[columns]), sep="\n")
    failures = []
    for scenario in scenarios:
        row = run_row(scenario, seeds, time.process_time)
        print(*table_lines([row.cells()[columns]], widths[columns]), sep="\n", flush=True)
        failures += [f"FAILED {scenario.full_name}: {each}" for each in row.failures]
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def _run(options: argparse.Namespace) -> int:
    if options.scenario == ALL:
        single = f"a single scenario; expected its name, not '{ALL}'"
        _refuse(options, ("variant", "conf", "master", "set"), single)
        _refuse(options, ONE_RUN, single)
        return _run_table(shipped_scenarios(variants=True), options)
    scenario = _configured(options)
    if options.seeds is not None:
        _refuse(options, ONE_RUN, "a single run; expected --seed, not --seeds")
        return _run_table([scenario], options)
    draw = plotter(options.plot) if options.plot else None
    check_outputs([options.trace, *options.plot] if options.trace is not None else options.plot)
    with progress_bar() as progress:
        result = run_scenario(
            scenario,
            seed=options.seed,
            duration=options.duration,
            progress=progress,
            messages=options.messages,
        )
    trace = result.trace
    # Files first: whoever reads what is printed may stop in the middle of it.
    if options.trace:
        written(options.trace, lambda: write_trace(trace, options.trace))
    if draw is not None:
        draw(trace)
    if not options.quiet:
        for line in log_lines(trace):
            print(line)
        print()
    _print_result(scenario, result)
    print(f"digest {trace.digest()}")
    return 0 if result.passed else 1


def _configured(options: argparse.Namespace) -> Scenario:
    """The scenario with the deployment of --conf, changed by --set."""
    changes: dict[str, str] = {}
    for assignment in options.set:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set {assignment}: expected KEY=VALUE")
        changes[key.strip()] = value.strip()
    scenario = with_changes(options.scenario, changes, variant=options.variant)
    deployment = scenario.deployment
    if options.conf is not None:
        try:
            text = read_text(options.conf)
        except OSError as problem:
            raise UsageError(f"{options.conf}: cannot be read: {problem.strerror}") from None
        deployment = Deployment.from_conf(
            text,
            path=options.conf,
            master=options.master,
            base=deployment,
            read_include=read_included,
        )
        for note in deployment.left_out:
            _note(f"{options.conf}: {note}")
    elif options.master is not None:
        raise UsageError("--master chooses among the masters of --conf, which is missing")
    for key, value in changes.items():
        # What the file says comes first, and what was asked for last.
        if options.conf is not None and key in DEPLOYMENT_SETTINGS:
            deployment = deployment.with_setting(key, value)
    if options.conf is not None:
        _note(
            f"{options.conf}: {deployment.master_name}, replicas: {deployment.replicas}, "
            f"Sentinels: {deployment.sentinels} (change with --master and --set)"
        )
    if (changes or options.conf) and deployment.effective_quorum > deployment.sentinels:
        _note(
            f"quorum {deployment.effective_quorum}: {deployment.sentinels} Sentinels can never "
            "agree; --set sentinels=N says how many there are"
        )
    return scenario.with_deployment(deployment)


def _note(text: str) -> None:
    print(f"minisentinel-sim: note: {text}", file=sys.stderr)


def _print_result(scenario: Scenario, result: Result) -> None:
    print(f"{scenario.full_name}: {scenario.title}")
    print(result.summary)
    failures = result.failures
    held = unknown = 0
    for name, verdict in result.verdicts:
        is_news = name in failures or name in result.forgiven
        if name in result.invariants and not is_news:
            held += bool(verdict)
            unknown += not verdict
            continue
        mark = "ok" if verdict else "FAILED" if name in failures else "-"
        mark = "broken" if name in result.forgiven and not verdict else mark
        print(f"{mark:<6} {name}: {verdict.reason}")
    told = f"{held} hold" + (f", {unknown} unknown" if unknown else "")
    print(f"{'ok':<6} other invariants: {told} (see check)")
