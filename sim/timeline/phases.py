"""The phases of each failover, bracketed above the lanes, with their durations."""

from __future__ import annotations

from dataclasses import dataclass

from sim.judge import Phase
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.labels import Placed, in_rows
from sim.timeline.palette import FAINT_INK, INK, PAPER
from sim.timeline.scene import Scene

__all__ = ["PhaseBand", "plan_phases"]

_SIZE = 8.5
_ROW = 27.0
_LEADER = 12.0
_BRACKET = 7.0
_REACH = 16.0
"""A label that is moved further away from its bracket is worth another row."""


def duration_text(duration_us: int) -> str:
    """A duration for people: milliseconds below a second, else seconds, three digits."""
    if duration_us < 10_000:
        return f"{duration_us / 1000:.1f} ms"
    if duration_us < 999_500:
        return f"{duration_us / 1000:.0f} ms"
    return (
        f"{duration_us / 1e6:.2f} s" if duration_us < 100_000_000 else f"{duration_us / 1e6:.0f} s"
    )


@dataclass(frozen=True, slots=True)
class PhaseBand:
    """The brackets and where their labels go; `height` is the room they take."""

    phases: tuple[Phase, ...]
    labels: tuple[Placed, ...]
    rows: int

    @property
    def height(self) -> float:
        """The height of labels and brackets together, in points."""
        return self.rows * _ROW + _LEADER + _BRACKET if self.phases else 0.0

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float) -> None:
        """Brackets at the bottom of the band, labels above them, a thin leader between."""
        bracket_top = top + self.rows * _ROW + _LEADER
        bottom = bracket_top + _BRACKET
        for phase, label in zip(self.phases, self.labels, strict=True):
            left, right = axis.at(phase.start_us) + 0.8, axis.at(phase.end_us) - 0.8
            if right < left:
                left = right = (left + right) / 2
            corners = [(left, bracket_top), (right, bracket_top)]
            # A bracket that goes on outside of the picture stays open on that side.
            if axis.shows(phase.start_us):
                corners.insert(0, (left, bottom))
            if axis.shows(phase.end_us):
                corners.append((right, bottom))
            style = "-" if phase.complete else ":"
            canvas.line(corners, colour=INK, width=1.2, style=style, order=8)
            row_bottom = bracket_top - _LEADER - label.row * _ROW
            leader = [((left + right) / 2, bracket_top), (label.centre, row_bottom)]
            canvas.line(leader, colour=FAINT_INK, width=0.7, order=7)
            name, duration = label_lines(phase)
            canvas.text(
                label.centre,
                row_bottom - 19,
                name,
                size=_SIZE,
                weight="bold",
                across="center",
                ground=PAPER,
            )
            canvas.text(
                label.centre, row_bottom - 7.5, duration, size=_SIZE, across="center", ground=PAPER
            )


def label_lines(phase: Phase) -> tuple[str, str]:
    """Name and duration, the latter with a remark if the phase did not end well."""
    duration = duration_text(phase.duration_us)
    if phase.name == "failed attempt":
        return phase.name, f"{phase.detail}, {duration}"
    return phase.name, duration if phase.complete else f"{phase.detail}, {duration}"


def plan_phases(canvas: Canvas, scene: Scene, axis: TimeAxis) -> PhaseBand:
    """Find a place for the label of every phase that is in view."""
    phases = sorted(
        (
            phase
            for failover in scene.failovers
            for phase in failover.phases
            if phase.start_us < axis.end_us and phase.end_us > axis.start_us
        ),
        key=lambda phase: phase.start_us + phase.end_us,
    )
    centres = [(axis.at(phase.start_us) + axis.at(phase.end_us)) / 2 for phase in phases]
    widths = []
    for phase in phases:
        name, duration = label_lines(phase)
        widths.append(
            max(canvas.measure(name, _SIZE, "bold")[0], canvas.measure(duration, _SIZE)[0]) + 3
        )
    labels = in_rows(centres, widths, axis.left - 40, axis.right, 9.0, reach=_REACH)
    rows = max((label.row for label in labels), default=-1) + 1
    return PhaseBand(tuple(phases), tuple(labels), rows)
