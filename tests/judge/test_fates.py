"""The fate of a group whose master was lost: the furthest that anybody came, and how soon."""

from __future__ import annotations

import pytest

from sim import Deployment, World
from sim.judge import Ending, Fate, find_fate


def _world(sentinels: int = 3, quorum: int = 2, **options: object) -> World:
    deployment = Deployment(
        sentinels=sentinels, quorum=quorum, replicas=1, clients=0, failover_timeout=20_000
    )
    for name, value in options.items():
        deployment = deployment.with_setting(name.replace("_", "-"), str(value))
    world = World(deployment)
    world.run(15)
    return world


def _lose(world: World, *gone: str, seconds: float = 25) -> Fate:
    for name in gone:
        world.kill(name)
    since_us = world.kernel.now
    master = world.kill("master")
    world.run(seconds)
    return find_fate(world.trace, master, since_us)


def test_a_dead_master_that_is_replaced_was_failed_over() -> None:
    fate = _lose(_world())
    assert fate.ending is Ending.FAILED_OVER
    assert fate.after_us is not None
    assert 5_000_000 < fate.after_us < 8_000_000
    assert str(fate).startswith("failed over after ")


def test_a_quorum_that_is_no_majority_leaves_the_group_without_a_leader() -> None:
    assert _lose(_world(5), "sentinel-3", "sentinel-4", "sentinel-5") == Fate(Ending.NO_LEADER)


def test_fewer_than_the_quorum_come_to_no_agreement() -> None:
    assert _lose(_world(), "sentinel-2", "sentinel-3") == Fate(Ending.NO_AGREEMENT)


def test_before_anybody_holds_it_to_be_down_a_loss_is_not_noticed() -> None:
    assert _lose(_world(), seconds=2) == Fate(Ending.UNNOTICED)


def test_a_leader_without_replicas_promotes_nobody() -> None:
    assert _lose(_world(replicas=0)) == Fate(Ending.NO_REPLICA)


def test_a_master_that_is_cut_off_and_replaced_makes_two() -> None:
    world = _world()
    since_us, master = world.kernel.now, world.master
    world.partition(master)
    world.run(25)
    assert find_fate(world.trace, master, since_us).ending is Ending.TWO_MASTERS


def test_a_master_that_nothing_happened_to_stays() -> None:
    world = _world()
    since_us = world.kernel.now
    world.kill("sentinel-1")
    world.run(25)
    fate = find_fate(world.trace, "redis-1", since_us)
    assert (fate.ending, str(fate)) == (Ending.STAYS, "the master stays")


def test_an_unknown_master_is_an_error() -> None:
    with pytest.raises(ValueError, match="no server of the trace is called 'redis-9'"):
        find_fate(_world().trace, "redis-9", 0)
