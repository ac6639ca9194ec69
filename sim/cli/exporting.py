"""The commands ``show`` and ``export``: a trace as text, and in the formats of other tools."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import Any

from minisentinel.files import write_atomically
from minisentinel.trace import Trace
from sim.arguments import UsageError, seconds, words
from sim.cli.outputs import check_outputs, trace_in, written
from sim.exports import (
    ExportError,
    Slice,
    chrome_trace,
    csv_table,
    mermaid_sequence,
    shiviz_log,
    text_lines,
)
from sim.judge.messages import NoMessages
from sim.judge.wording import Weight

__all__ = ["FORMATS", "add_export", "add_show"]

FORMATS = {
    "chrome": chrome_trace,
    "csv": csv_table,
    "mermaid": mermaid_sequence,
    "shiviz": shiviz_log,
}
WEIGHTS = tuple(weight.name.lower() for weight in Weight)


def add_show(commands: Any) -> None:
    """``show TRACE``."""
    show = commands.add_parser(
        "show",
        help="print a trace for people: a line for each event, a lane for each node",
    )
    _add_slice(show)
    show.add_argument(
        "--colour", choices=("auto", "always", "never"), default="auto", help="default: auto"
    )
    show.set_defaults(command=_show)


def add_export(commands: Any) -> None:
    """``export TRACE --format FORMAT``."""
    export = commands.add_parser(
        "export",
        help="write a trace in the format of another tool",
        description="Write a trace as Chrome trace events (they open in Perfetto), as CSV, as a "
        "Mermaid sequence diagram, or as a log with vector clocks for ShiViz, which needs a trace "
        "that was recorded with --messages.",
    )
    _add_slice(export)
    export.add_argument("--format", required=True, choices=sorted(FORMATS), help="of the output")
    export.add_argument("-o", "--output", metavar="FILE", help="default: print it")
    export.set_defaults(command=_export)


def _add_slice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trace", help="a trace written by run --trace, or by a live Sentinel")
    parser.add_argument(
        "--from",
        dest="since",
        type=seconds,
        default=0.0,
        metavar="SECONDS",
        help="begin here, in seconds of the run",
    )
    parser.add_argument("--to", dest="until", type=seconds, metavar="SECONDS", help="end here")
    parser.add_argument(
        "--only",
        type=words,
        action="extend",
        default=[],
        metavar="NODE,...",
        help="what these nodes did and saw",
    )
    parser.add_argument(
        "--detail",
        choices=WEIGHTS,
        metavar="HOW-MUCH",
        help="leave out what matters less: routine (leave out nothing), detail, step, or turn (the "
        "story alone)",
    )


def _slice(options: argparse.Namespace, default: Weight) -> Slice:
    weight = Weight[options.detail.upper()] if options.detail else default
    return Slice(options.since, options.until, tuple(options.only), weight)


def _show(options: argparse.Namespace) -> int:
    trace = trace_in(options.trace)
    is_terminal = sys.stdout.isatty()
    coloured = options.colour == "always" or (
        options.colour == "auto" and is_terminal and not os.environ.get("NO_COLOR")
    )
    width = shutil.get_terminal_size().columns if is_terminal else None
    try:
        for line in text_lines(trace, _slice(options, Weight.STEP), colour=coloured, width=width):
            print(line)
    except ExportError as problem:
        raise UsageError(f"{options.trace}: {problem}") from None
    return 0


def _export(options: argparse.Namespace) -> int:
    if options.output is not None:
        check_outputs([options.output], options.trace)
    text = _exported(trace_in(options.trace), options)
    if options.output is None:
        print(text, end="")
    else:
        written(options.output, lambda: write_atomically(options.output, text.encode()))
    return 0


def _exported(trace: Trace, options: argparse.Namespace) -> str:
    default = Weight.ROUTINE if options.format == "csv" else Weight.STEP
    try:
        return FORMATS[options.format](trace, _slice(options, default))
    except (ExportError, NoMessages) as problem:
        raise UsageError(f"{options.trace}: {problem}") from None
