"""Whether somebody writes a trace has no influence on what happens."""

from __future__ import annotations

from typing import Any

import pytest

from minisentinel.core.state import State
from sim.process import Process
from sim.world import Deployment, World


def silenced(world: World) -> World:
    """The same world, with nobody writing anything down."""
    for process in world.nodes.values():
        process.recorder = None
    return world


def history(world: World) -> list[Any]:
    """What a killed master does to a world, as seen in the state of everybody."""
    world.run(15.0)
    world.kill("redis-1")
    world.run(12.0)
    world.restart("redis-1")
    world.run(20.0)
    return [world.kernel.now, _states(world), _offsets(world), _disks(world)]


def _states(world: World) -> list[list[object]]:
    return [_told(sentinel.sentinel.state) for sentinel in world.sentinels.values()]


def _told(state: State) -> list[object]:
    master = state.masters["mymaster"]
    instances = [master, *master.replicas.values(), *master.peers.values()]
    return [
        state.current_epoch,
        master.config_epoch,
        str(state.dice),
        *((str(each.address), each.link.last_pong_time, each.last_pub_time) for each in instances),
    ]


def _offsets(world: World) -> list[int]:
    return [server.server.history.offset for server in world.servers.values()]


def _disks(world: World) -> list[str]:
    return [sentinel.disk.content for sentinel in world.sentinels.values()]


@pytest.mark.parametrize("seed", [1, 2])
def test_recording_does_not_change_what_happens(seed: int) -> None:
    recorded = World(Deployment(), seed=seed)
    unrecorded = silenced(World(Deployment(), seed=seed))
    assert history(unrecorded) == history(recorded)
    assert len(recorded.recorder.entries) > 1000
    # Servers start with the world, before they could be silenced; the world tells of its faults.
    later = [entry.kind for entry in unrecorded.recorder.entries if entry.time_us > 0]
    assert later == ["fault", "fault"]


def test_every_node_has_the_same_pen() -> None:
    world = World(Deployment())
    pens = {id(process.recorder) for process in world.nodes.values()}
    assert pens == {id(world.recorder)}
    assert all(isinstance(process, Process) for process in world.nodes.values())
