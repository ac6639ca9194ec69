"""Small multiples: many runs beside each other, each as small as it can be understood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.figure import Figure

from minisentinel.trace import Trace
from sim.timeline.axis import Stretch, TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.fault_labels import label_faults
from sim.timeline.figure import WIDTH_INCHES, caption, new_canvas
from sim.timeline.lanes import Density, draw_lane_labels, label_width, lay_out_lanes
from sim.timeline.legend import plan_legend
from sim.timeline.moments import moments
from sim.timeline.palette import FAINT_INK, INK, RULE
from sim.timeline.panel import MARGIN
from sim.timeline.phases import duration_text
from sim.timeline.saving import styled
from sim.timeline.scene import Scene, read_scene
from sim.timeline.sentinels import draw_sentinel
from sim.timeline.servers import draw_server
from sim.timeline.strips import draw_client

__all__ = ["small_multiples"]

_SMALL = dict.fromkeys(("client", "sentinel", "redis"), Density(float("inf"), 0.3, 1.6, 7.0))
_GAP = 18.0
_HEAD = 17.0
_FOOT = 30.0
_BEFORE_US = 500_000
_AFTER = 0.03
"""Room after the last moment, as a share of the time that is shown."""


def small_multiples(
    traces: Sequence[Trace],
    *,
    columns: int = 4,
    start: float | None = None,
    end: float | None = None,
    only: Iterable[str] = (),
    hide: Iterable[str] = (),
    width_inches: float = WIDTH_INCHES,
    title: str | None = None,
    heads: Sequence[str] | None = None,
) -> Figure:
    """A grid of small timelines, one per trace, all with the same plain time axis.

    They are aligned at the first fault of each; `start` and `end` are seconds from there, by
    default all that happened in any of them. Each stands under one of `heads`, by default its seed
    and how long the failover took. `only` and `hide` are as for `timeline`; there are no arrows, no
    texts in lanes and no lag. Raises ValueError as `timeline` does, and without any trace.
    """
    if not traces:
        raise ValueError("expected one trace or more to draw")
    if columns < 1:
        raise ValueError(f"expected a column or more, found {columns}")
    if heads is not None and len(heads) != len(traces):
        raise ValueError(f"expected {len(traces)} heads, one for each trace, found {len(heads)}")
    only, hide = tuple(only), tuple(hide)
    with styled():
        canvas = new_canvas(width_inches)
        scenes = [read_scene(trace, only, hide) for trace in traces]
        found = [_head(scene) for scene in scenes] if heads is None else list(heads)
        window = _window(scenes, start, end)
        y = _draw_title(canvas, scenes, title)
        y = _draw_grid(canvas, scenes, found, min(columns, len(scenes)), window, y)
        canvas.text(canvas.width / 2, y, caption(scenes), size=9, across="center")
        y += 14
        if all(scene.selection.part("legend") for scene in scenes):
            canvas.line([(MARGIN, y), (canvas.width - MARGIN, y)], colour=RULE, width=0.6)
            legend = plan_legend(canvas)
            legend.draw(canvas, MARGIN, canvas.width - MARGIN, y + 10)
            y += 10 + legend.height
        canvas.resize(y + MARGIN - 8)
    return canvas.figure


def _head(scene: Scene) -> str:
    """What tells one run from the next: its seed, and what came of it."""
    done = [each for each in scene.failovers if each.new is not None]
    if len(done) == 1:
        return f"seed {scene.header.seed}: {duration_text(done[0].duration_us)}"
    told = f"{len(done)} failovers" if done else "no failover"
    return f"seed {scene.header.seed}: {told}"


def _window(scenes: Sequence[Scene], start: float | None, end: float | None) -> tuple[float, float]:
    """What is shown of all, in µs from the zero of each."""
    times = [time - scene.zero_us for scene in scenes for time in moments(scene)]
    low = min(times) - _BEFORE_US if start is None else start * 1e6
    high = max(times) if end is None else end * 1e6
    if high <= low:
        raise ValueError(f"nothing is between {low / 1e6:g} s and {high / 1e6:g} s")
    return low, high + (high - low) * _AFTER if end is None else high


def _draw_title(canvas: Canvas, scenes: Sequence[Scene], title: str | None) -> float:
    names = dict.fromkeys(scene.header.scenario or "run" for scene in scenes)
    canvas.text(
        MARGIN,
        MARGIN + 7,
        title if title is not None else f"{', '.join(names)}: {len(scenes)} runs",
        size=15,
        weight="bold",
    )
    return MARGIN + 26


def _draw_grid(
    canvas: Canvas,
    scenes: Sequence[Scene],
    heads: Sequence[str],
    columns: int,
    window: tuple[float, float],
    top: float,
) -> float:
    """All pictures, row by row; those in the first column have names at their lanes."""
    label_right = MARGIN + max(label_width(canvas, scene, _SMALL) for scene in scenes)
    left, right = label_right + 6, canvas.width - MARGIN
    width = (right - left + _GAP) / columns - _GAP
    for first in range(0, len(scenes), columns):
        bottoms = []
        for column, scene in enumerate(scenes[first : first + columns]):
            edge = left + column * (width + _GAP)
            low, high = window[0] + scene.zero_us, window[1] + scene.zero_us
            axis = TimeAxis(scene.zero_us, (Stretch(low, high, edge, edge + width),))
            names_at = label_right if column == 0 else None
            bottoms.append(_draw_one(canvas, scene, axis, heads[first + column], top, names_at))
        top = max(bottoms) + _FOOT
    return top


def _draw_one(
    canvas: Canvas,
    scene: Scene,
    axis: TimeAxis,
    head: str,
    top: float,
    names_at: float | None,
) -> float:
    """One run; returns where its lanes end."""
    canvas.text(axis.left, top + 6, head, size=8.5, weight="bold")
    lanes = lay_out_lanes(scene, top + _HEAD, _SMALL)
    bottom = lanes[-1].bottom if lanes else top + _HEAD
    for lane in lanes:
        match lane.node.type:
            case "client":
                draw_client(canvas, scene, axis, lane)
            case "sentinel":
                draw_sentinel(canvas, scene, axis, lane, ())
            case _:
                draw_server(canvas, scene, axis, lane, ())
    if names_at is not None:
        draw_lane_labels(canvas, lanes, names_at, _SMALL)
    for mark in label_faults(scene.faults, scene.nodes.all):
        if axis.shows(mark.time_us):
            style = canvas.use("remedy" if mark.is_remedy else "fault")
            x = axis.at(mark.time_us)
            ends = [(x, top + _HEAD - 3), (x, bottom + 3)]
            canvas.line(ends, colour=style.fill, width=0.8, style=style.line, order=7)
    foot = bottom + 3
    canvas.line([(axis.left, foot), (axis.right, foot)], colour=INK, width=0.7, order=4)
    free = float("-inf")
    for x, label in axis.ticks(40.0):
        canvas.line([(x, foot), (x, foot + 3)], colour=INK, width=0.7, order=4)
        half = canvas.measure(label, 7.0)[0] / 2
        if x - half > free + 4:
            canvas.text(x, foot + 8, label, size=7.0, colour=FAINT_INK, across="center")
            free = x + half
    return bottom
