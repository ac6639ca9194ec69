"""A trace as a table of comma-separated values."""

from __future__ import annotations

import csv
import io
import json

from minisentinel.trace import Trace
from minisentinel.trace.entry import data_fields
from sim.exports.slices import Slice, tell
from sim.judge.wording import Weight

__all__ = ["COLUMNS", "csv_table"]

COLUMNS = ("time_us", "node", "kind", "weight", "words", "fields")


def csv_table(trace: Trace, part: Slice | None = None) -> str:
    """A row for each entry under a row of names, lines ended as RFC 4180 has it.

    `fields` holds all that the entry says, as JSON. The whole trace by default.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in tell(trace, part or Slice(weight=Weight.ROUTINE)):
        entry, wording = each.entry, each.wording
        fields = json.dumps(data_fields(entry.data), ensure_ascii=False)
        writer.writerow(
            (
                entry.time_us,
                entry.node,
                entry.kind,
                wording.weight.name.lower(),
                wording.words,
                fields,
            )
        )
    return out.getvalue()
