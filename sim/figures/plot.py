"""What all figures with two axes share: their sheet, their title, and how their lines differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath

from sim.timeline.figure import TimelineFigure
from sim.timeline.palette import FAINT_INK, FONT, INK, LAG_STYLES, RULE

__all__ = [
    "LINES",
    "LineLook",
    "axis_name",
    "lines_for",
    "new_plot",
    "quiet",
    "set_title",
    "wrapped",
]

_TITLE = 12.0
_MARGIN = 9.0
_FINE, _WIDE = 1.7, 4.4


@dataclass(frozen=True, slots=True)
class LineLook:
    """How one line of several looks: no two are alike in dashes, in mark, or in width."""

    colour: str
    dashes: Any
    marker: str
    width: float

    def handle(self, label: str) -> Line2D:
        """The line and its mark, as a legend shows them."""
        return Line2D(
            [],
            [],
            color=self.colour,
            linestyle=self.dashes,
            linewidth=self.width,
            marker=self.marker,
            markersize=5,
            label=label,
        )


_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = len(LAG_STYLES)
"""As many lines as can be told apart."""


def lines_for(count: int) -> tuple[LineLook, ...]:
    """The looks of `count` lines; one that lies below others is wider, so that it is seen.

    Raises ValueError for none, and for more than `LINES`.
    """
    if not 0 < count <= LINES:
        raise ValueError(f"expected 1 to {LINES} lines, found {count}")
    return tuple(
        LineLook(colour, dashes, marker, _FINE + (_WIDE - _FINE) * (1 - (number + 1) / count))
        for number, ((colour, dashes), marker) in enumerate(
            zip(LAG_STYLES[:count], _MARKERS[:count], strict=True)
        )
    )


def new_plot(width_inches: float, height_inches: float) -> tuple[TimelineFigure, Axes]:
    """A figure that shows itself, with one pair of axes."""
    figure = TimelineFigure(figsize=(width_inches, height_inches), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def quiet(axes: Axes) -> None:
    """A faint grid, faint numbers, and no frame."""
    axes.grid(color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT_INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def set_title(figure: TimelineFigure, title: str) -> None:
    """Write `title` above all, at the left; in as many lines as it needs."""
    if title:
        room = figure.get_figwidth() * 72 - 2 * _MARGIN
        figure.suptitle(
            "\n".join(wrapped(title, room, _TITLE)),
            x=_MARGIN / (figure.get_figwidth() * 72),
            ha="left",
            fontsize=_TITLE,
            fontweight="bold",
            color=INK,
        )


def wrapped(text: str, room: float, size: float, weight: str = "bold") -> list[str]:
    """`text` in lines of at most `room` points, broken between words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _width(text: str, size: float, weight: str) -> float:
    font = FontProperties(family=FONT, weight=weight)
    return float(TextPath((0, 0), text, size=size, prop=font, usetex=False).get_extents().width)


def axis_name(names: Iterable[str], unit: str) -> str:
    """The measure and its unit, as far as all lines agree."""
    known = set(names)
    (name,) = known if len(known) == 1 else ("",)
    if not unit:
        return name or "count"
    return f"{name} ({unit})" if name else unit
