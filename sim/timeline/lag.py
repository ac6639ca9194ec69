"""The panel below the lanes: how many bytes each replica is behind its master."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sim.judge import LagSeries
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.labels import spread
from sim.timeline.palette import FAINT_INK, LAG_STYLES, RULE
from sim.timeline.scene import Scene

__all__ = ["LAG_HEIGHT", "draw_lag", "lag_label_width"]

LAG_HEIGHT = 66.0
LAG_UNIT = "bytes behind (log scale)"
_SIZE = 8.0
_COLUMN_PT = 3.0
"""The lag of all that falls into a column of this width is drawn as its highest."""

_MOST = 7
"""Of more replicas than this, those with the highest lags are drawn."""

_Piece = tuple[tuple[float, float], ...]
_Visible = tuple[int, LagSeries, tuple[_Piece, ...]]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Bytes to a share of the panel's height, from 0 at its foot to 1 at its top."""

    ceiling: float
    ticks: tuple[float, ...]

    def share(self, lag: float) -> float:
        """Logarithmic, but for the part below ten bytes, so that zero is at the foot."""
        return math.log10(1 + lag / 10) / math.log10(1 + self.ceiling / 10)

    @staticmethod
    def over(lags: Sequence[float]) -> _Scale:
        """Up to a power of ten above all `lags`, with a tick at each or at every second."""
        exponent = max(3, math.ceil(math.log10(max([*lags, 1.0]))))
        ticks = tuple(10.0**power for power in range(exponent, 1, -1 if exponent == 3 else -2))
        return _Scale(10.0**exponent, (0.0, *reversed(ticks)))


def lag_label_width(canvas: Canvas, scene: Scene) -> float:
    """The room that the names right of the panel need."""
    return max((canvas.measure(each.replica, _SIZE)[0] for each in scene.lag), default=0.0)


def draw_lag(canvas: Canvas, scene: Scene, axis: TimeAxis, top: float) -> None:
    """Steps of every replica's lag, named at their right end; of many, the highest.

    A negative lag (bytes of another history) has no meaning as a distance and is left out.
    """
    bottom = top + LAG_HEIGHT
    visible = [
        (number, series, pieces)
        for number, series in enumerate(scene.lag)
        if (pieces := _pieces(series, axis, scene.end_us))
    ]
    if len(visible) > _MOST:
        highest = sorted(visible, key=_peak, reverse=True)[:_MOST]
        visible = [each for each in visible if each in highest]
    scale = _Scale.over([lag for _, _, pieces in visible for piece in pieces for _, lag in piece])

    def height(lag: float) -> float:
        return bottom - scale.share(lag) * LAG_HEIGHT

    for lag in scale.ticks:
        y = height(lag)
        canvas.line([(axis.left, y), (axis.right, y)], colour=RULE, width=0.6, order=0.7)
        canvas.text(axis.left - 5, y, _bytes_text(lag), size=7.5, across="right")
    names = []
    for number, series, pieces in visible:
        colour, style = LAG_STYLES[number % len(LAG_STYLES)]
        for piece in pieces:
            points = [(x, height(lag)) for x, lag in piece]
            canvas.line(points, colour=colour, width=1.3, style=style, order=3)
        x, lag = pieces[-1][-1]
        names.append((height(lag), x, series.replica, colour, style))
    names.sort(key=lambda name: name[0])
    places = spread([name[0] for name in names], [9.5] * len(names), top - 4, bottom + 4, 0.5)
    for y, (level, x, text, colour, style) in zip(places, names, strict=True):
        if x < axis.right - 1:
            canvas.line([(x, level), (axis.right, level)], colour=RULE, width=0.6, order=0.8)
        canvas.line(
            [(axis.right + 4, y), (axis.right + 24, y)], colour=colour, width=1.3, style=style
        )
        canvas.text(axis.right + 28, y, text, size=_SIZE)


def _peak(visible: _Visible) -> float:
    return max(lag for piece in visible[2] for _, lag in piece)


def draw_lag_caption(canvas: Canvas, right: float, top: float) -> None:
    """What the panel shows, in the column of the lane labels."""
    middle = top + LAG_HEIGHT / 2
    canvas.text(right, middle - 5.2, "replication lag", size=9.0, weight="bold", across="right")
    canvas.text(right, middle + 5.6, LAG_UNIT, size=7.5, colour=FAINT_INK, across="right")


def _pieces(series: LagSeries, axis: TimeAxis, end_us: int) -> tuple[_Piece, ...]:
    """The visible steps of a lag as (place, bytes), cut where there is none."""
    columns: dict[int, float] = {}
    steps = [(point.time_us, point.lag_bytes) for point in series.points]
    for (time_us, lag), (next_us, _) in pairwise([*steps, (end_us, None)]):
        if lag is None or lag < 0 or next_us <= axis.start_us or time_us > axis.end_us:
            continue
        first = round((axis.at(time_us) - axis.left) / _COLUMN_PT)
        last = round((axis.at(next_us) - axis.left) / _COLUMN_PT)
        for column in range(first, max(last, first + 1)):
            columns[column] = max(columns.get(column, 0.0), lag)
    pieces: list[list[tuple[float, float]]] = []
    for column in sorted(columns):
        left = axis.left + column * _COLUMN_PT
        right = min(left + _COLUMN_PT, axis.right)
        if not pieces or left - pieces[-1][-1][0] > 0.01:
            pieces.append([])
        pieces[-1] += [(left, columns[column]), (right, columns[column])]
    return tuple(map(tuple, pieces))


def _bytes_text(value: float) -> str:
    """A number of bytes for an axis: 500, 20 k, 1.5 M."""
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
