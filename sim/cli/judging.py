"""The command ``check``: a trace of any origin, and every invariant."""

from __future__ import annotations

import argparse
from typing import Any

from sim.cli.outputs import trace_in
from sim.invariants import judge_all

__all__ = ["add_check"]


def add_check(commands: Any) -> None:
    """``check TRACE``."""
    check = commands.add_parser(
        "check",
        help="judge a trace by every invariant",
        description="Judge a trace, simulated or live: what must be true of every run, and whether "
        "it is. What a known peculiarity of the protocol explains does not fail.",
    )
    check.add_argument("trace", help="a trace written by run --trace, or by a live Sentinel")
    check.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    """Judge a trace of any origin by every invariant; 1 if one is broken and not explained."""
    judgements = judge_all(trace_in(options.trace))
    for each in judgements:
        print(f"{each.mark:<9} {each.invariant.name}: {each.told.reason}")
        for violation in each.unexplained:
            print(f"          {violation}")
            for earlier in violation.against:
                at = f"{earlier.time_us / 1e6:.3f} s, {earlier.node}"
                print(f"            against {at}: {earlier.data}")
    return 1 if any(each.is_broken for each in judgements) else 0
