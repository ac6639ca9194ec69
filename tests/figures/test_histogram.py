"""Histograms: every value in one bar, and lines to compare with."""

from __future__ import annotations

from random import Random

import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sim.campaigns import Distribution
from sim.figures import draw_histogram

DICE = Random(1)
MANY = Distribution.of("stall", "s", [DICE.lognormvariate(-2, 1) for _ in range(500)])


def _bars(axes: Axes) -> list[tuple[float, float, float]]:
    """Left, right and height of each."""
    bars = [each for each in axes.patches if isinstance(each, Rectangle)]
    return [(each.get_x(), each.get_x() + each.get_width(), each.get_height()) for each in bars]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_bars_count_the_values_between_their_borders(logarithmic: bool) -> None:
    (axes,) = draw_histogram(MANY, logarithmic=logarithmic).axes
    bars = _bars(axes)
    assert 10 < len(bars) < 70
    assert sum(height for _, _, height in bars) == 500
    left, right, height = max(bars, key=lambda each: each[2])
    assert height == sum(left <= value < right for value in MANY.values)


def test_borders_are_round_numbers() -> None:
    (axes,) = draw_histogram(Distribution.of("x", "s", [6.2, 6.3, 7.4])).axes
    assert [round(left, 6) for left, _, _ in _bars(axes)[:3]] == [6.2, 6.25, 6.3]
    (axes,) = draw_histogram(MANY, logarithmic=True).axes
    borders = [left for left, _, _ in _bars(axes)]
    for wanted in (0.1, 0.2, 0.5, 1):
        assert any(abs(border / wanted - 1) < 0.01 for border in borders)


def test_limits_are_named_lines_and_lie_on_the_axis() -> None:
    limits = {"D = 5": 5.0, "D = 30": 30.0, "D = 5.1": 5.1}
    figure = draw_histogram(MANY, limits=limits, logarithmic=True, of="stalls")
    (axes,) = figure.axes
    lines = {float(line.get_xdata()[0]) for line in axes.lines}  # type: ignore[arg-type,index]
    assert lines == set(limits.values())
    low, high = axes.get_xlim()
    assert all(low < value < high for value in limits.values())
    names = {text.get_text(): text for text in axes.texts}
    assert set(names) == set(limits)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in names.values()]
    assert not any(
        one.overlaps(other) for number, one in enumerate(boxes) for other in boxes[:number]
    )


def test_the_axes_say_what_is_counted() -> None:
    (axes,) = draw_histogram(Distribution.of("failover", "s", [1.0, 2.0, None])).axes
    assert axes.get_xlabel() == "failover (s)\n2 runs, median 1 s; none in 1 more"
    assert axes.get_ylabel() == "runs"


def test_values_that_are_all_alike_are_one_bar() -> None:
    for logarithmic in (False, True):
        alike = Distribution.of("x", "", [3.0, 3.0])
        (axes,) = draw_histogram(alike, logarithmic=logarithmic).axes
        assert [height for _, _, height in _bars(axes) if height] == [2]


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(ValueError, match="has values"):
        draw_histogram(Distribution.of("x", "s", [None]))
    for values, limits in (([0.0, 1.0], {}), ([1.0], {"none": 0.0})):
        with pytest.raises(ValueError, match="above 0 for a logarithmic axis"):
            draw_histogram(Distribution.of("x", "s", values), limits=limits, logarithmic=True)
