"""The figure of how long Sentinels waited."""

from __future__ import annotations

import pytest

from sim.figures import draw_silence
from sim.judge.silence import find_silences
from sim.world import Deployment, World


def busy_world() -> World:
    world = World(Deployment(clients=0), seed=1, messages=True)
    world.run(10)
    world.block("master", 5.5)
    world.run(8)
    return world


def test_each_line_climbs_to_the_longest_wait_of_its_sentinel() -> None:
    world = busy_world()
    axes = draw_silence(world.trace, "redis-1", 9, 18).axes[0]
    waits = {each.sentinel: each for each in find_silences(world.trace, "redis-1")}
    lines = {line.get_label(): line for line in axes.get_lines()}
    for name, wait in waits.items():
        ages = [float(age) for age in lines[name].get_ydata()]  # type: ignore[arg-type,union-attr]
        assert max(ages) == pytest.approx(wait.duration_us / 1e6)
        assert ages[0] == ages[-1] == 0


def test_marks_are_the_changes_of_mind_and_the_limit_is_told() -> None:
    world = busy_world()
    axes = draw_silence(world.trace, "redis-1", 9, 18).axes[0]
    dots = [line for line in axes.get_lines() if line.get_marker() != "None"]
    told = [entry for entry in world.trace.entries if entry.kind == "subjectively-down"]
    assert len(dots) == len(told) > 0
    texts = [text.get_text() for text in axes.texts]
    assert "down-after-milliseconds 5000" in texts
    assert "blocked" in texts


def test_each_sentinel_has_a_mark_of_its_own() -> None:
    world = busy_world()
    axes = draw_silence(world.trace, "redis-1", 9, 18).axes[0]
    legend = axes.get_legend()
    assert legend is not None
    marks = [handle.get_marker() for handle in legend.get_lines()]
    assert len(set(marks)) == len(marks) == 3
    turns = {line.get_marker() for line in axes.get_lines()} - {"None"}
    assert turns <= set(marks)


def test_more_sentinels_than_lines_is_an_error() -> None:
    world = World(Deployment(sentinels=8, clients=0), seed=1, messages=True)
    world.run(2)
    with pytest.raises(ValueError, match="expected at most 7 Sentinels, found 8"):
        draw_silence(world.trace, "redis-1", 0, 2)


def test_unknown_server_is_an_error() -> None:
    with pytest.raises(ValueError, match="no node is called 'redis-9'"):
        draw_silence(busy_world().trace, "redis-9", 0, 1)
