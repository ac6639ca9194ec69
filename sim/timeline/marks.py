"""Vertical marks across all lanes: faults with their labels, and the bands of quiet time."""

from __future__ import annotations

from dataclasses import dataclass

from sim.judge import Fault
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.labels import Placed, in_rows
from sim.timeline.palette import FAINT_INK, INK, PAPER
from sim.timeline.scene import Scene

__all__ = ["FaultBand", "draw_quiet_bands", "plan_faults"]

_SIZE = 8.5
_ROW = 14.0
_LEADER = 9.0
_LONGEST = 44


@dataclass(frozen=True, slots=True)
class FaultMark:
    """One or more faults of the same kind and time, told in one label."""

    time_us: int
    text: str
    is_remedy: bool


@dataclass(frozen=True, slots=True)
class FaultBand:
    """The labels of all faults in view; `height` is the room they take."""

    marks: tuple[FaultMark, ...]
    labels: tuple[Placed, ...]
    rows: int

    @property
    def height(self) -> float:
        """The height of the labels and the leaders below them, in points."""
        return self.rows * _ROW + _LEADER if self.marks else 0.0

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float, bottom: float) -> None:
        """Labels in the band from `top` on, and a line from each down to `bottom`."""
        foot = top + self.height
        for mark, label in zip(self.marks, self.labels, strict=True):
            x = axis.at(mark.time_us)
            style = canvas.use("remedy" if mark.is_remedy else "fault")
            row_bottom = foot - _LEADER - label.row * _ROW
            canvas.line(
                [(label.centre, row_bottom), (x, foot)], colour=FAINT_INK, width=0.7, order=7
            )
            canvas.line(
                [(x, foot), (x, bottom)],
                colour=style.fill,
                width=style.width,
                style=style.line,
                order=7,
                halo=True,
            )
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
    marks = _merged([fault for fault in scene.faults if axis.shows(fault.time_us)])
    centres = [axis.at(mark.time_us) for mark in marks]
    widths = [canvas.measure(mark.text, _SIZE, "bold")[0] + 3 for mark in marks]
    labels = in_rows(centres, widths, axis.left - 60, axis.right, 8.0)
    rows = max((label.row for label in labels), default=-1) + 1
    return FaultBand(tuple(marks), tuple(labels), rows)


def _merged(faults: list[Fault]) -> list[FaultMark]:
    """Faults of one verb at one time share a mark: ``kill redis-1, redis-2``."""
    groups: dict[tuple[int, str], list[Fault]] = {}
    for fault in faults:
        groups.setdefault((fault.time_us, fault.verb), []).append(fault)
    marks = []
    for (time_us, verb), members in groups.items():
        # What a remedy of the network ends is told by the fault before it.
        subjects = [
            ("" if fault.is_remedy else fault.detail) if fault.node == "network" else fault.node
            for fault in members
        ]
        text = f"{verb} {', '.join(subject for subject in subjects if subject)}".strip()
        if len(text) > _LONGEST:
            text = text[: _LONGEST - 1].rstrip() + "…"
        marks.append(FaultMark(time_us, text, members[0].is_remedy))
    return marks


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
