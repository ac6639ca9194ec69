"""The fault `supervise`: somebody starts again what has died."""

from __future__ import annotations

from sim.network import Constant
from sim.trace.records import FaultInjected, ProcessChanged
from sim.world import Deployment, World
from sim.world.faults import supervise


def small_world() -> World:
    world = World(Deployment(sentinels=1, replicas=0, clients=0, latency=Constant(1000)))
    world.run(3)
    return world


def starts(world: World, name: str) -> list[float]:
    return [
        entry.time_us / 1_000_000
        for entry in world.trace.entries
        if entry.node == name
        and isinstance(entry.data, ProcessChanged)
        and entry.data.change == "started"
    ]


def test_process_is_started_exactly_so_long_after_each_death() -> None:
    world = small_world()
    supervise(world, "redis-1", 0.75)
    for _ in range(2):
        world.kill("redis-1")
        world.run(2)
    assert starts(world, "redis-1") == [0.0, 3.75, 5.75]


def test_process_that_is_down_already_is_started_too() -> None:
    world = small_world()
    world.kill("redis-1")
    world.run(1)
    supervise(world, "redis-1", 0.5)
    world.run(1)
    assert starts(world, "redis-1") == [0.0, 4.5]


def test_process_that_was_never_started_is_started_once() -> None:
    world = World(Deployment(sentinels=1, replicas=0, clients=0))
    supervise(world, "sentinel-1", 0.5)
    world.run(5)
    assert starts(world, "sentinel-1") == [0.5]


def test_every_start_is_a_restart_on_the_trace() -> None:
    world = small_world()
    supervise(world, "redis-1", 1.0, keep_data=False)
    world.kill("redis-1")
    world.run(2)
    verbs = [e.data.verb for e in world.trace.entries if isinstance(e.data, FaultInjected)]
    assert verbs == ["supervise", "kill", "restart"]


def test_without_power_nothing_is_started_until_it_is_back() -> None:
    world = small_world()
    supervise(world, "redis-1", 1.0)
    world.power_off("redis-1")
    world.run(5)
    assert starts(world, "redis-1") == [0.0]
    world.power_on("redis-1")
    world.run(2)
    assert starts(world, "redis-1") == [0.0, 9.0]


def test_later_supervisor_takes_the_place_of_the_earlier_one() -> None:
    world = small_world()
    supervise(world, "redis-1", 0.1)
    supervise(world, "redis-1", 2.0)
    world.kill("redis-1")
    world.run(3)
    assert starts(world, "redis-1") == [0.0, 5.0]
