"""TILT in the lanes of Sentinels."""

from __future__ import annotations

from matplotlib.text import Text

from sim.timeline import timeline
from sim.timeline.palette import MARKS
from tests.judge.stories import deployment


def test_tilt_is_drawn_named_and_explained() -> None:
    pen = deployment()
    pen.fault(5000, "sentinel-1", "step_clock", detail="wall clock 2.1 s ahead")
    pen.event(5050, "sentinel-1", "+tilt")
    pen.event(35_060, "sentinel-1", "-tilt")
    pen.event(40_000, "sentinel-2", "+sdown", "master:redis-1")
    figure = timeline(pen.trace())
    found = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    assert found.count("TILT") == 1
    assert MARKS["tilt"].label in found
    assert "sentinel-1: wall clock 2.1 s ahead" in found


def test_an_opinion_takes_the_place_of_the_word() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "kill", "killed")
    pen.event(6000, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(7000, "sentinel-1", "+tilt")
    pen.event(9000, "sentinel-1", "-tilt")
    pen.event(12_000, "sentinel-1", "-sdown", "master:redis-1")
    figure = timeline(pen.trace())
    found = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    assert "TILT" not in found
    assert MARKS["tilt"].label in found
