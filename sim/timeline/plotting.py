"""The way in: matplotlib is imported when a picture is asked for, and not before."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

from minisentinel.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MatplotlibMissing", "save_timeline", "timeline"]


class MatplotlibMissing(ImportError):
    """Pictures need matplotlib, which is not installed; the message says how to get it."""


def _require_matplotlib() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise MatplotlibMissing(
            "drawing a timeline needs matplotlib, which is not installed: "
            "install the 'plot' extra, pip install 'minisentinel[plot]'"
        )


def timeline(
    trace: Trace,
    *,
    start: float | None = None,
    end: float | None = None,
    compress: bool = True,
    width_inches: float = 12.5,
    title: str | None = None,
) -> Figure:
    """A picture of `trace`: who was up, who thought what, who voted, and what clients felt.

    `start` and `end` (seconds since the first fault) choose a window; by default it is all that
    happened from the first fault on. `compress` draws long quiet stretches shorter, and says so.
    `title` replaces "scenario, seed". The figure is a plain matplotlib `Figure` that pyplot does
    not know of; in a notebook it shows itself. Raises `MatplotlibMissing`.
    """
    _require_matplotlib()
    from sim.timeline.figure import draw_timeline

    return draw_timeline(
        trace, start=start, end=end, compress=compress, width_inches=width_inches, title=title
    )


def save_timeline(figure: Figure, path: str | os.PathLike[str], *, dpi: float = 150) -> None:
    """Write `figure` to `path` as PNG or SVG (its suffix says which), whole or not at all.

    The same figure gives the same bytes. `dpi` is the resolution of a PNG. Raises ValueError for
    another suffix, OSError if the file cannot be written, and `MatplotlibMissing`.
    """
    _require_matplotlib()
    from sim.timeline.saving import save

    save(figure, path, dpi=dpi)
