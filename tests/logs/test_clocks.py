"""Times of lines, and clocks that cannot both be right."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest

from minisentinel.trace import Data, Entry, VoteGranted, VoteReceived
from sim.logs import Disagreement, Stamp
from sim.logs.clocks import Clock, find_disagreements

HOUR = 3_600_000


def local(year: int, month: int, day: int, hour: int, minute: int = 0) -> Stamp:
    at = datetime.datetime(year, month, day, hour, minute, tzinfo=datetime.UTC)
    return Stamp(int(at.timestamp() * 1000), is_local=True)


def berlin() -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        pytest.skip("this machine has no list of time zones")


def hours(clock: Clock, *stamps: Stamp) -> list[float]:
    times = [clock.read(stamp) or 0 for stamp in stamps]
    return [(time - times[0]) / HOUR for time in times]


def test_midnight_and_the_new_year_are_nothing_special() -> None:
    stamps = local(2026, 12, 31, 23), local(2027, 1, 1, 0), local(2027, 1, 1, 1)
    assert hours(Clock(), *stamps) == [0, 1, 2]


def test_a_line_that_is_stamped_too_early_gets_the_time_of_the_line_before() -> None:
    clock = Clock()
    stamps = local(2026, 1, 1, 5), local(2026, 1, 1, 4), local(2026, 1, 1, 6)
    assert hours(clock, *stamps) == [0, 0, 1]
    assert (clock.held, clock.back_ms) == (1, HOUR)


def test_with_a_zone_the_hour_that_comes_twice_is_two_hours() -> None:
    clock = Clock(berlin())
    day = 2026, 10, 25
    stamps = local(*day, 1, 30), local(*day, 2, 30), local(*day, 2, 10), local(*day, 3, 10)
    assert hours(clock, *stamps) == pytest.approx([0, 1, 1 + 2 / 3, 2 + 2 / 3])
    assert clock.held == 0


def test_with_a_zone_the_hour_that_does_not_come_takes_no_time() -> None:
    clock = Clock(berlin())
    assert hours(clock, local(2026, 3, 29, 1, 59), local(2026, 3, 29, 3, 1)) == pytest.approx(
        [0, 2 / 60]
    )


def test_stamps_that_name_their_zone_need_no_other() -> None:
    clock = Clock(berlin(), offset_ms=5)
    assert clock.read(Stamp(1000, is_local=False)) == 1005


def test_a_line_without_a_stamp_has_the_time_of_the_line_before() -> None:
    clock = Clock()
    assert clock.read(None) is None
    clock.read(Stamp(1000, is_local=True))
    assert clock.read(None) == 1000


def disagreements(own: int, given: int | None, heard: int | None) -> tuple[Disagreement, ...]:
    """What votes at these milliseconds say."""

    def vote(at: int | None, node: str, data: Data) -> list[Entry]:
        return [] if at is None else [Entry(at * 1000, node, data)]

    granted = VoteGranted(master="m", candidate="A", epoch=1)
    received = VoteReceived(master="m", peer="B", candidate="A", epoch=1)
    entries = vote(own, "a", granted) + vote(given, "b", granted) + vote(heard, "a", received)
    return find_disagreements(entries, {"A": "a", "B": "b"})


def test_votes_in_a_possible_order_say_nothing() -> None:
    assert disagreements(1000, 1001, 1002) == ()
    assert disagreements(1000, 999, 1002) == ()
    assert disagreements(1000, None, 1002) == ()


def test_a_vote_before_it_was_asked_for_shows_a_clock_that_is_slow() -> None:
    assert disagreements(1000, 500, 1002) == (Disagreement("a", "b", 501),)
    assert disagreements(1000, 500, None) == (Disagreement("a", "b", 500),)


def test_a_vote_that_arrived_before_it_was_given_shows_a_clock_that_is_fast() -> None:
    assert disagreements(1000, 2000, 1002) == (Disagreement("a", "b", -999),)
