"""Log lines look like a real Sentinel's."""

from __future__ import annotations

import datetime

import pytest

from minisentinel.logformat import LEVELS, format_log_line

MOMENT = 1_729_242_683_045  # 2024-10-18 09:11:23.045 UTC


def test_the_example_of_the_specification() -> None:
    """[EVT-4-1] [EVT-4-2] [EVT-1-2]"""
    line = format_log_line(4711, MOMENT, "warning", "+sdown master mymaster 127.0.0.1 6379")
    assert line == ("4711:X 18 Oct 2024 09:11:23.045 # +sdown master mymaster 127.0.0.1 6379")


@pytest.mark.parametrize(
    ("level", "sign"), [("debug", "."), ("verbose", "-"), ("notice", "*"), ("warning", "#")]
)
def test_every_level_has_its_sign(level: str, sign: str) -> None:
    """[EVT-4-2] [GEN-6-8] [GEN-6-9] [GEN-6-10] [GEN-6-11]"""
    assert f" {sign} text" in format_log_line(1, MOMENT, level, "text")


def test_levels_are_ordered() -> None:
    """[GEN-6-8] [GEN-6-12]"""
    assert sorted(LEVELS, key=LEVELS.__getitem__) == [
        "debug",
        "verbose",
        "notice",
        "warning",
        "nothing",
    ]


def test_days_and_milliseconds_are_padded_and_time_is_that_of_the_zone() -> None:
    """[EVT-4-1]"""
    zone = datetime.timezone(datetime.timedelta(hours=-10))
    line = format_log_line(1, 1_704_067_200_007, "notice", "x", zone)  # 2024-01-01 00:00 UTC
    assert line == "1:X 31 Dec 2023 14:00:00.007 * x"
    assert format_log_line(1, 1_704_067_200_007, "notice", "x").startswith("1:X 01 Jan 2024 ")
