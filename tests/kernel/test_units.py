"""From seconds to microseconds: up, and never early by the clock that one reads."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel import microseconds, seconds


@pytest.mark.parametrize(
    ("time", "expected"),
    [(0, 0), (30, 30_000_000), (0.0011, 1_100), (1e-6, 1), (1e-10, 1), (1.0000001, 1_000_001)],
)
def test_times_are_rounded_up_and_float_noise_is_not(time: float, expected: int) -> None:
    assert microseconds(time) == expected


@given(st.floats(0, 1e9))
def test_prop_the_clock_has_just_reached_the_time(time: float) -> None:
    rounded = microseconds(time)
    assert seconds(rounded) >= time
    assert rounded == 0 or seconds(rounded - 1) < time


@given(st.integers(0, 10**15))
def test_prop_whole_microseconds_survive_the_way_to_seconds_and_back(time_us: int) -> None:
    assert microseconds(seconds(time_us)) == time_us


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(OverflowError):
        microseconds(math.inf)
    with pytest.raises(ValueError, match="NaN"):
        microseconds(math.nan)
