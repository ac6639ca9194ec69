"""The command ``minisentinel-sim``: list, describe, run and plot scenarios.

Exit status: 0 all well, 1 an expectation of the scenario or an invariant failed, 2 wrong usage or
bad input. Outputs are written to a temporary name and renamed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from minisentinel import __version__
from minisentinel.config import ConfigError
from minisentinel.console import guarded
from minisentinel.files import read_included, read_text
from minisentinel.trace import Trace, TraceError, read_trace, write_trace
from sim.judge import log_lines, summarize
from sim.scenarios import (
    Scenario,
    ScenarioError,
    describe,
    find_scenario,
    run_scenario,
    shipped_scenarios,
    with_changes,
)
from sim.scenarios.overview import HEADINGS, run_row, table_lines
from sim.scenarios.runner import Result
from sim.world.deployment import DEPLOYMENT_SETTINGS, Deployment, DeploymentError
from sim.world.world import ImpossibleFault, UnknownNode

__all__ = ["main"]

ALL = "all"
PLOT_FORMATS = (".png", ".svg", ".pdf")


class UsageError(ValueError):
    """What was asked for cannot be done; the text says what was expected."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    return guarded("minisentinel-sim", lambda: _main(arguments))


def _main(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
        status: int = options.command(options)
        return status
    except (
        ConfigError,
        DeploymentError,
        ImpossibleFault,
        ScenarioError,
        TraceError,
        UnknownNode,
        UsageError,
    ) as problem:
        print(f"minisentinel-sim: error: {problem}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minisentinel-sim",
        description="Simulate Redis Sentinel deployments in virtual time; watch them fail over.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="the shipped scenarios")
    listing.set_defaults(command=_list)

    description = commands.add_parser("describe", help="tell what a scenario is, in words")
    description.add_argument("scenario", help="a shipped scenario (see list), or a .toml file")
    description.add_argument("--variant", default="", metavar="NAME", help="this variant of it")
    description.set_defaults(command=_describe)

    run = commands.add_parser(
        "run",
        help="run a scenario, or all, and judge it",
        description="Run a scenario, print every Sentinel's log, a summary and the digest. "
        f"'{ALL}' runs every shipped scenario and prints a row for each.",
    )
    run.add_argument("scenario", help=f"a shipped scenario (see list), a .toml file, or '{ALL}'")
    run.add_argument("--variant", default="", metavar="NAME", help="this variant of it")
    run.add_argument("--conf", metavar="FILE", help="take the deployment from this sentinel.conf")
    run.add_argument("--master", metavar="NAME", help="which master of --conf (default: the first)")
    run.add_argument("--seed", type=int, default=1, metavar="N", help="default: 1")
    run.add_argument(
        "--seeds", type=_count, metavar="K", help=f"with '{ALL}': K seeds each, from --seed on"
    )
    run.add_argument(
        "--duration",
        type=_positive,
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
        "--plot",
        action="append",
        default=[],
        metavar="FILE",
        help="draw the timeline: .png, .svg or .pdf; may be given several times",
    )
    run.add_argument("--quiet", action="store_true", help="leave the log lines out")
    run.set_defaults(command=_run)

    plot = commands.add_parser("plot", help="draw the timeline of a trace")
    plot.add_argument("trace", help="a trace written by run --trace")
    plot.add_argument("-o", "--output", required=True, metavar="FILE", help=".png, .svg or .pdf")
    plot.set_defaults(command=_plot)
    return parser


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 0 < number <= 10**6:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 10**7:
        raise argparse.ArgumentTypeError(
            f"expected a number of seconds greater than 0, found {text!r}"
        )
    return value


# The commands


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


def _run_all(options: argparse.Namespace) -> int:
    """A row for each scenario as soon as it is known; what failed, behind all of them."""
    for name in ("conf", "master", "duration", "set", "trace", "plot", "variant"):
        if getattr(options, name):
            raise UsageError(f"--{name} is for a single scenario; expected its name, not '{ALL}'")
    scenarios = shipped_scenarios(variants=True)
    seeds = range(options.seed, options.seed + (options.seeds or 1))
    names = max(len(each.full_name) for each in scenarios)
    themes = max(len(each.theme) for each in scenarios)
    widths = (names, themes, len("FAILED") + 2 * len(f" {len(seeds)}"), 9, 11, 9, 9, 6)
    print(*table_lines([HEADINGS], widths), sep="\n")
    failures = []
    for scenario in scenarios:
        row = run_row(scenario, seeds, time.process_time)
        print(*table_lines([row.cells()], widths), sep="\n", flush=True)
        failures += [f"FAILED {scenario.full_name}: {each}" for each in row.failures]
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def _run(options: argparse.Namespace) -> int:
    if options.scenario == ALL:
        return _run_all(options)
    if options.seeds is not None:
        raise UsageError(f"--seeds is for '{ALL}'; expected --seed for a single scenario")
    scenario = _configured(options)
    draw = _plotter(options.plot) if options.plot else None
    _check_outputs([options.trace, *options.plot] if options.trace is not None else options.plot)
    with _progress_bar() as progress:
        result = run_scenario(
            scenario,
            seed=options.seed,
            duration=options.duration,
            progress=progress,
        )
    trace = result.trace
    # Files first: whoever reads what is printed may stop in the middle of it.
    if options.trace:
        _written(options.trace, lambda: write_trace(trace, options.trace))
    if draw is not None:
        draw(trace)
    if not options.quiet:
        for line in log_lines(trace):
            print(line)
        print()
    _print_result(scenario, result)
    print(f"digest {trace.digest()}")
    return 0 if result.passed else 1


def _plot(options: argparse.Namespace) -> int:
    draw = _plotter([options.output])
    _check_outputs([options.output], options.trace)
    try:
        trace = read_trace(options.trace)
    except OSError as problem:
        raise UsageError(f"{options.trace}: cannot be read: {problem.strerror}") from None
    draw(trace)
    print(summarize(trace))
    return 0


# What a run is made of


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
            print(f"minisentinel-sim: note: {options.conf}: {note}", file=sys.stderr)
    elif options.master is not None:
        raise UsageError("--master chooses among the masters of --conf, which is missing")
    for key, value in changes.items():
        # What the file says comes first, and what was asked for last.
        if options.conf is not None and key in DEPLOYMENT_SETTINGS:
            deployment = deployment.with_setting(key, value)
    return scenario.with_deployment(deployment)


def _print_result(scenario: Scenario, result: Result) -> None:
    print(f"{scenario.full_name}: {scenario.title}")
    print(result.summary)
    failures = result.failures
    for name, verdict in result.verdicts:
        mark = "ok" if verdict else "FAILED" if name in failures else "-"
        mark = "broken" if name in result.forgiven and not verdict else mark
        print(f"{mark:<6} {name}: {verdict.reason}")


# Outputs


def _plotter(paths: Sequence[str]) -> Callable[[Trace], None]:
    """A function that draws a trace into `paths`; refuses early what could not be drawn later."""
    for path in paths:
        if Path(path).suffix.lower() not in PLOT_FORMATS:
            raise UsageError(f"{path}: expected a name that ends in {', '.join(PLOT_FORMATS)}")
    try:
        from sim.timeline import save_figure, timeline
    except ImportError:
        raise UsageError(
            "drawing needs matplotlib; install it with: pip install 'minisentinel[plot]'"
        ) from None

    def draw(trace: Trace) -> None:
        figure = timeline(trace)
        for path in paths:
            _written(path, partial(save_figure, figure, path))

    return draw


def _check_outputs(paths: Sequence[str], *inputs: str) -> None:
    """A long run must not end in an output that was never possible, or that eats another file."""
    taken = {os.path.realpath(path) for path in inputs}
    for path in paths:
        _check_writable(path)
        if os.path.realpath(path) in taken:
            raise UsageError(f"{path}: expected a file of its own for each input and output")
        taken.add(os.path.realpath(path))


def _check_writable(path: str) -> None:
    if not path:
        raise UsageError("expected the name of an output file, found an empty text")
    parent = Path(path).absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        is_folder = Path(path).is_dir()
    except FileExistsError:
        raise UsageError(f"{path}: cannot be written: {parent} is no folder") from None
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror}") from None
    if is_folder:
        raise UsageError(f"{path}: cannot be written: it is a folder")
    if not os.access(parent, os.W_OK):
        raise UsageError(f"{path}: cannot be written: no permission")


def _written(path: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror or problem}") from None
    print(f"wrote {path}", file=sys.stderr)


@contextmanager
def _progress_bar() -> Iterator[Callable[[float], None] | None]:
    """Shows the virtual time while a person waits, on a line that is wiped at the end."""
    if not sys.stderr.isatty():
        yield None
        return
    last = 0.0

    def show(now: float) -> None:
        nonlocal last
        if now - last >= 10:
            last = now
            print(f"\r\033[K{now:.0f} s of virtual time", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
