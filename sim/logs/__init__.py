"""The logs of real Sentinels (Redis, Valkey, ours) as a trace, as far as logs tell.

- `line`: one line: who, when, how important, what.
- `events`: from the words of a line to the records that they prove.
- `files`: whose a file is, and which lines are left out.
- `lives`: where one process ended and the next one began.
- `clocks`: times, and whether the clocks of two Sentinels can both be right.
- `reading`: several logs become one trace.
"""

from __future__ import annotations

from sim.logs.clocks import Disagreement
from sim.logs.files import LogError, Strange
from sim.logs.line import Line, Stamp, parse_line
from sim.logs.lives import Life
from sim.logs.reading import Imported, Story, UnknownSentinel, read_logs

__all__ = [
    "Disagreement",
    "Imported",
    "Life",
    "Line",
    "LogError",
    "Stamp",
    "Story",
    "Strange",
    "UnknownSentinel",
    "parse_line",
    "read_logs",
]
