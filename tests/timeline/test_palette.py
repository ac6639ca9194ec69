"""Colours that differ in greyscale too, and text that stands out."""

from __future__ import annotations

from itertools import combinations

import pytest

from sim.timeline.palette import (
    FAINT_INK,
    INK,
    LAG_STYLES,
    MARKS,
    PAPER,
    QUIET,
    contrast_ratio,
    luminance,
    readable_on,
)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast_ratio("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("#123456", "#123456") == 1


@pytest.mark.parametrize("key", [key for key, mark in MARKS.items() if mark.shape == "box"])
def test_text_is_readable_on_every_box(key: str) -> None:
    fill = MARKS[key].fill
    assert contrast_ratio(readable_on(fill), fill) >= 4.5


@pytest.mark.parametrize("ink", [INK, FAINT_INK])
@pytest.mark.parametrize("ground", [PAPER, QUIET])
def test_ink_is_readable_on_paper(ink: str, ground: str) -> None:
    assert contrast_ratio(ink, ground) >= 4.5


@pytest.mark.parametrize(
    "keys",
    [
        ("master", "replica", "unlinked", "down", "paused"),
        ("sdown", "odown", "sdown-other", "down", "paused"),
        ("ok", "failed", "unknown"),
        ("asked", "granted", "refused", "promote", "follow"),
    ],
)
def test_marks_of_one_lane_differ_without_their_colour(keys: tuple[str, ...]) -> None:
    """In lightness by a factor of 1.5, or in pattern, place, line style or width."""
    for one, other in combinations([MARKS[key] for key in keys], 2):
        form = [(mark.hatch, mark.shape, mark.line, mark.width) for mark in (one, other)]
        light, dark = sorted((luminance(one.fill), luminance(other.fill)), reverse=True)
        assert form[0] != form[1] or (light + 0.05) / (dark + 0.05) >= 1.5


def test_replicas_differ_in_colour_and_in_line_style() -> None:
    assert len({colour for colour, _ in LAG_STYLES}) == len(LAG_STYLES)
    assert len({str(style) for _, style in LAG_STYLES}) == len(LAG_STYLES)
