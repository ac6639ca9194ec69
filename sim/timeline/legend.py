"""The legend: every mark that the picture uses, and no other, in columns."""

from __future__ import annotations

from dataclasses import dataclass

from sim.timeline.canvas import Canvas
from sim.timeline.palette import FAINT_INK, MARKS

__all__ = ["Legend", "plan_legend"]

_SIZE = 8.0
_ROW = 13.5
_SWATCH = 24.0
_MOST_GAP = 120.0
"""Columns that are further apart do not look as if they belonged together."""


_COLUMNS = (("Redis server", "Process"), ("Sentinel",), ("Messages",), ("Client", "Time"))
"""Headings that stand below each other."""


@dataclass(frozen=True, slots=True)
class _Column:
    """Lines from top to bottom: the key of a mark, or a heading; and how wide they are."""

    lines: tuple[tuple[str, bool], ...]
    width: float


@dataclass(frozen=True, slots=True)
class Legend:
    """Columns of marks under headings; `height` is the room they take."""

    columns: tuple[_Column, ...]

    @property
    def height(self) -> float:
        """The height of the longest column, in points."""
        return max((len(column.lines) for column in self.columns), default=0) * _ROW

    def draw(self, canvas: Canvas, left: float, right: float, top: float) -> None:
        """Draw all columns from `top` on, spread over the width."""
        free = right - left - sum(column.width for column in self.columns)
        gap = min(free / max(len(self.columns) - 1, 1), _MOST_GAP)
        for column in self.columns:
            for number, (text, is_heading) in enumerate(column.lines):
                y = top + (number + 0.5) * _ROW
                if is_heading:
                    canvas.text(left, y, text, size=_SIZE, weight="bold", colour=FAINT_INK)
                elif text:
                    _draw_swatch(canvas, text, left, y)
                    canvas.text(left + _SWATCH + 6, y, MARKS[text].label, size=_SIZE)
            left += column.width + gap


def plan_legend(canvas: Canvas) -> Legend:
    """The marks used so far, under their headings."""
    columns = []
    for headings in _COLUMNS:
        lines: list[tuple[str, bool]] = []
        width = 0.0
        for heading in headings:
            keys = [
                key for key, mark in MARKS.items() if mark.group == heading and key in canvas.used
            ]
            if not keys:
                continue
            lines += [("", False)] if lines else []
            lines += [(heading, True), *((key, False) for key in keys)]
            widths = [canvas.measure(MARKS[key].label, _SIZE)[0] + _SWATCH + 6 for key in keys]
            width = max([width, canvas.measure(heading, _SIZE, "bold")[0], *widths])
        if lines:
            columns.append(_Column(tuple(lines), width))
    return Legend(tuple(columns))


def _draw_swatch(canvas: Canvas, key: str, left: float, y: float) -> None:
    mark = MARKS[key]
    right = left + _SWATCH
    match mark.shape:
        case "box":
            canvas.box(key, left, y - 4.5, right, y + 4.5)
        case "band":
            canvas.rectangle(left, y - 4.5, right, y + 4.5, fill=mark.fill)
        case "box-low":
            canvas.box(key, left, y, right, y + 4.5)
        case "tick-high" | "tick-low":
            low, high = (y - 4.5, y) if mark.shape == "tick-high" else (y, y + 4.5)
            canvas.line([(left, y), (right, y)], colour="#C8C8C8", width=0.6)
            spans = [(left + x, left + x + 1.4) for x in (4.0, 8.0, 12.0, 16.0, 20.0)]
            canvas.boxes(key, spans, low, high)
        case "line":
            canvas.line(
                [(left, y), (right, y)], colour=mark.fill, width=mark.width, style=mark.line
            )
        case "arrow":
            canvas.arrow(key, (left, y), (right, y))
        case _:
            canvas.marker(key, (left + right) / 2, y, 7.0)
