"""How often a number was how large: bars, and lines across them that a reader compares with."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, log10

from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, LogLocator, NullFormatter

from sim.campaigns import Distribution
from sim.figures.plot import axis_name, new_plot, quiet, set_title
from sim.timeline.figure import TimelineFigure
from sim.timeline.palette import INK
from sim.timeline.saving import styled

__all__ = ["draw_histogram"]

_FILL, _EDGE = "#BFE1F5", "#00568B"
_A_DECADE = 10
"""Bars of a logarithmic axis; their borders are near 1, 2, 5 and 10."""
_BARS = 30
"""About so many bars on an axis that is not."""
_LETTER = 5.4
_ROW = 0.085


def draw_histogram(
    distribution: Distribution,
    *,
    limits: Mapping[str, float] | None = None,
    title: str = "",
    of: str = "runs",
    logarithmic: bool = False,
    width_inches: float = 8.0,
) -> TimelineFigure:
    """How many of the values lie between two borders, as bars.

    `limits` are dotted lines across, by what stands above them: what is on the right of one is more
    than that. `of` is what the values are of. With `logarithmic` every decade is as wide and, for
    the bars, as high: single values are seen beside hundreds. Raises ValueError if there is no
    value, and for a logarithm of nothing.
    """
    values, marks = distribution.values, dict(limits or {})
    if not values:
        raise ValueError("expected a distribution that has values")
    if logarithmic and min([*values, *marks.values()]) <= 0:
        raise ValueError("expected values and limits above 0 for a logarithmic axis")
    with styled():
        figure, axes = new_plot(width_inches, 3.6)
        borders = (_decades if logarithmic else _steps)(values)
        counts, _, _ = axes.hist(values, bins=borders, color=_FILL, edgecolor=_EDGE, linewidth=0.8)
        low, high = (end([*borders, *marks.values()]) for end in (min, max))
        if logarithmic:
            _log_axes(axes, low / 1.2, high * 1.2, float(max(counts)))
        else:
            air = 0.03 * (high - low)
            axes.set_xlim(low - air, high + air)
        _draw_limits(axes, marks, width_inches * 72 - 70)
        quiet(axes)
        axes.set_ylabel(of, color=INK)
        told = f"{len(values)} {of}, median {distribution.median:.3g} {distribution.unit}".rstrip()
        if distribution.missing:
            told += f"; none in {distribution.missing} more"
        name = axis_name([distribution.name], distribution.unit)
        axes.set_xlabel(f"{name}\n{told}", color=INK)
        set_title(figure, title)
    return figure


def _decades(values: tuple[float, ...]) -> list[float]:
    """Borders of bars that are alike in width where every decade is."""
    first, last = floor(log10(values[0]) * _A_DECADE), ceil(log10(values[-1]) * _A_DECADE)
    return [10 ** (step / _A_DECADE) for step in range(first, max(last, first + 1) + 1)]


def _steps(values: tuple[float, ...]) -> list[float]:
    """Borders at round numbers: 1, 2 or 5 of some power of ten apart."""
    spread = values[-1] - values[0] or abs(values[-1]) or 1.0
    power = 10.0 ** floor(log10(spread / _BARS))
    width = next(power * step for step in (1, 2, 5, 10) if power * step >= spread / _BARS)
    first, last = floor(values[0] / width), ceil(values[-1] / width)
    return [step * width for step in range(first, max(last, first + 1) + 1)]


def _log_axes(axes: Axes, low: float, high: float, most: float) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0.7, most * 1.6)
    ticks = [10**power for power in range(ceil(log10(most)) + 1) if 10**power <= most * 1.6]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks]))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _draw_limits(axes: Axes, marks: Mapping[str, float], width: float) -> None:
    """A line for each, its name above the axes; in rows where names would meet."""
    ends: list[float] = []
    for name, value in sorted(marks.items(), key=lambda each: each[1]):
        axes.axvline(value, color=INK, linestyle=":", linewidth=1.4)
        low, high = axes.transData.transform([(axes.get_xlim()[0], 1), (axes.get_xlim()[1], 1)])
        here = axes.transData.transform((value, 1))
        place = (here[0] - low[0]) / (high[0] - low[0])
        half = len(name) * _LETTER / 2 / width
        row = next((row for row, end in enumerate(ends) if place - half > end), len(ends))
        ends[row : row + 1] = [place + half + 0.008]
        axes.text(
            place,
            1.015 + _ROW * row,
            name,
            transform=axes.transAxes,
            ha="center",
            va="bottom",
            fontsize=8,
            color=INK,
        )
