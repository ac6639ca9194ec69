"""The Sentinel node: its file, its start, its service to clients, and its end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from minisentinel.core import Profile
from minisentinel.core.rules import MonitoringRules
from minisentinel.replies import Reply, Status
from minisentinel.trace import ConfigurationSaved, LogLine, SentinelEvent
from sim.clients import ClientProcess
from sim.sentinels import SentinelNode
from sim.trace import ProcessChanged
from sim.world import Deployment, World

SMALL = Deployment(clients=0, down_after_milliseconds=1000, failover_timeout=5000)


@pytest.fixture
def world() -> World:
    world = World(SMALL, seed=4)
    world.run(5.0)
    return world


def first(world: World) -> SentinelNode:
    return world.sentinels["sentinel-1"]


def ask(world: World, *words: str) -> Reply:
    """What `sentinel-1` answers to a client."""
    answers: list[Reply] = []

    class Asker(ClientProcess):
        async def main(self) -> None:
            connection = await self.open(first(world).host.address, 26379, 1.0)
            answers.append(await connection.call(*words))

    host = world.network.add_host(f"asker-{len(world.network.hosts)}", "10.9.9.9")
    Asker("asker", host, world.network, loop=world.loop).start()
    world.run(1.0)
    return answers[0]


def test_node_is_ready_once_it_has_read_its_file() -> None:
    world = World(SMALL)
    assert not first(world).ready
    world.run(2.0)
    assert first(world).ready
    world.kill("sentinel-1")
    assert not first(world).ready


def test_clients_are_answered(world: World) -> None:
    assert ask(world, "PING") == Status("PONG")


def test_clients_learn_the_address_of_the_master(world: World) -> None:
    words = ("SENTINEL", "get-master-addr-by-name", "mymaster")
    assert ask(world, *words) == ("10.0.0.1", "6379")
    assert first(world).names_as_master("mymaster") == ("10.0.0.1", 6379)
    assert first(world).names_as_master("another") is None


def test_file_holds_what_was_learned(world: World) -> None:
    content = first(world).disk.content
    for line in (
        "sentinel monitor mymaster 10.0.0.1 6379 2",
        "sentinel known-replica mymaster 10.0.0.2 6379",
        "sentinel known-replica mymaster 10.0.0.3 6379",
        "sentinel known-sentinel mymaster 10.0.1.2 26379 ",
        "sentinel known-sentinel mymaster 10.0.1.3 26379 ",
        f"sentinel myid {first(world).sentinel.state.myid}",
    ):
        assert line in content


def test_a_disk_that_fails_keeps_the_old_file_and_is_warned_of(world: World) -> None:
    """The protocol goes on."""
    for sentinel in world.sentinels.values():
        sentinel.disk.error = "No space left on device"
    before = first(world).disk.content
    world.kill("redis-1")
    assert world.run_until(lambda: world.master != "redis-1", limit=20.0)
    assert first(world).disk.content == before
    saves = [e.data for e in world.trace.entries if isinstance(e.data, ConfigurationSaved)]
    assert saves[-1].error == "No space left on device"
    warnings = [e.data for e in world.trace.entries if isinstance(e.data, LogLine)]
    assert any("not able to save" in w.text and "No space left" in w.text for w in warnings)


def test_saving_takes_the_time_of_the_disk(world: World) -> None:
    """What follows a save in the same step comes a flush later, and leaves after it."""
    world.kill("redis-1")
    world.run(5.0)
    times = {
        entry.data.name: entry.time_us
        for entry in world.trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name[0] == "+"
        if entry.node == "sentinel-1" and entry.time_us > 5_000_000
    }
    # One step: the new epoch, a flush of half a millisecond at least, and then the vote.
    assert times["+vote-for-leader"] - times["+new-epoch"] >= 500


def test_node_after_a_kill_starts_from_its_file_with_new_connections(world: World) -> None:
    before = first(world).sentinel
    world.kill("sentinel-1")
    world.restart("sentinel-1")
    assert first(world).sentinel is not before
    assert first(world).sentinel.state.myid == before.state.myid
    world.run(3.0)
    peers = first(world).sentinel.state.masters["mymaster"].peers.values()
    assert [peer.link.disconnected for peer in peers] == [False, False]


class NotByTheBook(MonitoringRules):
    """Rules of which the core does not know when they will next have something to say."""

    __slots__ = ()


def test_ticks_are_52_to_100_milliseconds_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spec: monitoring §2."""
    world = World(SMALL, seed=4, profile=Profile("unknown", monitoring=NotByTheBook()))
    world.run(5.0)
    node, times = first(world), [0]
    real = node.sentinel.tick

    def tick(now_ms: int) -> list[object]:
        times.append(node.time_us)
        return list(real(now_ms))

    monkeypatch.setattr(node.sentinel, "tick", tick)
    world.run(20.0)
    gaps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert len(gaps) > 190
    assert min(gaps) >= 52_000
    # A tick that finds the thread busy waits for it, and what is sent takes its time too.
    assert max(gaps) < 110_000


@pytest.mark.parametrize("disturbance", ["pause", "block", "clock", "stop"])
def test_ticks_that_were_left_out_are_made_up_for_before_anything_happens(
    world: World, disturbance: str
) -> None:
    world.run_until_calm(limit=60.0)
    node = first(world)
    while node.now_ms() - node.sentinel.state.previous_time <= 300:  # three ticks at least
        world.run(0.01)
    memory, before = node.sentinel.state, node.now_ms()
    match disturbance:
        case "pause":
            node.pause()
        case "block":
            node.block(1_000_000)
        case "clock":
            node.host.step_clock(-5_000_000)
        case "stop":
            node.stop()
    assert 0 <= before - memory.previous_time <= 100


def test_pause_of_clients_ends_in_time_although_ticks_are_left_out(world: World) -> None:
    """[CMD-2-13]"""
    world.run_until_calm(limit=60.0)
    pausing, asking = (world.network.add_host(f"asker-{n}", f"10.9.9.{n}") for n in ("1", "2"))
    answered: list[float] = []

    class Asker(ClientProcess):
        words: tuple[str, ...] = ("CLIENT", "PAUSE", "400")

        async def main(self) -> None:
            connection = await self.open(first(world).host.address, 26379, 1.0)
            await connection.call(*self.words)
            answered.append(world.now)

    Asker("pausing", pausing, world.network, loop=world.loop).start()
    world.run(0.1)
    other = Asker("asking", asking, world.network, loop=world.loop)
    other.words = ("PING",)
    other.start()
    world.run(0.6)
    paused, asked = answered
    assert 0.4 <= asked - paused < 0.51


def test_stalled_sentinel_notices_it_although_it_was_leaving_ticks_out(world: World) -> None:
    world.run_until_calm(limit=60.0)
    for pause_s, tilt in ((1.9, False), (2.1, True)):
        world.pause("sentinel-1")
        world.run(pause_s)
        world.resume("sentinel-1")
        world.run(0.05)
        assert first(world).sentinel.state.tilt is tilt
        world.run(1.0)


MASTER = ("10.0.0.1", 6379)
REPLICAS = {("10.0.0.2", 6379), ("10.0.0.3", 6379)}
PEERS = {("10.0.1.2", 26379), ("10.0.1.3", 26379)}


def test_content_means_all_is_seen_as_it_is(world: World) -> None:
    assert world.run_until_calm(limit=60.0)
    node = first(world)
    assert node.is_content("mymaster", MASTER, REPLICAS, PEERS)
    assert not node.is_content("mymaster", ("10.0.0.2", 6379), REPLICAS, PEERS)
    assert not node.is_content("another", MASTER, REPLICAS, PEERS)
    unknown = ("10.0.9.9", 6379)
    assert not node.is_content("mymaster", MASTER, REPLICAS | {unknown}, PEERS)
    assert not node.is_content("mymaster", MASTER, REPLICAS, PEERS | {unknown})
    assert not node.is_content("mymaster", MASTER, REPLICAS - {("10.0.0.3", 6379)}, PEERS)
    assert not node.is_content("mymaster", MASTER, REPLICAS, PEERS - {("10.0.1.3", 26379)})


def test_content_means_the_dead_are_held_for_down_and_nobody_else(world: World) -> None:
    assert world.run_until_calm(limit=60.0)
    node, left = first(world), REPLICAS - {("10.0.0.3", 6379)}
    world.kill("redis-3")
    world.run(2.0)
    assert not node.is_content("mymaster", MASTER, REPLICAS, PEERS)
    assert node.is_content("mymaster", MASTER, left, PEERS)
    world.restart("redis-3")
    assert world.run_until(lambda: node.is_content("mymaster", MASTER, REPLICAS, PEERS), limit=60.0)
    assert not node.is_content("mymaster", MASTER, left, PEERS)


def test_stalled_sentinel_is_in_tilt_and_not_content(world: World) -> None:
    world.run_until_calm(limit=60.0)
    world.pause("sentinel-1")
    world.run(4.0)
    world.resume("sentinel-1")
    world.run(0.2)
    assert first(world).sentinel.state.tilt
    assert not first(world).is_content("mymaster", MASTER, REPLICAS, PEERS)
    assert world.run_until(lambda: not first(world).sentinel.state.tilt, limit=35.0)


def test_node_in_its_second_life_is_not_ready_before_it_has_read_its_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, ready = first(world), []
    read_the_file = node.on_start

    def on_start() -> None:
        ready.append(node.ready)
        read_the_file()
        ready.append(node.ready)

    monkeypatch.setattr(node, "on_start", on_start)
    world.kill("sentinel-1")
    world.restart("sentinel-1")
    assert ready == [False, True]


def test_dead_node_gives_the_master_and_the_epoch_that_it_had_last(world: World) -> None:
    unborn = World(SMALL).sentinels["sentinel-1"]
    assert unborn.names_as_master("mymaster") is None
    assert unborn.config_epoch("mymaster") == -1
    world.kill("sentinel-1")
    assert first(world).names_as_master("mymaster") == MASTER
    assert first(world).config_epoch("mymaster") == 0
    assert first(world).config_epoch("another") == -1
    assert not first(world).is_content("mymaster", MASTER, REPLICAS, PEERS)


def test_simulated_crash_ends_the_process(world: World) -> None:
    """``SENTINEL SIMULATE-FAILURE crash-after-election``."""
    for sentinel in world.sentinels.values():
        sentinel.sentinel.state.crash_after_election = True
    world.kill("redis-1")
    world.run(8.0)
    assert [s.state for s in world.sentinels.values()].count("down") == 1
    elected = [e.node for e in world.trace.entries if "+elected-leader" in str(e.data)]
    assert [world.nodes[name].state for name in elected] == ["down"]
    ends = [e for e in world.trace.entries if isinstance(e.data, ProcessChanged) and e.data.is_end]
    assert [(e.node, e.data) for e in ends[1:]] == [
        (elected[0], ProcessChanged(change="exited", status=99))
    ]
