"""When something became inevitable: the share of branches that still go wrong, moment by moment."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg

from sim.campaigns import Branches
from sim.timeline.figure import TimelineFigure
from sim.timeline.palette import FAINT_INK, INK, RULE
from sim.timeline.saving import styled

__all__ = ["draw_branches"]

_LINE = "#00568B"
_MOST_LANDMARKS = 9
_APART = 0.017
"""How far the numbers of landmarks are apart at least, as a share of the width of the axes."""


def draw_branches(
    found: Branches, *, what: str = "went wrong", title: str = "", width_inches: float = 9.0
) -> TimelineFigure:
    """The share of branches in which it `what`, over the moment at which they left the run.

    Bars are the intervals of 95 %. The landmarks of the run are numbered lines, explained below;
    those outside of the moments are left out.
    """
    first, last = found.points[0].moment, found.points[-1].moment
    landmarks = [each for each in found.landmarks if first <= each[0] <= last][:_MOST_LANDMARKS]
    height = 3.4 + 0.19 * len(landmarks)
    with styled():
        figure = TimelineFigure(figsize=(width_inches, height), dpi=110)
        FigureCanvasAgg(figure)
        below = (0.62 + 0.19 * len(landmarks)) / height
        axes = figure.add_axes((0.075, below, 0.9, 1 - below - 0.75 / height))
        moments = [each.moment for each in found.points]
        shares = [each.share for each in found.points]
        spread = [
            [each.share - each.interval[0] for each in found.points],
            [each.interval[1] - each.share for each in found.points],
        ]
        axes.errorbar(
            moments, shares, yerr=spread, fmt="none", ecolor=FAINT_INK, elinewidth=1.0, capsize=2.5
        )
        axes.plot(moments, shares, "o-", color=_LINE, markersize=4.5, linewidth=1.6)
        axes.set_ylim(-0.03, 1.05)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_ylabel(f"branches: {what}", color=INK)
        axes.set_xlabel("chance is another one from here on (s of the run)", color=INK)
        axes.grid(axis="y", color=RULE, linewidth=0.6)
        axes.tick_params(colors=FAINT_INK)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        taken = -1.0
        low, high = axes.get_xlim()
        for number, (time, words) in enumerate(landmarks, start=1):
            axes.axvline(time, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
            # Numbers of landmarks that are close to each other stand beside each other.
            place = max((time - low) / (high - low), taken + _APART)
            taken = place
            axes.text(
                place,
                1.02,
                str(number),
                transform=axes.transAxes,
                ha="center",
                va="bottom",
                fontsize=8,
                fontweight="bold",
                color=INK,
            )
            figure.text(
                0.075,
                (0.19 * (len(landmarks) - number) + 0.1) / height,
                f"{number}   {time:.3f} s   {words}",
                fontsize=8,
                color=INK,
            )
        heading = title or f"{found.name}, seed {found.seed}: when was it settled?"
        figure.text(
            0.075,
            1 - 0.28 / height,
            heading,
            fontsize=12,
            fontweight="bold",
            color=INK,
        )
    return figure
