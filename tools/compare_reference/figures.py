"""Recorded and simulated distributions in one picture: one folder of PNG files.

Each panel is a step of one role, as empirical distribution functions: the simulated one is a thin
dark line, the recorded one has a mark for each recorded sequence. Where the two agree, the marks
lie on the line. The grey band is where the distribution of as few simulated runs as were recorded
lies in nine cases of ten: marks that leave it want an explanation.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tools.compare_reference.comparison import Comparison
from tools.compare_reference.measures import Measure
from tools.compare_reference.shares import MODES, Share

__all__ = ["draw_all", "draw_modes", "draw_steps"]

COLUMNS = 3
PANEL_INCHES = (3.5, 2.3)
FEWEST = 5
"""Steps that fewer recorded sequences have are not drawn."""
BAND_RESAMPLES = 300
BAND_POINTS = 80
DARK, LIGHT, BAND = "#000000", "#ffffff", "#d4d4d4"
MODE_SHADES = ("#f0f0f0", "#9a9a9a", "#303030")


def draw_all(comparisons: Sequence[Comparison], folder: Path) -> list[Path]:
    """A picture of the steps of each scenario, and one of the modes; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for each in comparisons:
        if any(_is_drawn(measure) for measure in each.measures):
            drawn.append(draw_steps(each, folder / f"{each.recording.scenario}.png"))
    if any(each.modes for each in comparisons):
        drawn.append(draw_modes(comparisons, folder / "modes.png"))
    return drawn


def draw_steps(comparison: Comparison, path: Path) -> Path:
    """The distributions of every step of a scenario."""
    chosen = [each for each in comparison.measures if _is_drawn(each)]
    rows = -(-len(chosen) // COLUMNS)
    width, height = PANEL_INCHES
    figure = _new_figure(COLUMNS * width, rows * height + 0.9)
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes, each in zip(grid.flat, chosen, strict=False):
        _draw_step(axes, each)
    for axes in list(grid.flat)[len(chosen) :]:
        axes.set_axis_off()
    for row in grid:
        row[0].set_ylabel("share of sequences")
    for axes in grid.flat[max(0, len(chosen) - COLUMNS) : len(chosen)]:
        axes.set_xlabel("milliseconds")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    runs, seeds = len(comparison.recording.runs), len(comparison.played)
    figure.suptitle(
        f"{comparison.recording.scenario}: {runs} recorded runs, {seeds} simulated", y=0.995
    )
    figure.legend(
        handles, labels, loc="upper center", ncols=3, frameon=False, bbox_to_anchor=(0.5, 0.975)
    )
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.55 / (rows * height + 0.9)))
    figure.savefig(path, dpi=110)
    return path


def _is_drawn(measure: Measure) -> bool:
    return sum(map(len, measure.recorded)) >= FEWEST


def _new_figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def _draw_step(axes: Any, measure: Measure) -> None:
    recorded = sorted(each for run in measure.recorded for each in run)
    simulated = sorted(each for run in measure.simulated for each in run)
    low, high = _limits(recorded, simulated)
    places = [low + (high - low) * k / BAND_POINTS for k in range(BAND_POINTS + 1)]
    below, above = _band(measure, places)
    axes.fill_between(
        places,
        below,
        above,
        step="post",
        color=BAND,
        linewidth=0,
        label="as few simulated runs (90 %)",
    )
    axes.step(
        [low, *simulated, high],
        [0.0, *_heights(len(simulated)), 1.0],
        where="post",
        color=DARK,
        linewidth=1,
        label="simulated",
    )
    axes.plot(
        recorded,
        [(k + 0.5) / len(recorded) for k in range(len(recorded))],
        linestyle="none",
        marker="o",
        markersize=4.5,
        markerfacecolor=LIGHT,
        markeredgecolor=DARK,
        markeredgewidth=0.9,
        clip_on=False,
        label="recorded",
    )
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.set_title(_title(measure), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _heights(count: int) -> list[float]:
    return [(k + 1) / count for k in range(count)]


def _limits(recorded: Sequence[int], simulated: Sequence[int]) -> tuple[float, float]:
    """Everything recorded, and all but the rarest simulated durations."""
    rare = len(simulated) // 200
    low = min(recorded[0], simulated[rare])
    high = max(recorded[-1], simulated[-1 - rare])
    margin = max(2.0, 0.05 * (high - low))
    return (low - margin, high + margin)


def _band(measure: Measure, places: Sequence[float]) -> tuple[list[float], list[float]]:
    """Between which heights the distribution of as few simulated runs lies, at each place."""
    dice = random.Random(1)
    curves = []
    for _ in range(BAND_RESAMPLES):
        some = dice.choices(measure.simulated, k=len(measure.recorded))
        values = [each for run in some for each in run]
        curves.append([sum(each <= place for each in values) / len(values) for place in places])
    at_place = [sorted(column) for column in zip(*curves, strict=True)]
    cut = BAND_RESAMPLES // 20
    return [each[cut] for each in at_place], [each[-1 - cut] for each in at_place]


def _title(measure: Measure) -> str:
    step = measure.step
    less = " - down-after" if step.less_ms else ""
    return f"{step.who}: {step.origin}\n-> {step.label}{less}"


def draw_modes(comparisons: Iterable[Comparison], path: Path) -> Path:
    """When followers hold the master for objectively down: shares, recorded above simulated."""
    chosen = [(each.recording.scenario, each.modes) for each in comparisons if each.modes]
    figure = _new_figure(8, 0.62 * len(chosen) + 1.5)
    axes = figure.subplots()
    ticks = []
    for place, (scenario, modes) in enumerate(chosen):
        for offset, side in ((-0.2, "recorded"), (0.2, "simulated")):
            _draw_shares(axes, place + offset, modes, side, first=place == 0 and offset < 0)
        ticks.append(f"{scenario}\n(recorded n = {modes[0].of_recorded})")
    axes.set_yticks(range(len(chosen)), ticks, fontsize=8)
    axes.set_ylim(len(chosen) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of followers; whiskers: 95 % interval of the recorded share at once")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        "A follower's +odown, after its vote: recorded (upper bar) and simulated (lower)"
    )
    figure.legend(loc="upper center", ncols=3, frameon=False, bbox_to_anchor=(0.5, 0.965))
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.35 / (0.62 * len(chosen) + 1.5)))
    figure.savefig(path, dpi=110)
    return path


def _draw_shares(
    axes: Any, place: float, modes: Sequence[Share], side: str, *, first: bool
) -> None:
    left = 0.0
    for name, shade, share in zip(MODES, MODE_SHADES, modes, strict=True):
        is_recorded = side == "recorded"
        width = share.recorded / share.of_recorded if is_recorded else share.simulated_share
        axes.barh(
            place,
            width,
            left=left,
            height=0.36,
            color=shade,
            edgecolor=DARK,
            linewidth=0.7,
            label=name if first else None,
        )
        left += width
    if side == "recorded":
        low, high = modes[0].interval
        middle = modes[0].recorded / modes[0].of_recorded
        axes.errorbar(
            middle,
            place,
            xerr=[[middle - low], [high - middle]],
            color=DARK,
            capsize=3,
            linewidth=1,
            fmt="none",
        )
