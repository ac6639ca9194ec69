"""The timeline of a run: one function from a trace to a picture.

Importing this package needs matplotlib (the ``plot`` extra), and says so if it is missing.

- `figure`: the layout; `canvas`: the sheet, in points; `saving`: PNG, SVG and PDF.
- `scene`: what is shown; `axis`: where in time; `labels`: where text goes; `palette`: how it looks.
- `lanes` with `strips` (clients), `sentinels`, `servers`; `arrows` between them; `lag` below;
  `phases` and `marks` (faults, quiet time) above and across; `legend`.
"""

from __future__ import annotations

try:
    import matplotlib as _matplotlib  # noqa: F401
except ModuleNotFoundError:
    raise ImportError(
        "drawing a timeline needs matplotlib, which is not installed: "
        "install the 'plot' extra, pip install 'minisentinel[plot]'"
    ) from None

from sim.timeline.figure import timeline
from sim.timeline.saving import FORMATS, save_figure

__all__ = ["FORMATS", "save_figure", "timeline"]
