"""What a number was in many runs: the share of runs that had at most so much."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.ticker import LogLocator, NullFormatter

from sim.campaigns import Distribution
from sim.figures.plot import LINES, axis_name, lines_for, new_plot, quiet, set_title
from sim.timeline.figure import TimelineFigure
from sim.timeline.palette import INK
from sim.timeline.saving import styled

__all__ = ["draw_distributions"]

TAILS = (0.05, 0.5, 0.95)


def draw_distributions(
    distributions: Sequence[Distribution],
    *,
    labels: Sequence[str] = (),
    title: str = "",
    of: str = "runs",
    quantity: str = "",
    logarithmic: bool = False,
    width_inches: float = 8.0,
) -> TimelineFigure:
    """Empirical distribution functions on one axis, with their median and their 5 % tails marked.

    `labels` name the lines (by default the distributions' own names). A line that does not reach
    the top is of a number that not every run had. `of` is what the values are of, `quantity` what
    they measure (by default their common name). A line below others is wider. With `logarithmic`
    every decade is as wide, for values that lie far apart. Raises ValueError for no
    distributions, for more than there are line styles, for different units, if not one has a value,
    and for a logarithm of nothing.
    """
    if not 0 < len(distributions) <= LINES:
        raise ValueError(f"expected 1 to {LINES} distributions")
    units = {each.unit for each in distributions}
    if len(units) > 1:
        raise ValueError(f"expected one unit, found {', '.join(sorted(units))}")
    if not any(each.values for each in distributions):
        raise ValueError("expected a distribution that has values")
    if logarithmic and any(value <= 0 for each in distributions for value in each.values):
        raise ValueError("expected values above 0 for a logarithmic axis")
    names = list(labels) or [each.name for each in distributions]
    with styled():
        figure, axes = new_plot(width_inches, 3.6)
        handles = []
        for each, name, look in zip(
            distributions, names, lines_for(len(distributions)), strict=True
        ):
            if not each.values:
                continue
            steps = sorted(set(each.values))
            shares = [each.share_up_to(value) for value in steps]
            median = f"{name}: median {each.median:.3g} {each.unit}".rstrip()
            handles.append(look.handle(median))
            axes.step(
                [steps[0], *steps],
                [0.0, *shares],
                where="post",
                color=look.colour,
                linestyle=look.dashes,
                linewidth=look.width,
            )
            total = len(each.values) + each.missing
            for tail in TAILS:
                value = each.quantile(tail)
                axes.plot(
                    value,
                    tail * len(each.values) / total,
                    marker=look.marker if tail == 0.5 else "_",
                    markersize=7 if tail == 0.5 else 10,
                    markeredgewidth=1.6,
                    color=look.colour,
                )
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_ylabel(f"share of {of}", color=INK)
        (unit,) = units
        known = [quantity] if quantity else [each.name for each in distributions]
        axes.set_xlabel(axis_name(known, unit), color=INK)
        quiet(axes)
        axes.legend(handles=handles, frameon=False, loc="best", handlelength=4)
        set_title(figure, title)
    return figure
