"""The command ``plot``, and drawing for ``run --plot``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from minisentinel.trace import Trace
from sim.arguments import UsageError, count, seconds, words
from sim.cli.outputs import check_outputs, trace_in, written
from sim.judge import summarize
from sim.scenarios import find_scenario, run_scenario
from sim.scenarios.catalogue import shipped_names

__all__ = ["SHOWABLE", "add_plot", "check_plots", "plotter"]

PLOT_FORMATS = (".png", ".svg", ".pdf")
SHOWABLE = "clients, sentinels, servers, story, phases, faults, votes, commands, lag, legend"
"""The words of `sim.timeline.selection`, which needs matplotlib to be imported."""


def add_plot(commands: Any) -> None:
    """``plot TRACE|SCENARIO... -o FILE``."""
    plot = commands.add_parser("plot", help="draw the timeline of one run, or of several")
    plot.description = (
        "Draw the timeline of a run. Several runs stand one above the other, aligned at the first "
        "fault of each; with --grid they are small, and beside each other."
    )
    plot.add_argument(
        "what",
        nargs="+",
        metavar="TRACE|SCENARIO",
        help="a trace written by run --trace, or a scenario to run: NAME, NAME/VARIANT or a .toml "
        "file; may be given several times",
    )
    plot.add_argument("-o", "--output", required=True, metavar="FILE", help=".png, .svg or .pdf")
    plot.add_argument("--seed", type=int, default=1, metavar="N", help="of scenarios (default: 1)")
    plot.add_argument(
        "--seeds", type=count, default=1, metavar="K", help="K runs of each scenario, from --seed"
    )
    plot.add_argument(
        "--from",
        dest="start",
        type=seconds,
        metavar="SECONDS",
        help="begin here, in seconds since the first fault",
    )
    plot.add_argument("--to", dest="end", type=seconds, metavar="SECONDS", help="end here")
    for option, meaning in (("only", "show these alone"), ("hide", "leave these out")):
        plot.add_argument(
            f"--{option}",
            type=words,
            action="extend",
            default=[],
            metavar="WHAT,...",
            help=f"{meaning}: {SHOWABLE}, names of nodes, or patterns such as 'redis-*'",
        )
    plot.add_argument(
        "--grid",
        type=count,
        nargs="?",
        const=4,
        metavar="COLUMNS",
        help="small pictures beside each other, so many in a row (4)",
    )
    plot.add_argument("--linear", action="store_true", help="never draw quiet time shorter")
    plot.add_argument("--title", metavar="TEXT", help="above all")
    plot.set_defaults(command=_plot)


def _plot(options: argparse.Namespace) -> int:
    check_plots([options.output])
    traces_given = [what for what in options.what if _is_trace(what)]
    check_outputs([options.output], *traces_given)
    traces = [trace for what in options.what for trace in _traces(what, options)]
    written(options.output, lambda: _draw(traces, options))
    for trace in traces:
        if len(traces) > 1:
            print(f"{trace.header.scenario}, seed {trace.header.seed}")
        print(summarize(trace))
    return 0


def _is_trace(what: str) -> bool:
    """Whether this is a file's name: a misspelt scenario is none, whoever tells it knows better."""
    if what.endswith(".toml") or what.partition("/")[0] in shipped_names():
        return False
    return bool(Path(what).suffix) or Path(what).exists()


def _traces(what: str, options: argparse.Namespace) -> list[Trace]:
    """The trace in a file, or those of a scenario for all seeds that are asked for."""
    if _is_trace(what):
        return [trace_in(what)]
    name, _, variant = (what, "", "") if what.endswith(".toml") else what.partition("/")
    scenario = find_scenario(name, variant=variant)
    seeds = range(options.seed, options.seed + options.seeds)
    return [run_scenario(scenario, seed=seed).trace for seed in seeds]


def _draw(traces: Sequence[Trace], options: argparse.Namespace) -> None:
    from sim.timeline import compare, save_figure, small_multiples, timeline

    chosen = {key: getattr(options, key) for key in ("start", "end", "only", "hide")}
    try:
        if options.grid is not None:
            figure = small_multiples(traces, columns=options.grid, title=options.title, **chosen)
        elif len(traces) > 1:
            if options.title is not None:
                raise UsageError("--title is for a single run or --grid; several have their own")
            figure = compare(traces, compress=not options.linear, **chosen)
        else:
            plain = not options.linear
            figure = timeline(traces[0], compress=plain, title=options.title, **chosen)
    except ValueError as problem:
        raise UsageError(str(problem)) from None
    save_figure(figure, options.output)


def check_plots(paths: Sequence[str]) -> None:
    """Refuse early what could not be drawn later."""
    for path in paths:
        if Path(path).suffix.lower() not in PLOT_FORMATS:
            raise UsageError(f"{path}: expected a name that ends in {', '.join(PLOT_FORMATS)}")
    try:
        import sim.timeline  # noqa: F401
    except ImportError:
        raise UsageError(
            "drawing needs matplotlib; install it with: pip install 'minisentinel[plot]'"
        ) from None


def plotter(paths: Sequence[str]) -> Callable[[Trace], None]:
    """A function that draws a trace into `paths`."""
    check_plots(paths)

    def draw(trace: Trace) -> None:
        from sim.timeline import save_figure, timeline

        figure = timeline(trace)
        for path in paths:
            written(path, partial(save_figure, figure, path))

    return draw
