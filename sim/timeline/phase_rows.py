"""The phases of failovers that happen at the same time: a row for each, named like a lane."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sim.judge import Failover, Phase
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.palette import FAINT_INK, INK, PAPER
from sim.timeline.phases import label_lines
from sim.timeline.scene import Scene

__all__ = ["PhaseRows", "needs_rows", "plan_phase_rows", "row_label_width"]

_SIZE = 7.5
_ROW = 14.0
_FOOT = 6.0
_MOST = 12
"""With more failovers than this there are no rows: the story below the title sums them up."""


@dataclass(frozen=True, slots=True)
class PhaseRows:
    """The failovers in view, the first to begin at the top; `height` is the room they take."""

    failovers: tuple[Failover, ...]
    labels: tuple[str, ...]

    @property
    def height(self) -> float:
        """The height of all rows, in points."""
        return len(self.failovers) * _ROW + _FOOT if self.failovers else 0.0

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float, label_right: float) -> None:
        """A row from `top` on for each: its master, and a bar cut into phases."""
        for number, failover in enumerate(self.failovers):
            y = top + (number + 0.5) * _ROW
            canvas.text(label_right, y, self.labels[number], size=_SIZE, across="right")
            for phase in failover.phases:
                if phase.start_us < axis.end_us and phase.end_us > axis.start_us:
                    _draw_phase(canvas, axis, phase, y)


def _draw_phase(canvas: Canvas, axis: TimeAxis, phase: Phase, y: float) -> None:
    left, right = axis.at(phase.start_us), axis.at(phase.end_us)
    style = "-" if phase.complete else ":"
    canvas.line([(left, y), (right, y)], colour=INK, width=1.0, style=style, order=4)
    for place, time_us in ((left, phase.start_us), (right, phase.end_us)):
        if axis.shows(time_us):
            canvas.line([(place, y - 3.5), (place, y + 3.5)], colour=INK, width=1.0, order=4)
    name, duration = label_lines(phase)
    for text in (f"{name} {duration}", name):
        if canvas.measure(text, _SIZE)[0] + 8 <= right - left:
            middle = (left + right) / 2
            canvas.text(
                middle, y, text, size=_SIZE, colour=FAINT_INK, across="center", ground=PAPER
            )
            return


def plan_phase_rows(scene: Scene, axis: TimeAxis) -> PhaseRows:
    """The rows for all failovers in view, unless they are too many."""
    failovers = [
        failover
        for failover in scene.failovers
        if any(p.start_us < axis.end_us and p.end_us > axis.start_us for p in failover.phases)
    ]
    failovers.sort(key=lambda failover: failover.start_us)
    if len(failovers) > _MOST:
        failovers = []
    return PhaseRows(tuple(failovers), tuple(_label(scene, each) for each in failovers))


def needs_rows(scene: Scene) -> bool:
    """Whether one line of brackets cannot hold them: several masters, or two that overlap."""
    ordered = sorted(scene.failovers, key=lambda failover: failover.start_us)
    return any(
        one.start_us + one.duration_us > other.start_us or one.master != other.master
        for one, other in pairwise(ordered)
    )


def row_label_width(canvas: Canvas, scene: Scene) -> float:
    """The room that the labels need, where the rows are needed."""
    if not needs_rows(scene):
        return 0.0
    return max(canvas.measure(_label(scene, each), _SIZE)[0] for each in scene.failovers)


def _label(scene: Scene, failover: Failover) -> str:
    """The master's name; if there is only one master, who was replaced by whom."""
    if len({each.master for each in scene.failovers}) > 1:
        return failover.master
    old = scene.nodes.name_at(failover.old)
    return f"{old} → {scene.nodes.name_at(failover.new) if failover.new else '?'}"
