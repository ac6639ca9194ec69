"""Arrows between lanes."""

from __future__ import annotations

from typing import Any, cast

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from sim.timeline import timeline
from sim.timeline.palette import MARKS
from tests.judge.stories import Pen, deployment

Ends = tuple[tuple[float, float], tuple[float, float]]


def arrows(figure: Figure, key: str) -> list[Ends]:
    """The ends of the arrows of a mark as they are drawn, without that of the legend."""
    patches = [
        each for each in figure.findobj(FancyArrowPatch) if isinstance(each, FancyArrowPatch)
    ]
    colour = to_hex(MARKS[key].fill)
    return [
        cast(Any, each)._posA_posB for each in patches if to_hex(each.get_edgecolor()) == colour
    ][:-1]


def lead(pen: Pen, start: float, sentinel: str, server: str) -> None:
    pen.event(start, sentinel, "+try-failover", "master:redis-1")
    pen.event(start + 20, sentinel, "+elected-leader", "master:redis-1")
    pen.event(start + 40, sentinel, "+selected-slave", f"slave:{server}")
    pen.event(start + 60, sentinel, "+failover-state-wait-promotion", f"slave:{server}")


def test_heads_of_short_arrows_are_drawn_over_the_shafts_of_long_ones() -> None:
    pen = deployment(sentinels=2, replicas=2)
    pen.fault(5000, "redis-1", "kill", "killed")
    lead(pen, 6000, "sentinel-1", "redis-2")
    lead(pen, 6000, "sentinel-2", "redis-3")
    lengths = [end[1] - start[1] for start, end in arrows(timeline(pen.trace()), "promote")]
    assert len(lengths) == 2
    assert lengths == sorted(lengths, reverse=True)


def test_an_address_that_nobody_has_is_that_of_the_server_that_became_a_master() -> None:
    pen = deployment(sentinels=1, replicas=2)
    pen.fault(5000, "redis-1", "kill", "killed")
    pen.addresses["behind a port"] = ("172.17.0.3", 6379)
    lead(pen, 6000, "sentinel-1", "behind a port")
    pen.role(6070, "redis-3", "master")
    mapped = arrows(timeline(pen.trace()), "promote")
    del pen.entries[-1]
    assert len(mapped) == 1
    assert arrows(timeline(pen.trace()), "promote") == []


def test_no_answer_arrives_before_it_was_given() -> None:
    pen = deployment(sentinels=2)
    pen.fault(5000, "redis-1", "kill", "killed")
    pen.epoch(6000, "sentinel-1", 1)
    pen.event(6000, "sentinel-1", "+try-failover", "master:redis-1")
    pen.ask(6000, "sentinel-1", "sentinel-2", 1)
    pen.refuse(6010, "sentinel-2", "sentinel-1", 1, "sentinel-2")
    pen.answer(6020, "sentinel-1", "sentinel-2", "sentinel-2", 1)
    pen.vote(7000, "sentinel-2", "sentinel-1", 1)
    pen.event(8000, "sentinel-2", "+sdown", "master:redis-1")
    (answer,) = arrows(timeline(pen.trace()), "granted")
    assert answer[1][0] >= answer[0][0]
