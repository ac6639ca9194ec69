"""What stands in the lanes of Sentinels, and that nothing stands on anything else."""

from __future__ import annotations

from typing import Any, cast

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from minisentinel.trace import Trace
from sim.timeline import timeline
from tests.judge.stories import deployment


def markers(figure: Figure, shape: str) -> list[tuple[float, float]]:
    """Where marks of a shape stand, those of the legend excepted."""
    lines = [each for each in figure.findobj(Line2D) if isinstance(each, Line2D)]
    found = [line for line in lines if line.get_marker() == shape]
    places = [(cast(Any, line.get_xdata())[0], cast(Any, line.get_ydata())[0]) for line in found]
    return [(float(x), float(y)) for x, y in places][:-1]


def words(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]


def given_up_again_and_again() -> Trace:
    """Attempts are given up at such times that a mark stands in the middle of SDOWN and ODOWN."""
    pen = deployment()
    pen.fault(5000, "redis-1", "kill", "killed")
    pen.event(7000, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(7000, "sentinel-1", "+odown", "master:redis-1")
    for epoch, start in enumerate((8000, 13_000, 18_000), start=1):
        pen.epoch(start, "sentinel-1", epoch)
        pen.event(start, "sentinel-1", "+try-failover", "master:redis-1")
        pen.event(start + 4000, "sentinel-1", "-failover-abort-not-elected", "master:redis-1")
    pen.event(28_000, "sentinel-2", "+sdown", "master:redis-1")
    return pen.trace()


def test_no_word_hides_a_mark() -> None:
    figure = timeline(given_up_again_and_again())
    figure.draw_without_rendering()
    crosses = markers(figure, "x")
    assert len(crosses) == 3
    boxes = [
        text.get_window_extent().transformed(figure.axes[0].transData.inverted())
        for text in words(figure)
        if text.get_text() in ("SDOWN", "ODOWN")
    ]
    assert len(boxes) >= 2
    for x, y in crosses:
        for box in boxes:
            low, high = sorted((box.y0, box.y1))
            assert not (box.x0 - 4 < x < box.x1 + 4 and low - 4 < y < high + 4)


def test_a_strip_names_at_every_time_those_whom_it_means_then() -> None:
    pen = deployment(sentinels=3, replicas=2)
    pen.fault(5000, "redis-2", "kill", "killed")
    pen.event(10_000, "sentinel-1", "+sdown", "slave:redis-2")
    pen.event(30_000, "sentinel-1", "+sdown", "slave:redis-3")
    pen.event(50_000, "sentinel-1", "-sdown", "slave:redis-2")
    pen.event(70_000, "sentinel-1", "-sdown", "slave:redis-3")
    pen.fault(80_000, "redis-3", "kill", "killed")
    figure = timeline(pen.trace(), compress=False, hide=["legend"])
    told = [text for text in words(figure) if "down" in text.get_text()]
    names = [text.get_text() for text in sorted(told, key=lambda text: text.get_position()[0])]
    assert names == ["redis-2 down", "redis-2, redis-3 down", "redis-3 down"]


def test_a_switch_that_belongs_to_no_failover_is_marked_too() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "command", detail="PUBLISH __sentinel__:hello forged")
    for sentinel in ("sentinel-1", "sentinel-2"):
        pen.switch(5200, sentinel, "redis-1", "redis-2")
    assert len(markers(timeline(pen.trace()), "D")) == 2
