"""The time axis: one scale, with uneventful stretches drawn shorter."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.timeline.axis import TimeAxis, plan_axis

SECOND = 1_000_000


def plan(*seconds: float, finest: float = 0.05, compress: bool = True) -> TimeAxis:
    moments = [round(each * SECOND) for each in seconds]
    return plan_axis(
        moments, zero_us=0, left=100, right=800, finest_us=finest * SECOND, compress=compress
    )


def test_a_short_story_has_one_scale_and_no_bands() -> None:
    axis = plan(0, 0.1, 0.25, 0.3)
    assert axis.quiet == ()
    assert axis.at(0.15 * SECOND) == pytest.approx(450)


def test_a_long_wait_becomes_a_band_and_all_else_keeps_one_scale() -> None:
    axis = plan(0, 0.1, 0.2, 40, 40.1, 40.2)
    (band,) = axis.quiet
    assert band.end_us - band.start_us > 39 * SECOND
    scales = [
        (each.right - each.left) / (each.end_us - each.start_us)
        for each in axis.stretches
        if not each.is_quiet
    ]
    assert scales == pytest.approx([scales[0]] * len(scales))
    assert axis.at(0.1 * SECOND) - axis.at(0) > 50


def test_without_compression_the_axis_is_linear() -> None:
    axis = plan(0, 0.1, 0.2, 40, compress=False)
    assert axis.quiet == ()
    assert axis.at(20 * SECOND) == pytest.approx(450)


def test_many_equal_waits_are_shortened_together() -> None:
    """One band alone would not be worth its width; all of them are."""
    axis = plan(*(step + tick / 10 for step in range(8) for tick in (0, 1)))
    assert len(axis.quiet) == 7


def test_stretches_that_need_no_detail_are_not_blown_up() -> None:
    axis = plan(0, 1, 2, 3, finest=1.0)
    assert axis.quiet == ()


def test_times_outside_are_put_on_the_edge_and_not_shown() -> None:
    axis = plan(1, 2)
    assert (axis.at(0), axis.at(5 * SECOND)) == (100, 800)
    assert not axis.shows(0)
    assert axis.shows(1.5 * SECOND)


def test_ticks_are_round_and_every_plain_stretch_has_one() -> None:
    axis = plan(0, 0.3, 2.04, 2.36, 14.98, 15.01)
    labels = [label for _, label in axis.ticks(30)]
    assert labels[0] == "0"
    places = [place for place, _ in axis.ticks(30)]
    for stretch in axis.stretches:
        inside = [place for place in places if stretch.left <= place <= stretch.right]
        assert bool(inside) is not stretch.is_quiet


def test_times_before_zero_carry_a_minus_sign() -> None:
    axis = plan_axis([-SECOND, SECOND], zero_us=0, left=0, right=700, finest_us=SECOND)
    assert axis.ticks(100)[0][1].startswith("\N{MINUS SIGN}")


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=40, unique=True), st.integers(1, 10**6))
def test_time_never_runs_backwards_on_paper_and_fills_it(moments: list[int], finest: int) -> None:
    moments.sort()
    axis = plan_axis(moments, zero_us=moments[0], left=100, right=800, finest_us=finest)
    assert axis.at(moments[0]) == pytest.approx(100)
    assert axis.at(moments[-1]) == pytest.approx(800)
    for one, other in pairwise(moments):
        assert axis.at(one) <= axis.at(other)
    for stretch, following in pairwise(axis.stretches):
        assert stretch.end_us == pytest.approx(following.start_us)
        assert stretch.right == pytest.approx(following.left)
        assert stretch.right > stretch.left
