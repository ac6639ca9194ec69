"""Sentinels of 2013 in an ordinary world: a profile is all it takes."""

from __future__ import annotations

import pytest

from minisentinel.core import MODERN, Sentinel
from minisentinel.service import Service
from sim.sentinels import MachineProfile
from sim.sentinels.machine import machine_of
from sim.versions import REDIS_2_6
from sim.world import Deployment, World


@pytest.fixture
def world() -> World:
    """Three Sentinels that know each other."""
    world = World(Deployment(clients=0), seed=3, profile=REDIS_2_6)
    world.run(25)
    return world


def test_a_profile_may_bring_its_own_machine() -> None:
    assert machine_of(MODERN) == (Sentinel, Service)
    assert machine_of(REDIS_2_6) == (REDIS_2_6.sentinel, REDIS_2_6.service)
    assert machine_of(MachineProfile("plain")) == (Sentinel, Service)


def test_a_killed_master_is_replaced_and_demoted_when_it_returns(world: World) -> None:
    files = [node.disk.content for node in world.sentinels.values()]
    world.kill("redis-1")
    world.run(30)
    assert world.master != "redis-1"
    assert len({node.names_as_master("mymaster") for node in world.sentinels.values()}) == 1
    world.restart("redis-1")
    world.run(15)
    assert world.servers["redis-1"].server.is_replica
    assert [node.disk.content for node in world.sentinels.values()] == files


def test_a_sentinel_that_restarts_is_another_one_and_asks_its_file(world: World) -> None:
    """[OLD-3-1] [OLD-14-1]"""
    world.kill("redis-1")
    world.run(30)
    node = world.sentinels["sentinel-1"]
    before = node.sentinel.state.myid
    world.kill("sentinel-1")
    world.restart("sentinel-1")
    assert world.run_until(lambda: node.ready, 5)
    assert node.sentinel.state.myid != before
    assert node.names_as_master("mymaster") == (world.plan.servers[0].ip, 6379)


def test_two_sides_of_a_cut_both_elect_when_each_has_a_quorum() -> None:
    """What a majority of *known* Sentinels prevents today. [OLD-8-2]"""
    deployment = Deployment(sentinels=4, replicas=2, clients=0, quorum=2)
    world = World(deployment, seed=1, profile=REDIS_2_6)
    world.run(25)
    world.kill("redis-1")
    world.partition(
        ["redis-2", "sentinel-1", "sentinel-2"], ["redis-3", "sentinel-3", "sentinel-4"]
    )
    world.run(40)
    named = [node.names_as_master("mymaster") for node in world.sentinels.values()]
    assert named[0] == named[1]
    assert named[2] == named[3]
    assert named[0] != named[2]
    assert not world.servers["redis-2"].server.is_replica
    assert not world.servers["redis-3"].server.is_replica
