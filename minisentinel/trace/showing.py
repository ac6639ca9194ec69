"""A trace at a glance: what it is of, who took part, and how much of what is in it."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minisentinel.trace.file import Trace

__all__ = ["trace_html", "trace_rows"]


def trace_rows(trace: Trace) -> tuple[tuple[str, str], ...]:
    """The headings and texts of a small table about `trace`."""
    header, entries = trace.header, trace.entries
    nodes = dict.fromkeys(entry.node for entry in entries)
    counts = Counter(entry.kind for entry in entries)
    told = ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
    span = "none"
    if entries:
        first, last = entries[0].time_us / 1e6, entries[-1].time_us / 1e6
        span = f"{len(entries)}, from {first:.3f} s to {last:.3f} s"
    return (
        ("run", f"{header.scenario or 'no scenario'}, seed {header.seed}"),
        ("entries", span),
        ("nodes", ", ".join(nodes)),
        ("kinds", told),
        ("digest", trace.digest()),
    )


def trace_html(trace: Trace) -> str:
    """The same as HTML."""
    rows = "".join(
        f'<tr><th style="text-align:left">{html.escape(name)}</th>'
        f'<td style="text-align:left">{html.escape(text)}</td></tr>'
        for name, text in trace_rows(trace)
    )
    return f"<table>{rows}</table>"
