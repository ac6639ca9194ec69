"""Vertical marks across all lanes: faults with their labels, and the bands of quiet time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.fault_labels import FaultMark, label_faults
from sim.timeline.labels import Placed, flags
from sim.timeline.palette import FAINT_INK, INK, PAPER
from sim.timeline.scene import Scene

__all__ = ["FaultBand", "draw_quiet_bands", "plan_faults"]

_SIZE = 8.5
_ROW = 14.0
_LEADER = 9.0


@dataclass(frozen=True, slots=True)
class FaultBand:
    """The faults in view, and where the labels go, by the index of the mark.

    `height` is the room they take.
    """

    marks: tuple[FaultMark, ...]
    labels: Mapping[int, Placed]
    rows: int

    @property
    def height(self) -> float:
        """The height of the labels and the leaders below them, in points."""
        return self.rows * _ROW + _LEADER if self.marks else 0.0

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float, bottom: float) -> None:
        """Labels in the band from `top` on, and a line from each down to `bottom`."""
        foot = top + self.height
        for index, mark in enumerate(self.marks):
            x = axis.at(mark.time_us)
            style = canvas.use("remedy" if mark.is_remedy else "fault")
            label = self.labels.get(index)
            canvas.line(
                [(x, foot), (x, bottom)],
                colour=style.fill,
                width=style.width if label else style.width / 2,
                style=style.line,
                order=7,
                halo=label is not None,
            )
            if label is None:
                continue
            row_bottom = foot - _LEADER - label.row * _ROW
            # A pole that stands on its mark; a label that was moved aside has a slanted one.
            half = canvas.measure(mark.text, _SIZE, "bold")[0] / 2
            top_x = min(max(x, label.centre - half), label.centre + half)
            canvas.line([(top_x, row_bottom), (x, foot)], colour=FAINT_INK, width=0.7, order=7)
            canvas.text(
                label.centre,
                row_bottom - _ROW / 2 + 1,
                mark.text,
                size=_SIZE,
                weight="bold",
                colour=INK,
                across="center",
                ground=PAPER,
            )


def plan_faults(canvas: Canvas, scene: Scene, axis: TimeAxis) -> FaultBand:
    """Find a place for the label of every fault in view."""
    visible = [fault for fault in scene.faults if axis.shows(fault.time_us)]
    marks = label_faults(visible, scene.nodes.all)
    told = [index for index, mark in enumerate(marks) if mark.text]
    centres = [axis.at(marks[index].time_us) for index in told]
    widths = [canvas.measure(marks[index].text, _SIZE, "bold")[0] + 3 for index in told]
    labels = flags(centres, widths, axis.left - 60, axis.right, 8.0)
    rows = max((label.row for label in labels), default=-1) + 1
    return FaultBand(tuple(marks), dict(zip(told, labels, strict=True)), rows)


def draw_quiet_bands(
    canvas: Canvas, axis: TimeAxis, top: float, bottom: float, label_y: float
) -> None:
    """Grey bands where the axis is compressed, each with the time that it stands for."""
    for stretch in axis.quiet:
        mark = canvas.use("quiet")
        canvas.rectangle(stretch.left, top, stretch.right, bottom, fill=mark.fill, order=0)
        for x in (stretch.left, stretch.right):
            canvas.line(_tear(x, top, bottom), colour="#BDBDBD", width=0.7, order=0.6)
        seconds = (stretch.end_us - stretch.start_us) / 1e6
        text = f"… {seconds:.1f} s …" if seconds < 9.95 else f"… {seconds:.0f} s …"
        canvas.text(
            (stretch.left + stretch.right) / 2,
            label_y,
            text,
            size=8.0,
            colour=FAINT_INK,
            style="italic",
            across="center",
        )


def _tear(x: float, top: float, bottom: float) -> list[tuple[float, float]]:
    """A zigzag from `top` to `bottom` at `x`, as where paper was torn."""
    points = [(x, top)]
    y, side = top, 1.6
    while y + 5 < bottom:
        y += 5
        points.append((x + side, y))
        side = -side
    points.append((x, bottom))
    return points
