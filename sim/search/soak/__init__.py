"""Soaking: many stories on all processors, for as long as you like, with a journal and a report.

- `runs`: one story, and the few numbers that are kept of it.
- `sources`: which code ran, so that runs of other code count apart.
- `journal`: every finished run is a line of a file; who is killed goes on where it ended.
- `campaign`: hands out the numbers of stories to processes.
- `report`: what all runs together say, as Markdown and as JSON.
"""

from sim.search.soak.campaign import soak
from sim.search.soak.journal import Journal, JournalError
from sim.search.soak.report import Summary, summarize, write_report
from sim.search.soak.runs import RunRecord, run_number, story_number
from sim.search.soak.sources import fingerprint

__all__ = [
    "Journal",
    "JournalError",
    "RunRecord",
    "Summary",
    "fingerprint",
    "run_number",
    "soak",
    "story_number",
    "summarize",
    "write_report",
]
