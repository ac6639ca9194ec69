"""Pictures of runs: from traces to timelines, and nothing else is looked at.

- `timeline`: one run. `compare`: several, one above the other, aligned at the fault.
  `small_multiples`: many, small, beside each other.

All take a window (`start`, `end`) and what to show (`only`, `hide`; the words are in `selection`).
Importing this package needs matplotlib (the ``plot`` extra), and says so if it is missing.

- `figure`: the sheet with one or more of `panel`; `multiples`: the grid; `canvas`: the sheet, in
  points; `saving`: PNG, SVG and PDF.
- `scene`: what is shown, with `busy` servers; `selection`: what is asked for; `moments`, `axis` and
  `planning`: where in time; `labels`: where text goes; `palette`: how it looks.
- `lanes` with `strips` (clients), `sentinels`, `servers`; `arrows` between them; `lag` below;
  `story`, `phases`, `phase_rows` above; `marks` (faults, quiet time) across, with `fault_labels`;
  `legend`.
"""

from __future__ import annotations

try:
    import matplotlib as _matplotlib  # noqa: F401
except ModuleNotFoundError:
    raise ImportError(
        "drawing a timeline needs matplotlib, which is not installed: "
        "install the 'plot' extra, pip install 'minisentinel[plot]'"
    ) from None

from sim.timeline.figure import compare, timeline
from sim.timeline.multiples import small_multiples
from sim.timeline.saving import FORMATS, save_figure
from sim.timeline.selection import GROUPS, PARTS

__all__ = ["FORMATS", "GROUPS", "PARTS", "compare", "save_figure", "small_multiples", "timeline"]
