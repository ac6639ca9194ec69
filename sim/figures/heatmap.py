"""What became of many losses: a field for each, its colour and pattern the ending."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from sim.campaigns.losses import FateGrid
from sim.figures.plot import new_plot, set_title
from sim.judge.fates import Ending, Fate
from sim.timeline.figure import TimelineFigure
from sim.timeline.palette import INK, PAPER, readable_on
from sim.timeline.saving import styled

__all__ = ["draw_fates"]


@dataclass(frozen=True, slots=True)
class _Field:
    """How an ending is drawn: good ones are dark, the rest is told apart by hatches too."""

    fill: str
    hatch: str
    edge: str
    words: str


_FIELDS = {
    Ending.STAYS: _Field("#BFE1F5", "", "#4C9CC9", "the master is still there"),
    Ending.FAILED_OVER: _Field("#00568B", "", PAPER, "failed over, after so many seconds"),
    Ending.TWO_MASTERS: _Field(
        "#F3D3E6", "xx", "#B98AA9", "two masters: a new one, and the old one"
    ),
    Ending.NO_REPLICA: _Field("#EDE3F2", "oo", "#A98FB6", "a leader, and nobody to promote"),
    Ending.NO_LEADER: _Field("#FBD58A", "///", "#D09A3A", "noticed by a quorum, led by nobody"),
    Ending.NO_AGREEMENT: _Field("#FFFFFF", "...", "#9A9A9A", "noticed, but not by a quorum"),
    Ending.UNNOTICED: _Field("#FFFFFF", "", "#9A9A9A", "not noticed"),
}

_WORDS = {
    Ending.STAYS: "stays",
    Ending.TWO_MASTERS: "two masters",
    Ending.NO_REPLICA: "no replica",
    Ending.NO_LEADER: "no leader",
    Ending.NO_AGREEMENT: "no quorum",
    Ending.UNNOTICED: "unnoticed",
}


def draw_fates(grid: FateGrid, *, title: str | None = None) -> TimelineFigure:
    """A heat map of `grid`: each field has the colour, the pattern and the word of its ending.

    A failover that left one master says after how many seconds it came. The legend names only what
    is there.
    """
    rows, columns = len(grid.rows), len(grid.columns)
    longest = max(map(len, grid.rows))
    width = 1.5 + 0.085 * longest + max(1.15 * columns, 3.4)
    there = {fate.ending for row in grid.fates for fate in row if fate is not None}
    shown = [ending for ending in Ending if ending in there]
    height = 1.3 + 0.46 * rows + 0.24 * len(shown)
    with styled():
        figure, axes = new_plot(width, height)
        for y, fates in enumerate(grid.fates):
            for x, fate in enumerate(fates):
                if fate is not None:
                    _draw_field(axes, x, y, fate)
        axes.set_xlim(-0.5, columns - 0.5)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_xticks(range(columns), grid.columns)
        axes.set_yticks(range(rows), grid.rows)
        axes.set_xlabel(grid.columns_are.rstrip(":"), color=INK)
        axes.set_ylabel(grid.rows_are, color=INK)
        axes.tick_params(length=0, colors=INK)
        for spine in axes.spines.values():
            spine.set_visible(False)
        set_title(figure, grid.title if title is None else title)
        figure.legend(
            handles=[_patch(ending) for ending in shown],
            loc="outside lower left",
            frameon=False,
            fontsize=9,
        )
    return figure


def _draw_field(axes: Axes, x: int, y: int, fate: Fate) -> None:
    look = _FIELDS[fate.ending]
    axes.add_patch(
        Rectangle(
            (x - 0.48, y - 0.46),
            0.96,
            0.92,
            facecolor=look.fill,
            edgecolor=look.edge,
            hatch=look.hatch,
            linewidth=0.8,
        )
    )
    told = _WORDS.get(fate.ending) or f"{(fate.after_us or 0) / 1e6:.1f} s"
    axes.text(
        x,
        y,
        told,
        ha="center",
        va="center",
        fontsize=9,
        color=readable_on(look.fill),
        bbox={"facecolor": look.fill, "edgecolor": "none", "pad": 1.5},
    )


def _patch(ending: Ending) -> Patch:
    look = _FIELDS[ending]
    edge = INK if look.edge == PAPER else look.edge
    return Patch(
        facecolor=look.fill, edgecolor=edge, hatch=look.hatch, label=look.words, linewidth=0.8
    )
