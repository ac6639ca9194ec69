"""Where text goes when there is little room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.timeline.labels import in_rows, spread, widest_free


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


def test_the_widest_free_interval_avoids_what_is_taken() -> None:
    assert widest_free(0, 100, [10, 30, 80]) == (30, 80)
    assert widest_free(0, 100, [-5, 200]) == (0, 100)
    assert widest_free(0, 10, []) == pytest.approx((0, 10))
