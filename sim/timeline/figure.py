"""From a trace to the figure: the layout, from the title at the top to the legend at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minisentinel.trace import Trace
from sim.timeline.arrows import draw_corrections, draw_failover_commands, draw_votes
from sim.timeline.axis import TimeAxis, plan_axis
from sim.timeline.canvas import Canvas
from sim.timeline.lag import LAG_HEIGHT, LAG_UNIT, draw_lag, draw_lag_caption, lag_label_width
from sim.timeline.lanes import (
    Lane,
    draw_lane_labels,
    draw_separators,
    label_width,
    lay_out_lanes,
)
from sim.timeline.legend import plan_legend
from sim.timeline.marks import draw_quiet_bands, plan_faults
from sim.timeline.palette import FAINT_INK, INK, RULE
from sim.timeline.phases import duration_text, plan_phases
from sim.timeline.saving import rendered, styled
from sim.timeline.scene import Scene, crossings, moments, read_scene
from sim.timeline.sentinels import draw_sentinel
from sim.timeline.servers import draw_server
from sim.timeline.strips import draw_client

__all__ = ["timeline"]

_MARGIN = 18.0
_LEAD_PT = 26.0
_TAIL_PT = 30.0
_SHORTEST_US = 15_000


class TimelineFigure(Figure):
    """A matplotlib figure that shows itself in a notebook, without pyplot.

    However it is drawn or saved, it looks the same: the reader's settings do not touch it.
    """

    def draw(self, renderer: RendererBase) -> None:
        with styled():
            super().draw(renderer)

    def savefig(self, fname: Any, *, transparent: bool | None = None, **options: Any) -> None:
        with styled():
            super().savefig(fname, transparent=transparent, **options)

    def _repr_png_(self) -> bytes:
        return rendered(self, "png", 110)


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
    not know of; in a notebook it shows itself.
    """
    with styled():
        scene = read_scene(trace)
        figure = TimelineFigure(figsize=(width_inches, 6), dpi=110)
        FigureCanvasAgg(figure)
        canvas = Canvas(figure, width_inches * 72)
        _compose(canvas, scene, start, end, compress, title)
    return figure


def _compose(
    canvas: Canvas,
    scene: Scene,
    start: float | None,
    end: float | None,
    compress: bool,
    title: str | None,
) -> None:
    caption = canvas.measure(LAG_UNIT, 7.5)[0]
    label_right = _MARGIN + max(label_width(canvas, scene), caption)
    left = label_right + 34
    right = canvas.width - _MARGIN - max(lag_label_width(canvas, scene) + 30, 12)
    axis = _plan_axis(scene, start, end, compress, left, right)
    phases = plan_phases(canvas, scene, axis)
    faults = plan_faults(canvas, scene, axis)

    y = _draw_title(canvas, scene, title)
    phases.draw(canvas, axis, y)
    y += phases.height + 6
    faults_top = y
    y += faults.height + 2
    lanes = lay_out_lanes(scene, y + 4)
    bottom = lanes[-1].bottom if lanes else y
    lag_top = bottom + 20
    plot_bottom = lag_top + LAG_HEIGHT if scene.lag else bottom + 6

    _draw_lanes(canvas, scene, axis, lanes)
    draw_lane_labels(canvas, lanes, label_right)
    draw_separators(canvas, lanes, _MARGIN, axis.right)
    faults.draw(canvas, axis, faults_top, plot_bottom)
    if scene.lag:
        draw_lag(canvas, scene, axis, lag_top)
        draw_lag_caption(canvas, label_right, lag_top)
    draw_quiet_bands(canvas, axis, y, plot_bottom, plot_bottom + 21)
    y = _draw_time(canvas, scene, axis, plot_bottom)
    legend = plan_legend(canvas)
    legend.draw(canvas, _MARGIN, canvas.width - _MARGIN, y + 10)
    canvas.resize(y + 10 + legend.height + _MARGIN - 8)


def _plan_axis(
    scene: Scene, start: float | None, end: float | None, compress: bool, left: float, right: float
) -> TimeAxis:
    """The axis over what happened, or over the window that was asked for."""
    zero = scene.zero_us
    low = None if start is None else zero + round(start * 1e6)
    high = None if end is None else zero + round(end * 1e6)
    times = [
        time
        for time in moments(scene)
        if (low is None or time >= low) and (high is None or time <= high)
    ]
    times = sorted({*times, *(edge for edge in (low, high) if edge is not None)})
    if len(times) < 2:
        times = [times[0] if times else 0, max(scene.end_us, (times[0] if times else 0) + 1)]
    durations = [phase.duration_us for failover in scene.failovers for phase in failover.phases]
    finest = max(min(durations, default=times[-1] - times[0]), _SHORTEST_US)

    def plan(times: Sequence[int], left: float, right: float) -> TimeAxis:
        return plan_axis(
            times, zero_us=zero, left=left, right=right, finest_us=finest, compress=compress
        )

    # Room before the first and after the last moment, at the scale of everything else.
    inner_left = left if low is not None else left + _LEAD_PT
    inner_right = right if high is not None else right - _TAIL_PT
    draft = plan(times, inner_left, inner_right)
    first = draft.stretches[0]
    us_per_pt = (first.end_us - first.start_us) / max(first.right - first.left, 1e-9)
    lead = 0 if low is not None else round(_LEAD_PT * us_per_pt)
    tail = 0 if high is not None else round(_TAIL_PT * us_per_pt)
    edges = [max(times[0] - lead, 0), min(times[-1] + tail, max(scene.end_us, times[-1]))]
    return plan(sorted({*times, *edges}), left, right)


def _draw_title(canvas: Canvas, scene: Scene, title: str | None) -> float:
    header = scene.header
    name = title if title is not None else f"{header.scenario or 'run'}, seed {header.seed}"
    canvas.text(_MARGIN, _MARGIN + 7, name, size=15, weight="bold")
    y = _MARGIN + 25
    for line in _story(scene):
        canvas.text(_MARGIN, y, line, size=9.5, colour=FAINT_INK)
        y += 13
    return y + 2


def _story(scene: Scene) -> list[str]:
    """The run in a few lines: each failover, then what it meant for writes."""
    lines = []
    for failover in scene.failovers:
        old = scene.nodes.name_at(failover.old)
        if failover.winner is None or failover.new is None:
            lines.append(f"{failover.master}: {old} was not replaced")
            continue
        new = scene.nodes.name_at(failover.new)
        took = duration_text(failover.duration_us)
        lines.append(
            f"{failover.master}: {new} replaced {old} within {took}, "
            f"led by {failover.winner.sentinel} in epoch {failover.winner.epoch}"
        )
    if not scene.failovers:
        lines.append("no failover was attempted")
    writes = scene.writes
    if writes.acknowledged or writes.refused or writes.unknown:
        lost = "an unknown number" if writes.lost is None else str(len(writes.lost) or "none")
        lines.append(
            f"writes: {len(writes.acknowledged)} acknowledged, of these {lost} lost; "
            f"{len(writes.refused)} refused; {len(writes.unknown)} with unknown outcome"
        )
    return lines


def _draw_lanes(canvas: Canvas, scene: Scene, axis: TimeAxis, lanes: tuple[Lane, ...]) -> None:
    by_name = {lane.node.name: lane for lane in lanes}
    taken = tuple(sorted(axis.at(time) for time in crossings(scene) if axis.shows(time)))
    for lane in lanes:
        match lane.node.type:
            case "client":
                draw_client(canvas, scene, axis, lane)
            case "sentinel":
                draw_sentinel(canvas, scene, axis, lane, taken)
            case _:
                draw_server(canvas, scene, axis, lane, taken)
    draw_votes(canvas, scene, axis, by_name)
    draw_failover_commands(canvas, scene, axis, by_name)
    draw_corrections(canvas, scene, axis, by_name)


def _draw_time(canvas: Canvas, scene: Scene, axis: TimeAxis, top: float) -> float:
    """The axis line, its ticks, the row of the quiet bands' labels, and the caption."""
    pieces = [(stretch.left, stretch.right) for stretch in axis.stretches if not stretch.is_quiet]
    for left, right in pieces:
        canvas.line([(left, top), (right, top)], colour=INK, width=0.9, order=4)
    free = float("-inf")
    for x, label in axis.ticks(27.0):
        canvas.line([(x, top), (x, top + 3.5)], colour=INK, width=0.8, order=4)
        width = canvas.measure(label, 8.0)[0]
        if x - width / 2 < free + 3:
            continue
        canvas.text(x, top + 9.5, label, size=8.0, across="center")
        free = x + width / 2
    caption = "seconds since the beginning of the run"
    if scene.faults:
        fault = scene.faults[0]
        caption = f"seconds since the first fault ({fault.time_us / 1e6:g} s into the run)"
    y = top + (35 if axis.quiet else 23)
    canvas.text((axis.left + axis.right) / 2, y, caption, size=9, across="center")
    y += 14
    canvas.line([(_MARGIN, y), (canvas.width - _MARGIN, y)], colour=RULE, width=0.6)
    return y
