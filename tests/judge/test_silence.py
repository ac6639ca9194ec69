"""How long Sentinels waited for an answer, and the figure of it."""

from __future__ import annotations

import pytest

from sim.judge.messages import NoMessages
from sim.judge.silence import find_silences
from sim.world import Deployment, World


def test_a_busy_server_is_silent_from_the_first_question_to_its_return() -> None:
    world = World(Deployment(clients=0), seed=1, messages=True)
    world.run(10)
    world.block("master", 3)
    world.run(5)
    found = find_silences(world.trace, "redis-1")
    assert sorted(each.sentinel for each in found) == ["sentinel-1", "sentinel-2", "sentinel-3"]
    for each in found:
        assert each.answered
        # A PING a second: the first one is asked within a second and a tick.
        assert 10_000_000 <= each.start_us <= 11_100_000
        assert 13_000_000 <= each.end_us <= 13_010_000
        assert each.duration_us == each.end_us - each.start_us
    assert find_silences(world.trace, "redis-2") == ()


def test_a_dead_server_is_silent_to_the_end_of_the_trace() -> None:
    world = World(Deployment(clients=0), seed=1, messages=True)
    world.run(10)
    world.kill("redis-2")
    world.run(4)
    found = find_silences(world.trace, "redis-2")
    assert len(found) == 3
    assert not any(each.answered for each in found)
    assert {each.end_us for each in found} == {world.trace.entries[-1].time_us}


def test_the_waiting_of_a_killed_sentinel_ends_with_it() -> None:
    world = World(Deployment(clients=0), seed=1, messages=True)
    world.run(10)
    world.kill("redis-2")
    world.run(3)
    world.kill("sentinel-1")
    world.run(1)
    (mine,) = [e for e in find_silences(world.trace, "redis-2") if e.sentinel == "sentinel-1"]
    assert (mine.end_us, mine.answered) == (13_000_000, False)


def test_silence_needs_messages() -> None:
    world = World(Deployment(clients=0), seed=1)
    world.run(2)
    with pytest.raises(NoMessages):
        find_silences(world.trace, "redis-1")
