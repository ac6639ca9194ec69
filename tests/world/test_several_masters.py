"""Several masters that the same Sentinels watch."""

from __future__ import annotations

import dataclasses

from minisentinel.trace import SentinelEvent
from sim.invariants import EPOCHS_NEVER_GO_BACK, Truth
from sim.judge import find_failovers
from sim.world import Deployment, World

TWO = Deployment(
    masters=2, replicas=2, clients=0, down_after_milliseconds=1000, failover_timeout=5000
)


def test_every_master_has_a_name_replicas_and_the_same_sentinels() -> None:
    world = World(TWO)
    assert TWO.master_names == ("mymaster", "mymaster-2")
    assert [place.name for place in world.plan.masters] == ["redis-1", "redis-4"]
    assert [place.name for place in world.plan.group(1)] == ["redis-4", "redis-5", "redis-6"]
    world.run(15.0)
    for sentinel in world.sentinels.values():
        assert sentinel.names_as_master("mymaster") == ("10.0.0.1", 6379)
        assert sentinel.names_as_master("mymaster-2") == ("10.0.0.4", 6379)
    for name in ("redis-5", "redis-6"):
        assert world.servers[name].server.upstream.target == ("10.0.0.4", 6379)
    assert world.is_calm()


def test_masters_fail_over_each_for_itself() -> None:
    world = World(TWO)
    world.run(15.0)
    world.kill("redis-4")
    assert world.run_until_calm(limit=60.0)
    assert world.master == "redis-1"
    assert world.masters[0] == "redis-1"
    assert world.masters[1] in ("redis-5", "redis-6")
    (failover,) = find_failovers(world.trace)
    assert (failover.master, failover.old) == ("mymaster-2", ("10.0.0.4", 6379))


def test_all_masters_at_once_find_successors() -> None:
    world = World(TWO)
    world.run(15.0)
    for name in world.masters:
        world.kill(name)
    assert not world.is_calm()
    assert world.run_until_calm(limit=60.0)
    assert len({*world.masters} - {"redis-1", "redis-4"}) == 2


def test_epochs_never_go_back_when_several_masters_fail_at_once() -> None:
    """A Sentinel may begin two attempts in one tick, and save an epoch for each."""
    world = World(dataclasses.replace(TWO, masters=3), seed=3)
    world.run(20)
    for master in tuple(world.masters):
        world.kill(master)
    world.run(15)
    in_epochs = {
        entry.data.payload
        for entry in world.trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name == "+new-epoch"
    }
    assert len(in_epochs) > 1
    assert EPOCHS_NEVER_GO_BACK.judge(world.trace).truth is Truth.TRUE
