"""The command ``minisentinel-sim``: list, describe, run, plot, show, export, check and import.

Exit status: 0 all well, 1 an expectation of the scenario or an invariant failed, 2 wrong usage or
bad input. Outputs are written to a temporary name and renamed.

A module for each group of commands: `running`, `plotting`, `exporting`, `judging`, `importing`;
`outputs` is what they share.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from minisentinel import __version__
from minisentinel.config import ConfigError
from minisentinel.console import guarded
from minisentinel.trace import TraceError
from sim.arguments import UsageError
from sim.cli.exporting import add_export, add_show
from sim.cli.importing import add_import
from sim.cli.judging import add_check
from sim.cli.plotting import SHOWABLE, add_plot
from sim.cli.running import add_describe, add_list, add_run
from sim.logs import LogError, UnknownSentinel
from sim.scenarios import ScenarioError
from sim.world.deployment import DeploymentError
from sim.world.world import ImpossibleFault, UnknownNode

__all__ = ["SHOWABLE", "main", "make_parser"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    return guarded("minisentinel-sim", lambda: _main(arguments))


def _main(arguments: Sequence[str] | None) -> int:
    try:
        options, rest = make_parser().parse_known_args(arguments)
        options.rest = rest
        if rest and options.command is not _jepsen:
            make_parser().error(f"unrecognized arguments: {' '.join(rest)}")
        status: int = options.command(options)
        return status
    except (
        ConfigError,
        DeploymentError,
        ImpossibleFault,
        LogError,
        ScenarioError,
        TraceError,
        UnknownNode,
        UnknownSentinel,
        UsageError,
    ) as problem:
        print(f"minisentinel-sim: error: {problem}", file=sys.stderr)
        return 2


def make_parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="minisentinel-sim",
        description="Simulate Redis Sentinel deployments in virtual time; watch them fail over.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_list(commands)
    add_describe(commands)
    add_run(commands)
    add_plot(commands)
    add_show(commands)
    add_export(commands)
    add_check(commands)
    add_import(commands)
    # What follows is for another parser, --help included.
    jepsen = commands.add_parser(
        "jepsen", help="Jepsen's experiment of 2013, published and simulated", add_help=False
    )
    jepsen.set_defaults(command=_jepsen)
    return parser


def _jepsen(options: argparse.Namespace) -> int:
    from sim.jepsen.__main__ import main as jepsen

    return jepsen(options.rest, prog="minisentinel-sim jepsen")
