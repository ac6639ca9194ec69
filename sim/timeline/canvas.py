"""The sheet that everything is drawn on: one axes over the whole figure, measured in points.

With points (1/72 inch) as the only unit, text and marks are laid out by plain arithmetic, and the
figure looks the same at every resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from sim.timeline.palette import FONT, INK, MARKS, PAPER, Mark

__all__ = ["Canvas"]

_MEASURE_DPI = 288


@dataclass(slots=True)
class Canvas:
    """Draws rectangles, lines, arrows and texts at points; remembers which marks were used.

    `width` is fixed; the height is set once the layout is known, by `resize`. The y axis points
    downwards, as a reader goes.
    """

    figure: Figure
    width: float
    used: set[str] = field(default_factory=set)
    is_crowded: bool = False
    """While it is set, arrows are drawn finer and without a halo."""
    axes: Axes = field(init=False)
    _sizes: dict[tuple[str, float, str], tuple[float, float]] = field(default_factory=dict)
    _renderer: Any = None

    def __post_init__(self) -> None:
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self._prepare()
        self._renderer = cast(Any, RendererAgg)(8, 8, _MEASURE_DPI)

    def widen(self, width: float) -> None:
        """Make the sheet `width` points wide, before anything is drawn on it."""
        self.width = width
        self.axes.set_xlim(0, width)

    def resize(self, height: float) -> None:
        """Give the figure its final height."""
        self.figure.set_size_inches(self.width / 72, height / 72)
        self.axes.set_ylim(height, 0)

    def clear(self) -> None:
        """Make the sheet empty again."""
        self.axes.clear()
        self.used.clear()
        self._prepare()

    def _prepare(self) -> None:
        self.axes.set_axis_off()
        self.axes.set_xlim(0, self.width)
        self.axes.autoscale(False)

    def use(self, key: str) -> Mark:
        """The mark called `key`, which the legend now has to explain."""
        self.used.add(key)
        return MARKS[key]

    def measure(self, text: str, size: float, weight: str = "normal") -> tuple[float, float]:
        """Width and height that `text` (one line) takes, with a little air."""
        key = (text, size, weight)
        if key not in self._sizes:
            font = FontProperties(family=FONT, size=size, weight=weight)
            width, height, _ = self._renderer.get_text_width_height_descent(
                _drawable(text), font, False
            )
            scale = 72 / _MEASURE_DPI
            self._sizes[key] = (width * scale * 1.03 + 1.0, height * scale + 1.0)
        return self._sizes[key]

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 8.0,
        colour: str = INK,
        weight: str = "normal",
        style: str = "normal",
        across: str = "left",
        along: str = "center",
        ground: str | None = None,
    ) -> Text:
        """Write `text` at (x, y), `across` and `along` being its alignment; `ground` backs it."""
        box = {"facecolor": ground, "edgecolor": "none", "pad": 1.0} if ground else None
        written = self.axes.text(
            x,
            y,
            _drawable(text),
            family=FONT,
            fontsize=size,
            color=colour,
            fontweight=weight,
            fontstyle=style,
            ha=across,
            va=along,
            bbox=box,
            zorder=20,
        )
        written.set_parse_math(False)
        return written

    def rectangle(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        *,
        fill: str,
        edge: str = "none",
        hatch: str = "",
        order: float = 3,
        width: float = 0.6,
    ) -> None:
        """A filled rectangle; `hatch` is drawn in the colour of its edge."""
        self.axes.add_patch(
            Rectangle(
                (left, top),
                right - left,
                bottom - top,
                facecolor=fill,
                edgecolor=edge,
                hatch=hatch or None,
                linewidth=width if edge != "none" else 0,
                zorder=order,
            )
        )

    def box(
        self, key: str, left: float, top: float, right: float, bottom: float, order: float = 3
    ) -> None:
        """A rectangle in the style of a mark."""
        mark = self.use(key)
        self.rectangle(
            left, top, right, bottom, fill=mark.fill, edge=mark.edge, hatch=mark.hatch, order=order
        )

    def boxes(
        self, key: str, spans: Sequence[tuple[float, float]], top: float, bottom: float
    ) -> None:
        """Many rectangles of one mark between `top` and `bottom`, as one object."""
        if not spans:
            return
        mark = self.use(key)
        corners = [
            corner
            for left, right in spans
            for corner in ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        ]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(spans)
        self.axes.add_patch(
            PathPatch(
                Path(corners, codes),
                facecolor=mark.fill,
                edgecolor=mark.edge,
                hatch=mark.hatch or None,
                linewidth=0.6 if mark.edge != "none" else 0,
                zorder=4,
            )
        )

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        colour: str,
        width: float = 1.0,
        style: Any = "-",
        order: float = 2,
        halo: bool = False,
    ) -> None:
        """A line through `points`; a `halo` of paper keeps it apart from what it crosses."""
        xs, ys = zip(*points, strict=True)
        drawn = Line2D(
            xs,
            ys,
            color=colour,
            linewidth=width,
            linestyle=style,
            zorder=order,
            solid_capstyle="butt",
            solid_joinstyle="miter",
        )
        if halo:
            drawn.set_path_effects([withStroke(linewidth=width + 2, foreground=PAPER)])
        self.axes.add_line(drawn)

    def arrow(
        self, key: str, start: tuple[float, float], end: tuple[float, float], bend: float = 0.0
    ) -> None:
        """An arrow in the style of a mark; `bend` bows it (a share of its length)."""
        mark = self.use(key)
        width = mark.width / 2 if self.is_crowded else mark.width
        halo = [] if self.is_crowded else [withStroke(linewidth=width + 2.2, foreground=PAPER)]
        self.axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                arrowstyle="-|>,head_length=0.55,head_width=0.26",
                connectionstyle=f"arc3,rad={bend}",
                mutation_scale=5 if self.is_crowded else 9 + 2 * width,
                shrinkA=0,
                shrinkB=0,
                color=mark.fill,
                linewidth=width,
                linestyle=mark.line,
                zorder=9,
                path_effects=halo,
            )
        )

    def marker(self, key: str, x: float, y: float, size: float = 8.0) -> None:
        """A star, diamond or cross in the style of a mark."""
        mark = self.use(key)
        shape = {"star": "*", "diamond": "D", "cross": "x"}[mark.shape]
        size = {"star": size * 1.5, "diamond": size * 0.72, "cross": size * 0.8}[mark.shape]
        self.axes.add_line(
            Line2D(
                [x],
                [y],
                marker=shape,
                markersize=size,
                markerfacecolor=mark.fill,
                markeredgecolor=mark.edge,
                markeredgewidth=1.5 if shape == "x" else 0.9,
                linestyle="none",
                zorder=12,
                path_effects=[withStroke(linewidth=2.6, foreground=PAPER)] if shape == "x" else [],
            )
        )


def _drawable(text: str) -> str:
    """`text` with bytes that are no UTF-8 (surrogates, here) as escapes: no font has them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
