"""Faults of links and single machines, and restarts in turn, as verbs of a world."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minisentinel.trace import ProcessChanged, SentinelEvent
from sim.network import Constant, Distances, LogNormal, Uniform
from sim.trace import FaultInjected
from sim.world import Deployment, World, faults
from sim.world.topology import NodeSettings, Site, Topology

SMALL = Deployment(clients=0, down_after_milliseconds=1000, failover_timeout=5000)


@pytest.fixture
def world() -> World:
    world = World(SMALL)
    world.run(14.0)
    return world


def life(world: World) -> list[tuple[str, str]]:
    """Who stopped and started since the faults began."""
    return [
        (entry.node, entry.data.change)
        for entry in world.trace.entries
        if isinstance(entry.data, ProcessChanged) and entry.time_us >= 14_000_000
    ]


def test_loss_holds_both_ways_and_ends_after_its_seconds(world: World) -> None:
    hosts = [world.nodes[name].host for name in ("redis-1", "redis-2")]
    path = world.network.path(*hosts)
    faults.lose(world, ["redis-1"], ["redis-2"], 0.2, seconds=2)
    assert (path.loss, path.back.loss) == (0.2, 0.2)
    assert not world.is_calm()
    world.run(3)
    assert (path.loss, path.back.loss) == (0.0, 0.0)


def test_a_narrow_path_is_wide_again_after_its_seconds(world: World) -> None:
    path = world.network.path(*(world.nodes[name].host for name in ("redis-1", "redis-3")))
    faults.narrow(world, ["redis-1"], ["redis-3"], 1000.0, seconds=2)
    assert path.pipe is not None
    assert path.pipe is not path.back.pipe
    world.run(3)
    assert path.pipe is None


def test_a_delay_may_be_any_distribution(world: World) -> None:
    tail = LogNormal(5000, 1.0)
    faults.delay(world, ["redis-1"], ["redis-3"], tail)
    path = world.network.path(*(world.nodes[name].host for name in ("redis-1", "redis-3")))
    assert (path.latency, path.back.latency) == (tail, tail)


Trouble = Callable[[World, float, float], None]
"""Inflicts the trouble to that degree for so many seconds."""


def _slow(world: World, degree: float, seconds: float) -> None:
    delay = Constant(round(degree * 10_000))
    faults.delay(world, ["redis-1"], ["redis-2", "redis-3"], delay, seconds)


def _lossy(world: World, degree: float, seconds: float) -> None:
    faults.lose(world, ["redis-1"], ["redis-2", "redis-3"], degree / 10, seconds)


def _narrow(world: World, degree: float, seconds: float) -> None:
    faults.narrow(world, ["redis-1"], ["redis-2", "redis-3"], degree * 10_000, seconds)


@pytest.mark.parametrize("inflict", [_slow, _lossy, _narrow])
@pytest.mark.parametrize(("first_s", "second_s"), [(3, 10), (10, 3)])
def test_trouble_that_overlaps_ends_each_by_itself_and_leaves_nothing(
    world: World, inflict: Trouble, first_s: float, second_s: float
) -> None:
    path = world.network.path(*(world.nodes[name].host for name in ("redis-1", "redis-3")))
    whole = (path.latency, path.loss, path.pipe)
    inflict(world, 1.0, first_s)
    first = (path.latency, path.loss, path.pipe)
    world.run(1)
    inflict(world, 2.0, second_s)
    second = (path.latency, path.loss, path.pipe)
    assert len({whole, first, second}) == 3
    world.run(5)
    assert (path.latency, path.loss, path.pipe) == (second if second_s > first_s else first)
    world.run(6)
    assert (path.latency, path.loss, path.pipe) == whole
    assert (path.back.latency, path.back.loss, path.back.pipe) == whole
    assert path.clear
    assert world.run_until_calm(limit=60)


def test_what_lasts_counts_from_its_moment_on_and_outlives_what_passes(world: World) -> None:
    path = world.network.path(*(world.nodes[name].host for name in ("redis-1", "redis-2")))
    faults.delay(world, ["redis-1"], ["redis-2"], Constant(10_000), seconds=5)
    faults.delay(world, ["redis-1"], ["redis-2"], Constant(20_000))
    assert path.latency == Constant(20_000)
    world.run(6)
    assert path.latency == Constant(20_000)


def test_a_machine_with_a_used_address_has_the_trouble_of_that_place_until_it_ends(
    world: World,
) -> None:
    usual = world.deployment.latency
    faults.delay(world, ["sentinel-2"], ["redis-1", "redis-2"], Constant(9000), seconds=10)
    faults.lose(world, ["sentinel-2"], ["redis-1"], 0.3, seconds=10)
    world.power_off("sentinel-2")
    faults.reuse_address(world, "sentinel-4", "sentinel-2")
    path = world.network.path(world.nodes["sentinel-4"].host, world.nodes["redis-1"].host)
    assert (path.latency, path.back.latency, path.loss) == (Constant(9000), Constant(9000), 0.3)
    world.run(11)
    assert (path.latency, path.back.latency, path.loss) == (usual, usual, 0.0)
    assert path.clear


def test_stalls_that_overlap_end_each_by_itself_and_bring_back_the_weather() -> None:
    weather = NodeSettings(name="sentinel-1", busy=Constant(300_000), free=Constant(700_000))
    world = World(Deployment(clients=0, topology=Topology(nodes=(weather,))))
    world.run(10)
    faults.stall(world, "sentinel-1", Constant(50_000), Constant(50_000), seconds=8)
    world.run(2)
    faults.stall(world, "sentinel-1", Constant(10_000), Constant(90_000), seconds=2)
    world.run(20)

    def stalls(begin_s: float, end_s: float) -> int:
        return sum(
            isinstance(entry.data, ProcessChanged) and entry.data.change == "blocked"
            for entry in world.trace.entries
            if entry.node == "sentinel-1" and begin_s <= entry.time_us / 1e6 < end_s
        )

    assert stalls(10, 12) == pytest.approx(20, abs=2)
    assert stalls(14.2, 18) == pytest.approx(38, abs=2)
    assert stalls(18, 32) == pytest.approx(14, abs=2)
    faults.end_stalls(world, "sentinel-1")
    world.run(10)
    assert stalls(32.5, 42) == 0


def test_stalls_that_have_been_ended_are_not_ended_again(world: World) -> None:
    faults.stall(world, "redis-2", Constant(1000), Constant(9000), seconds=5)
    faults.end_stalls(world, "redis-2")
    faults.end_stalls(world, "redis-2")
    world.run(6)
    verbs = [e.data.verb for e in world.trace.entries if isinstance(e.data, FaultInjected)]
    assert verbs == ["stall", "end_stalls"]


def test_a_clock_that_drifts_is_wrong_by_its_share_of_the_time(world: World) -> None:
    node, other = world.nodes["sentinel-1"], world.nodes["sentinel-2"]
    faults.drift_clock(world, "sentinel-1", 1000.0)
    world.run(10)
    assert node.now_ms() - other.now_ms() == pytest.approx(10, abs=1)
    faults.drift_clock(world, "sentinel-1", 0)
    world.run(10)
    assert node.now_ms() - other.now_ms() == pytest.approx(10, abs=1)


def test_a_machine_that_stalls_is_suspected_until_it_stalls_no_more(world: World) -> None:
    faults.stall(world, "redis-2", Constant(1_500_000), Constant(500_000), seconds=10)
    world.run(12)
    downs = [
        data
        for entry in world.trace.entries
        if isinstance(data := entry.data, SentinelEvent) and data.name in ("+sdown", "-sdown")
    ]
    assert {data.name for data in downs} == {"+sdown", "-sdown"}
    assert world.run_until_calm(limit=20)


def test_what_is_wrong_with_a_machine_from_the_start_is_a_matter_of_the_deployment() -> None:
    own = NodeSettings(
        name="sentinel-1", drift_ppm=1000.0, busy=Constant(700_000), free=Constant(900_000)
    )
    world = World(Deployment(clients=0, topology=Topology(nodes=(own,))))
    world.run(10)
    assert world.nodes["sentinel-1"].now_ms() - world.nodes["sentinel-2"].now_ms() >= 9
    changes = [e.data for e in world.trace.entries if e.node == "sentinel-1"]
    assert any(isinstance(each, ProcessChanged) and each.change == "blocked" for each in changes)


def test_a_slow_disk_makes_a_sentinel_late(world: World) -> None:
    faults.slow_disk(world, "sentinel-1", 50.0)
    assert world.sentinels["sentinel-1"].disk.slowdown == 50.0


def test_a_rolling_restart_takes_one_after_the_other(world: World) -> None:
    names = ["sentinel-2", "sentinel-1", "redis-3"]
    faults.rolling_restart(world, names, 3.0)
    assert not world.is_calm()
    world.run(20)
    assert life(world) == [(name, change) for name in names for change in ("stopped", "started")]
    times = [
        entry.time_us
        for entry in world.trace.entries
        if isinstance(entry.data, ProcessChanged) and entry.time_us >= 14_000_000
    ]
    assert times[2] - times[1] >= 3_000_000
    assert world.run_until_calm(limit=60)


def test_a_rolling_restart_starts_the_dead_and_leaves_out_who_has_no_power(world: World) -> None:
    world.kill("sentinel-1")
    world.power_off("sentinel-2")
    faults.rolling_restart(world, ["sentinel-1", "sentinel-2", "sentinel-3"], 1.0)
    world.run(5)
    states = [world.nodes[f"sentinel-{n}"].state for n in (1, 2, 3)]
    assert states == ["running", "down", "running"]


def test_who_joins_beside_somebody_stands_at_the_same_site() -> None:
    topology = Topology(sites=(Site("north", ("redis-1", "sentinel-1")),))
    world = World(Deployment(clients=0, topology=topology))
    world.run(3)
    faults.add_node(world, "sentinel-4", cut_with="sentinel-1")
    faults.add_node(world, "sentinel-5", cut_with="sentinel-2")
    assert world.nodes["sentinel-4"].host.site == "north"
    assert world.nodes["sentinel-5"].host.site == ""


def test_every_two_machines_have_a_distance_of_their_own_the_same_both_ways() -> None:
    world = World(Deployment(clients=0, latency=Distances(1000, 9000)))
    hosts = [node.host for node in world.nodes.values()]
    paths = [world.network.path(a, b) for a in hosts for b in hosts if a is not b]
    for path in paths:
        assert isinstance(path.latency, Uniform)
        assert 1000 <= path.latency.low_us <= 9000
        assert path.latency == path.back.latency
    assert len({path.latency for path in paths}) > len(paths) // 4
