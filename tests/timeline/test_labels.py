"""Where text goes when there is little room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.timeline.labels import Placed, flags, in_rows, spread, widest_free


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([10, 50, 90], [10, 10, 10], 0, 100, 2) == [10, 50, 90]


def test_labels_on_one_spot_move_apart_evenly() -> None:
    assert spread([50, 50], [10, 10], 0, 100, 2) == [44, 56]


def test_labels_at_the_edge_move_inside() -> None:
    assert spread([0, 100], [20, 20], 0, 100, 2) == [10, 90]


labels = st.lists(st.tuples(st.floats(0, 700), st.floats(5, 60)), max_size=10).map(sorted)


@given(labels)
def test_labels_never_overlap_and_stay_inside_if_they_fit(items: list[tuple[float, float]]) -> None:
    centres, sizes = [item[0] for item in items], [item[1] for item in items]
    placed = spread(centres, sizes, 0, 700, 4)
    for (one, size), (other, next_size) in pairwise(zip(placed, sizes, strict=True)):
        assert other - one >= (size + next_size) / 2 + 4 - 1e-6
    for centre, size in zip(placed, sizes, strict=True):
        assert centre - size / 2 >= -1e-6
        assert centre + size / 2 <= 700 + 1e-6


def test_what_does_not_fit_into_one_row_takes_two() -> None:
    placed = in_rows([10, 20, 30, 40], [60, 60, 60, 60], 0, 150, 2)
    assert [label.row for label in placed] == [0, 1, 0, 1]
    assert [label.index for label in placed] == [0, 1, 2, 3]


def test_no_labels_take_no_rows() -> None:
    assert in_rows([], [], 0, 100, 2) == []
    assert flags([], [], 0, 100, 2) == []


def test_another_row_is_opened_for_a_label_that_would_be_far_from_its_place() -> None:
    places, sizes = [200.0, 210.0, 220.0, 230.0], [60.0, 60.0, 60.0, 60.0]
    assert {label.row for label in in_rows(places, sizes, 0, 700, 4)} == {0}
    near = in_rows(places, sizes, 0, 700, 4, reach=10)
    assert {label.row for label in near} == {0, 1}
    assert all(abs(label.centre - places[label.index]) <= 40 for label in near)
    assert len({label.row for label in in_rows(places, sizes, 0, 700, 4, reach=0, most=1)}) == 1


def test_labels_that_cover_their_marks_stay_in_one_row() -> None:
    assert [label.row for label in flags([100, 170, 400], [60, 60, 60], 0, 700, 4)] == [0, 0, 0]


def test_labels_without_room_become_a_stair_of_flags() -> None:
    found = flags([100, 120, 140], [60, 60, 60], 0, 700, 4)
    assert [label.row for label in found] == [2, 1, 0]
    assert [label.centre - 30 for label in found] == [98, 118, 138]


def poles_through_labels(
    found: list[Placed], marks: list[float], sizes: list[float]
) -> list[tuple[int, int]]:
    """Which pole goes through which label that hangs lower."""
    return [
        (one.index, other.index)
        for one in found
        for other in found
        if other.row < one.row
        and abs(marks[one.index] - marks[other.index]) >= 2
        and abs(marks[one.index] - other.centre) < sizes[other.index] / 2
    ]


def test_at_the_right_edge_flags_fly_to_the_left_and_no_pole_passes_a_label() -> None:
    marks, sizes = [540.0, 560.0, 600.0], [40.0, 60.0, 220.0]
    found = flags(marks, sizes, 0, 620, 8)
    assert poles_through_labels(found, marks, sizes) == []
    assert all(label.centre + sizes[label.index] / 2 <= 620 for label in found)


@given(labels)
def test_flags_never_overlap_and_hang_on_their_marks(items: list[tuple[float, float]]) -> None:
    marks, sizes = [item[0] for item in items], [item[1] for item in items]
    found = flags(marks, sizes, 0, 700, 4)
    assert [label.index for label in found] == list(range(len(items)))
    for label in found:
        half = sizes[label.index] / 2
        assert label.centre - half >= -1e-6
        assert label.centre + half <= 700 + 1e-6
        assert abs(label.centre - marks[label.index]) <= half + 1e-6
    for one in found:
        for other in found[one.index + 1 :]:
            apart = abs(one.centre - other.centre) - (sizes[one.index] + sizes[other.index]) / 2
            assert one.row != other.row or apart >= 4 - 1e-6


def test_the_widest_free_interval_avoids_what_is_taken() -> None:
    assert widest_free(0, 100, [10, 30, 80]) == (30, 80)
    assert widest_free(0, 100, [-5, 200]) == (0, 100)
    assert widest_free(0, 10, []) == pytest.approx((0, 10))
