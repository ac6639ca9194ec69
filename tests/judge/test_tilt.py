"""When a Sentinel was in TILT."""

from __future__ import annotations

from sim.judge import TiltSpan, find_tilts
from tests.judge.stories import deployment


def test_tilt_lasts_until_the_sentinel_says_that_it_is_over() -> None:
    pen = deployment()
    pen.event(1000, "sentinel-1", "+tilt")
    pen.event(2000, "sentinel-2", "+tilt")
    pen.event(31_000, "sentinel-1", "-tilt")
    pen.event(32_000, "sentinel-2", "-tilt")
    assert find_tilts(pen.trace()) == (
        TiltSpan("sentinel-1", 1_000_000, 31_000_000),
        TiltSpan("sentinel-2", 2_000_000, 32_000_000),
    )


def test_entering_it_again_prolongs_it() -> None:
    pen = deployment()
    pen.event(1000, "sentinel-1", "+tilt")
    pen.event(9000, "sentinel-1", "+tilt")
    pen.event(39_000, "sentinel-1", "-tilt")
    assert find_tilts(pen.trace()) == (TiltSpan("sentinel-1", 1_000_000, 39_000_000),)


def test_the_dead_and_the_end_of_the_trace_end_it() -> None:
    pen = deployment()
    pen.event(1000, "sentinel-1", "+tilt")
    pen.event(1000, "sentinel-2", "+tilt")
    pen.fault(4000, "sentinel-1", "kill", "killed")
    pen.event(5000, "sentinel-3", "-tilt")
    assert find_tilts(pen.trace()) == (
        TiltSpan("sentinel-1", 1_000_000, 4_000_000),
        TiltSpan("sentinel-2", 1_000_000, 5_000_000),
    )
