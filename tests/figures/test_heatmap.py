"""The heat map of losses: a field for each run, and a legend of what is there."""

from __future__ import annotations

import matplotlib.patches
from matplotlib.axes import Axes

from sim.campaigns import FateGrid
from sim.figures import draw_fates
from sim.judge import Ending, Fate
from sim.timeline.palette import contrast_ratio, luminance, readable_on


def _grid(*rows: tuple[Fate | None, ...]) -> FateGrid:
    names = tuple(f"row {number}" for number in range(len(rows)))
    return FateGrid("t", "r", names, "c", tuple(map(str, range(len(rows[0])))), rows)


def _texts(axes: Axes) -> list[str]:
    return [each.get_text() for each in axes.texts]


def test_every_run_has_a_field_with_its_word() -> None:
    figure = draw_fates(
        _grid((Fate(Ending.FAILED_OVER, 6_240_000), None), (Fate(Ending.STAYS),) * 2)
    )
    (axes,) = figure.axes
    assert _texts(axes) == ["6.2 s", "stays", "stays"]
    fields = [each for each in axes.patches if isinstance(each, matplotlib.patches.Rectangle)]
    assert len(fields) == 3
    assert figure.get_suptitle() == "t"


def test_the_legend_names_only_what_is_there() -> None:
    figure = draw_fates(_grid((Fate(Ending.NO_LEADER), Fate(Ending.NO_AGREEMENT))))
    (legend,) = figure.legends
    assert [each.get_text() for each in legend.get_texts()] == [
        "noticed by a quorum, led by nobody",
        "noticed, but not by a quorum",
    ]


def test_a_title_longer_than_the_figure_is_wrapped() -> None:
    grid = _grid((Fate(Ending.STAYS),))
    figure = draw_fates(grid, title="How many Sentinels may be dead when the master dies")
    figure.draw_without_rendering()
    (title,) = figure.texts
    assert "\n" in title.get_text()
    assert title.get_window_extent().x1 < figure.bbox.width


def test_endings_differ_without_colour_too() -> None:
    figure = draw_fates(_grid(tuple(Fate(each, 1) for each in Ending)))
    fields = figure.axes[0].patches
    looks = set()
    for field in fields:
        colour = matplotlib.colors.to_hex(field.get_facecolor())
        looks.add((round(luminance(colour) * 4), field.get_hatch()))
        assert contrast_ratio(colour, readable_on(colour)) >= 4.5
    # The two plain light ones: "stays" is light blue, "unnoticed" is paper.
    assert len(looks) >= len(Ending) - 1


def test_it_shows_itself_as_a_picture() -> None:
    assert draw_fates(_grid((Fate(Ending.STAYS),)))._repr_png_().startswith(b"\x89PNG")
