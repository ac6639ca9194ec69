"""A trace in the formats of other tools, and as text: all computed from the trace alone.

- `text`: a line for each event, for the terminal.
- `table`: CSV, for spreadsheets and data frames.
- `chrome`: the trace-event JSON of Chrome, which opens in Perfetto.
- `shiviz`: a log with vector clocks, which ShiViz draws as a space-time diagram.
- `mermaid`: a sequence diagram that many Markdown viewers draw.
- `slices`: which part of a trace is meant.
"""

from __future__ import annotations

from sim.exports.chrome import chrome_trace
from sim.exports.mermaid import mermaid_sequence
from sim.exports.shiviz import SHIVIZ_PATTERN, shiviz_log
from sim.exports.slices import ExportError, Slice, Telling, tell
from sim.exports.table import csv_table
from sim.exports.text import text_lines
from sim.judge.wording import Weight

__all__ = [
    "SHIVIZ_PATTERN",
    "ExportError",
    "Slice",
    "Telling",
    "Weight",
    "chrome_trace",
    "csv_table",
    "mermaid_sequence",
    "shiviz_log",
    "tell",
    "text_lines",
]
