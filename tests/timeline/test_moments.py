"""What claims room on the time axis, and what is only drawn."""

from __future__ import annotations

from sim.timeline.moments import lone_faults, moments
from sim.timeline.scene import Scene, read_scene
from tests.judge.stories import Pen, deployment


def seconds(scene: Scene) -> list[float]:
    return [time / 1e6 for time in moments(scene)]


def test_of_faults_that_come_again_and_again_the_first_and_the_last_count() -> None:
    pen = deployment()
    for number in range(6):
        pen.fault(5000 + 4000 * number, "sentinel-1", "block", "blocked", detail="busy for 2 s")
        pen.fault(7000 + 4000 * number, "sentinel-1", "unblock", "unblocked")
    pen.fault(14_000, "redis-1", "kill", "killed")
    pen.event(40_000, "sentinel-2", "+sdown", "master:redis-1")
    scene = read_scene(pen.trace())
    assert lone_faults(scene) == [5_000_000, 7_000_000, 14_000_000, 25_000_000, 27_000_000]
    assert not {9.0, 11.0, 13.0, 17.0, 21.0} & set(seconds(scene))
    assert {5.0, 14.0, 25.0} <= set(seconds(scene))


def test_three_times_is_not_yet_a_repetition() -> None:
    pen = deployment()
    for start in (5000, 9000, 13_000):
        pen.fault(start, "network", "partition", detail="a | b")
    pen.event(20_000, "sentinel-2", "+sdown", "master:redis-1")
    assert {5.0, 9.0, 13.0} <= set(seconds(read_scene(pen.trace())))


def test_of_a_server_that_is_corrected_in_vain_the_first_and_the_last_time_count() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "kill", "killed")
    for start in range(10_000, 100_000, 10_000):
        pen.event(start, "sentinel-1", "+convert-to-slave", "slave:redis-1")
    pen.event(120_000, "sentinel-2", "+sdown", "master:redis-2")
    found = seconds(read_scene(pen.trace()))
    assert 10.0 in found
    assert 90.0 in found
    assert not [time for time in found if 10 < time < 90]


def attempt(pen: Pen, start: float, sentinel: str, epoch: int) -> None:
    pen.epoch(start, sentinel, epoch)
    pen.event(start, sentinel, "+try-failover", "master:redis-1")
    pen.event(start + 10_000, sentinel, "-failover-abort-not-elected", "master:redis-1")


def test_many_failed_attempts_count_up_to_the_second_and_from_the_last_on() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "kill", "killed")
    pen.event(7000, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(8000, "sentinel-1", "+odown", "master:redis-1")
    starts = [10_000 + 40_000 * number for number in range(6)]
    for epoch, start in enumerate(starts, start=1):
        attempt(pen, start, "sentinel-1", epoch)
    pen.event(240_000, "sentinel-2", "+sdown", "master:redis-1")
    found = seconds(read_scene(pen.trace()))
    assert {10.0, 20.0, 50.0, 60.0, 210.0, 220.0} <= set(found)
    assert not [time for time in found if 60 < time < 210]


def test_a_switch_counts_also_where_no_failover_brought_it_about() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "command", detail="PUBLISH __sentinel__:hello forged")
    pen.switch(5200, "sentinel-1", "redis-1", "redis-2")
    pen.event(9000, "sentinel-2", "+sdown", "master:redis-1")
    scene = read_scene(pen.trace())
    assert [(each.sentinel, each.time_us) for each in scene.switches] == [("sentinel-1", 5_200_000)]
    assert 5.2 in seconds(scene)
