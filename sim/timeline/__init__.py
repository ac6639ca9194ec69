"""The timeline of a run: one function from a trace to a picture.

- `plotting`: the way in; needs the ``plot`` extra (matplotlib), and says so.
- `scene`: what is shown; `axis`: where in time; `labels`: where text goes; `palette`: how it looks.
- `lanes` with `strips` (clients), `sentinels`, `servers`; `arrows` between them; `lag` below;
  `phases` and `marks` (faults, quiet time) above and across; `legend`.
- `canvas`: the sheet, in points; `figure`: the layout; `saving`: PNG and SVG.
"""

from __future__ import annotations

from sim.timeline.plotting import MatplotlibMissing, save_timeline, timeline

__all__ = ["MatplotlibMissing", "save_timeline", "timeline"]
