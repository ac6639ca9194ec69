"""Spans in which somebody was held for down."""

from __future__ import annotations

import pytest

from minisentinel.trace import SentinelEvent, Trace
from sim.judge import DownSpan, down_episodes, down_spans
from sim.judge.flags import switch_addresses
from tests.judge.stories import MASTER, Pen, deployment


def only(trace: Trace, flag: str = "sdown") -> DownSpan:
    (span,) = [span for span in down_spans(trace) if span.flag == flag]
    return span


def test_a_flag_that_is_cleared_is_a_span() -> None:
    pen = deployment()
    pen.event(1000, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(1700, "sentinel-1", "-sdown", "master:redis-1")
    span = only(pen.trace())
    assert (span.start_us, span.end_us, span.ended_by) == (1_000_000, 1_700_000, "cleared")
    assert (span.sentinel, span.subject, span.address) == (
        "sentinel-1",
        "master",
        pen.addresses["redis-1"],
    )


def test_a_switch_drops_the_flags_of_the_old_master_and_its_replicas_silently() -> None:
    pen = deployment()
    for target in ("master:redis-1", "slave:redis-3", "sentinel:sentinel-2"):
        pen.event(1000, "sentinel-1", "+sdown", target)
    pen.event(1100, "sentinel-1", "+odown", "master:redis-1")
    pen.switch(2000, "sentinel-1", "redis-1", "redis-2")
    pen.event(3000, "sentinel-1", "+sdown", "slave:redis-1")
    ends = {
        (span.flag, span.subject, span.start_us): (span.end_us, span.ended_by)
        for span in down_spans(pen.trace())
    }
    assert ends == {
        ("sdown", "master", 1_000_000): (2_000_000, "switched"),
        ("sdown", "slave", 1_000_000): (2_000_000, "switched"),
        ("odown", "master", 1_100_000): (2_000_000, "switched"),
        ("sdown", "sentinel", 1_000_000): (3_000_000, "open"),
        ("sdown", "slave", 3_000_000): (3_000_000, "open"),
    }


def test_a_switch_of_one_sentinel_leaves_the_flags_of_the_others() -> None:
    pen = deployment()
    pen.event(1000, "sentinel-2", "+sdown", "master:redis-1")
    pen.switch(2000, "sentinel-1", "redis-1", "redis-2")
    assert only(pen.trace()).ended_by == "open"


def test_a_sentinel_that_is_killed_forgets_its_flags() -> None:
    pen = deployment()
    pen.event(1000, "sentinel-1", "+sdown", "master:redis-1")
    pen.fault(1500, "sentinel-1", "kill", "killed")
    pen.event(5000, "sentinel-2", "+tilt")
    span = only(pen.trace())
    assert (span.end_us, span.ended_by) == (1_500_000, "died")


@pytest.mark.parametrize("event", ["+reset-master", "-monitor"])
def test_reset_and_remove_drop_the_flags_of_sentinels_too(event: str) -> None:
    pen = deployment()
    pen.event(1000, "sentinel-1", "+sdown", "sentinel:sentinel-2")
    pen.event(1500, "sentinel-1", event, "master:redis-1")
    assert only(pen.trace()).ended_by == "reset"


def test_flags_that_overlap_are_one_episode_and_a_gap_begins_another() -> None:
    pen = deployment()

    def flag(sentinel: str, start: float, end: float) -> None:
        pen.event(start, sentinel, "+sdown", "master:redis-1")
        pen.event(end, sentinel, "-sdown", "master:redis-1")

    flag("sentinel-1", 1000, 2000)
    flag("sentinel-2", 1500, 2500)
    flag("sentinel-3", 3000, 3500)
    episodes = down_episodes(down_spans(pen.trace()))[MASTER, pen.addresses["redis-1"]]
    assert [[span.sentinel for span in episode] for episode in episodes] == [
        ["sentinel-1", "sentinel-2"],
        ["sentinel-3"],
    ]


def test_a_trace_without_sentinels_has_no_flags() -> None:
    assert down_spans(Pen().trace()) == ()


def test_a_master_whose_name_meant_nothing_is_switched_from_no_host() -> None:
    event = SentinelEvent(
        level="warning",
        name="+switch-master",
        payload="mymaster  6379 10.0.0.2 6380",
        master="mymaster",
        subject="master",
        host="",
        port=6379,
    )
    assert switch_addresses(event) == (("", 6379), ("10.0.0.2", 6380))
