"""What operators were told: a table of the commands that were typed, and of the answers."""

from __future__ import annotations

from minisentinel.trace import Trace
from sim.tables import Table
from sim.trace import CommandAnswered

__all__ = ["answers_table"]

LONGEST = 240


def answers_table(trace: Trace, since: float = 0.0) -> Table:
    """A row for each answer from `since` (seconds of the run) on: when, who, to what, and it.

    Long answers are cut.
    """
    rows = tuple(
        (entry.time_us / 1e6, entry.node, data.command, _cut(data.reply))
        for entry, data in trace.of(CommandAnswered)
        if entry.time_us >= since * 1e6
    )
    return Table(("at s", "who", "was told", "answered"), rows)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
