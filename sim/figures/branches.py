"""When something became inevitable: the share of branches that still go wrong, moment by moment."""

from __future__ import annotations

from bisect import bisect_left

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sim.campaigns import Branches
from sim.figures.plot import wrapped
from sim.timeline.figure import TimelineFigure
from sim.timeline.palette import FAINT_INK, INK, RULE
from sim.timeline.saving import styled

__all__ = ["draw_branches"]

_LINE = "#00568B"
_MOST_LANDMARKS = 9
_HEADING, _TOLD, _LEADING = 12.0, 8.5, 1.5
_ROW = 0.19
_APART = 0.017
"""How far the numbers of landmarks are apart at least, as a share of the width of the axes."""


def draw_branches(
    found: Branches, *, what: str = "it went wrong", title: str = "", width_inches: float = 9.0
) -> TimelineFigure:
    """The share of branches in which `what`, over the moment at which they left the run.

    `what` is a sentence. The moments stand side by side, however far apart they are. Bars are the
    intervals of 95 %. The landmarks of the run are numbered lines between the moments, explained
    below in the order in which they came; those outside are left out, and all after the ninth.
    """
    moments = [each.moment for each in found.points]
    landmarks = [each for each in found.landmarks if moments[0] <= each[0] <= moments[-1]]
    del landmarks[_MOST_LANDMARKS:]
    heading = title or f"{found.name}, seed {found.seed}: when was it settled?"
    room = width_inches * 72 * 0.96
    headings = wrapped(heading, room, _HEADING)
    told = wrapped(f"share of branches in which {what}", room, _TOLD, "normal")
    head = 0.41 + (_HEADING * len(headings) + _TOLD * len(told)) * _LEADING / 72
    height = 2.85 + head + _ROW * len(landmarks)
    with styled():
        figure = TimelineFigure(figsize=(width_inches, height), dpi=110)
        FigureCanvasAgg(figure)
        below = (0.72 + _ROW * len(landmarks)) / height
        axes = figure.add_axes((0.085, below, 0.9, 1 - below - head / height))
        places = list(range(len(moments)))
        _draw_points(axes, found)
        axes.set_xticks(places, [f"{each:g}" for each in moments])
        axes.set_xlim(-0.4, places[-1] + 0.4)
        axes.set_ylim(-0.03, 1.05)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_ylabel("share of branches", color=INK)
        axes.set_xlabel("chance is another one from this second of the run on", color=INK)
        axes.grid(axis="y", color=RULE, linewidth=0.6)
        axes.tick_params(colors=FAINT_INK)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        taken = -1.0
        for number, (time, words) in enumerate(landmarks, start=1):
            place = _between(time, moments)
            axes.axvline(place, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
            # Numbers of landmarks that are close to each other stand beside each other.
            taken = max((place + 0.4) / (places[-1] + 0.8), taken + _APART)
            axes.text(
                taken,
                1.02,
                str(number),
                transform=axes.transAxes,
                ha="center",
                va="bottom",
                fontsize=8,
                fontweight="bold",
                color=INK,
            )
            y = (_ROW * (len(landmarks) - number) + 0.1) / height
            figure.text(0.085, y, f"{number}   {time:.3f} s   {words}", fontsize=8, color=INK)
        y = 1 - 0.1 / height
        for line in headings:
            y -= _HEADING * _LEADING / 72 / height
            figure.text(0.02, y, line, fontsize=_HEADING, fontweight="bold", color=INK)
        for line in told:
            y -= _TOLD * _LEADING / 72 / height
            figure.text(0.02, y, line, fontsize=_TOLD, color=FAINT_INK)
    return figure


def _draw_points(axes: Axes, found: Branches) -> None:
    places = list(range(len(found.points)))
    shares = [each.share for each in found.points]
    spread = [
        [max(each.share - each.interval[0], 0.0) for each in found.points],
        [max(each.interval[1] - each.share, 0.0) for each in found.points],
    ]
    axes.errorbar(
        places, shares, yerr=spread, fmt="none", ecolor=FAINT_INK, elinewidth=1.0, capsize=2.5
    )
    axes.plot(places, shares, "o-", color=_LINE, markersize=4.5, linewidth=1.6)


def _between(time: float, moments: list[float]) -> float:
    """Where a time stands among moments that are drawn one unit apart."""
    after = bisect_left(moments, time)
    if after == 0 or moments[after] == time:
        return float(after)
    before = after - 1
    return before + (time - moments[before]) / (moments[after] - moments[before])
