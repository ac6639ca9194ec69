"""Distributions over many runs as lines."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.lines import Line2D

from sim.campaigns import Distribution
from sim.figures import draw_distributions

FEW = Distribution.of("failover", "s", [4.0, 1.0, None, 2.0])


def _points(line: Line2D) -> list[tuple[float, float]]:
    xs, ys = (np.asarray(each, dtype=float).tolist() for each in line.get_data())
    return list(zip(xs, ys, strict=True))


def test_a_line_rises_at_every_value_and_ends_below_the_top_if_runs_are_missing() -> None:
    (axes,) = draw_distributions([FEW]).axes
    assert _points(axes.lines[0]) == [(1.0, 0.0), (1.0, 0.25), (2.0, 0.5), (4.0, 0.75)]


def test_the_median_is_named_and_lies_on_the_line() -> None:
    (axes,) = draw_distributions([FEW], labels=["few"]).axes
    legend = axes.get_legend()
    assert legend is not None
    (told,) = legend.get_texts()
    assert told.get_text() == "few: median 2 s"
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [_points(line) for line in marks] == [[(2.0, 0.375)]]


def test_lines_differ_without_colour() -> None:
    others = [Distribution.of(f"n{n}", "s", [n + 1.0, n + 2.0]) for n in range(4)]
    (axes,) = draw_distributions(others).axes
    styles = [str(line.get_linestyle()) for line in axes.lines if line.get_marker() == "None"]
    assert len(styles) == len(set(styles)) == 4


def test_lines_that_coincide_are_both_seen() -> None:
    pair = [Distribution.of(name, "s", [1.0, 2.0]) for name in ("a", "b")]
    (axes,) = draw_distributions(pair, quantity="wait").axes
    below, above = (line for line in axes.lines if line.get_marker() == "None")
    assert below.get_linewidth() > above.get_linewidth() + 1
    marks = {line.get_marker() for line in axes.lines} - {"None", "_"}
    assert marks == {"o", "s"}
    assert axes.get_xlabel() == "wait (s)"


def test_a_long_title_is_wrapped_within_the_figure() -> None:
    figure = draw_distributions([FEW], title="A title of many words " * 6)
    figure.draw_without_rendering()
    (title,) = figure.texts
    assert title.get_text().count("\n") == 1
    assert title.get_window_extent().x1 < figure.bbox.width


def test_a_logarithmic_axis_is_drawn_for_values_above_zero_only() -> None:
    (axes,) = draw_distributions([FEW], logarithmic=True).axes
    assert axes.get_xscale() == "log"
    with pytest.raises(ValueError, match="above 0"):
        draw_distributions([Distribution.of("x", "", [0.0, 1.0])], logarithmic=True)


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(ValueError, match="expected 1 to 7 distributions"):
        draw_distributions([])
    with pytest.raises(ValueError, match="expected one unit, found ms, s"):
        draw_distributions([FEW, Distribution.of("x", "ms", [1.0])])
    with pytest.raises(ValueError, match="has values"):
        draw_distributions([Distribution.of("x", "s", [None])])
