"""From traces to a figure: panels above each other on one time axis, and the legend below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minisentinel.trace import Trace
from sim.timeline.canvas import Canvas
from sim.timeline.legend import plan_legend
from sim.timeline.palette import RULE
from sim.timeline.panel import MARGIN, Panel
from sim.timeline.planning import plan_axes
from sim.timeline.saving import rendered, styled
from sim.timeline.scene import Scene, read_scene

__all__ = [
    "WIDTH_INCHES",
    "TimelineFigure",
    "caption",
    "compare",
    "new_canvas",
    "run_title",
    "timeline",
]

WIDTH_INCHES = 12.5


class TimelineFigure(Figure):
    """A matplotlib figure that shows itself in a notebook, without pyplot.

    However it is drawn or saved, it looks the same: the reader's settings do not touch it.
    """

    def draw(self, renderer: RendererBase) -> None:
        """Draw in our style."""
        with styled():
            super().draw(renderer)

    def savefig(self, fname: Any, *, transparent: bool | None = None, **options: Any) -> None:
        """Save in our style."""
        with styled():
            super().savefig(fname, transparent=transparent, **options)

    def _repr_png_(self) -> bytes:
        return rendered(self, "png", 110)


def timeline(
    trace: Trace,
    *,
    start: float | None = None,
    end: float | None = None,
    only: Iterable[str] = (),
    hide: Iterable[str] = (),
    compress: bool = True,
    width_inches: float = WIDTH_INCHES,
    title: str | None = None,
) -> Figure:
    """A picture of `trace`: who was up, who thought what, who voted, and what clients felt.

    `start` and `end` (seconds since the first fault) choose a window; by default it is all that
    happened from the first fault on. `only` and `hide` choose what is shown, by the words of
    `sim.timeline.selection`: groups of lanes, nodes, patterns for their names, and parts of the
    picture. `compress` draws long quiet stretches shorter, and says so. `title` replaces "scenario,
    seed". The figure is a plain matplotlib `Figure` that pyplot does not know of; in a notebook it
    shows itself. Raises ValueError for a word that names nothing, and for an empty window.
    """
    return _figure([trace], [title], start, end, only, hide, compress, width_inches)


def compare(
    traces: Sequence[Trace],
    *,
    titles: Sequence[str] | None = None,
    start: float | None = None,
    end: float | None = None,
    only: Iterable[str] = (),
    hide: Iterable[str] = (),
    compress: bool = True,
    width_inches: float = WIDTH_INCHES,
) -> Figure:
    """Several runs, one above the other, aligned at the first fault of each.

    All of them have the same time axis, so that what came later is further to the right. The
    options are those of `timeline`, and hold for all; raises ValueError as it does, and without any
    trace.
    """
    if not traces:
        raise ValueError("expected one trace or more to draw")
    if titles is not None and len(titles) != len(traces):
        raise ValueError(f"expected {len(traces)} titles, one for each trace, found {len(titles)}")
    named: Sequence[str | None] = titles if titles is not None else [None] * len(traces)
    return _figure(traces, named, start, end, only, hide, compress, width_inches)


def _figure(
    traces: Sequence[Trace],
    titles: Sequence[str | None],
    start: float | None,
    end: float | None,
    only: Iterable[str],
    hide: Iterable[str],
    compress: bool,
    width_inches: float,
) -> Figure:
    if start is not None and end is not None and start >= end:
        raise ValueError(f"nothing is between {start:g} s and {end:g} s")
    only, hide = tuple(only), tuple(hide)
    with styled():
        canvas = new_canvas(width_inches)
        panels = []
        for trace, title in zip(traces, titles, strict=True):
            scene = read_scene(trace, only, hide)
            size = 15 if len(traces) == 1 else 13
            panels.append(Panel(scene, run_title(scene) if title is None else title, size))
        _compose(canvas, panels, start, end, compress)
    return canvas.figure


def new_canvas(width_inches: float) -> Canvas:
    """An empty sheet; its height is set when all is drawn."""
    figure = TimelineFigure(figsize=(width_inches, 6), dpi=110)
    FigureCanvasAgg(figure)
    return Canvas(figure, width_inches * 72)


def run_title(scene: Scene) -> str:
    """Scenario and seed, as a trace tells them."""
    return f"{scene.header.scenario or 'run'}, seed {scene.header.seed}"


def _compose(
    canvas: Canvas,
    panels: Sequence[Panel],
    start: float | None,
    end: float | None,
    compress: bool,
) -> None:
    label_right = MARGIN + max(panel.label_width(canvas) for panel in panels)
    left = label_right + 34
    right = canvas.width - MARGIN - max(panel.margin_right(canvas) for panel in panels)
    scenes = [panel.scene for panel in panels]
    axes = plan_axes(scenes, start, end, compress, left, right)
    y = MARGIN
    for number, (panel, axis) in enumerate(zip(panels, axes, strict=True)):
        if number:
            canvas.line([(MARGIN, y), (canvas.width - MARGIN, y)], colour=RULE, width=0.6)
            y += 14
        y = panel.draw(canvas, axis, label_right, y) + 9
    canvas.text((left + right) / 2, y, caption(scenes), size=9, across="center")
    y += 14
    if all(scene.selection.part("legend") for scene in scenes):
        canvas.line([(MARGIN, y), (canvas.width - MARGIN, y)], colour=RULE, width=0.6)
        legend = plan_legend(canvas)
        legend.draw(canvas, MARGIN, canvas.width - MARGIN, y + 10)
        y += 10 + legend.height
    canvas.resize(y + MARGIN - 8)


def caption(scenes: Sequence[Scene]) -> str:
    """What the numbers of the axis count."""
    zeros = sorted({scene.zero_us for scene in scenes})
    if zeros == [0]:
        return "seconds since the beginning of the run"
    if len(zeros) == 1:
        return f"seconds since the first fault ({zeros[0] / 1e6:g} s into the run)"
    return "seconds since the first fault of each run"
