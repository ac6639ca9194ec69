"""Full resynchronisations over narrow paths, and to replicas that do not read."""

from __future__ import annotations

import pytest

from sim.redis import BufferLimit, BufferLimits, Machine, RedisNode, Settings
from sim.trace import FullSyncLoaded, FullSyncStarted, PartialSync
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of

MEGABYTE = 1_000_000
BIG = Machine(other_data_bytes=10 * MEGABYTE, load_bytes_per_second=1_000 * MEGABYTE)


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def narrow(world: RedisWorld, one: RedisNode, other: RedisNode, rate: int) -> None:
    world.network.set_bandwidth(one.host, other.host, rate)


def pair(
    world: RedisWorld, rate: int, master: Settings | None = None, replica: Settings | None = None
) -> tuple[RedisNode, RedisNode]:
    """A master with 10 MB behind a path of that rate, and a replica that is told of it now."""
    one = world.node("m", master or Settings(repl_diskless_sync_delay=0), BIG)
    other = world.node("r", replica or Settings(), BIG)
    narrow(world, one, other, rate)
    world.call(other, "REPLICAOF", one.host.address, "6379")
    return one, other


def loaded_at(world: RedisWorld) -> list[float]:
    """When replicas had loaded a snapshot, in seconds."""
    return [
        entry.time_us / SECOND
        for entry in world.recorder.entries
        if isinstance(entry.data, FullSyncLoaded)
    ]


def test_narrow_path_stretches_a_full_resynchronisation_to_size_by_rate(
    world: RedisWorld,
) -> None:
    pair(world, MEGABYTE)
    world.run(12 * SECOND)
    (when,) = loaded_at(world)
    assert 10.0 < when < 10.2


def test_machine_that_is_slower_than_the_path_sets_the_pace(world: RedisWorld) -> None:
    pair(world, 1_000 * MEGABYTE)
    world.run(SECOND)
    (when,) = loaded_at(world)
    assert 0.1 < when < 0.2


def test_transfer_that_trickles_is_no_silence_for_either_side(world: RedisWorld) -> None:
    """[RED-4.3-4]"""
    settings = Settings(repl_diskless_sync_delay=0, repl_timeout=4)
    master, replica = pair(world, 100_000, settings, Settings(repl_timeout=4))
    for _ in range(10):
        world.run(9 * SECOND)
        info = info_of(world, replica, "replication")
        assert int(info["master_sync_last_io_seconds_ago"]) <= 1
    world.run(15 * SECOND)
    assert master.server.replicas.full_syncs == 1
    assert len(loaded_at(world)) == 1


def test_ping_beside_a_transfer_over_a_narrow_path_is_hardly_late(world: RedisWorld) -> None:
    master, replica = pair(world, MEGABYTE)
    connection = replica.connect(master.host.address, 6379)
    world.run(SECOND)
    connection.send(("PING",), 14)
    world.run(5 * MS)
    client = master.server.clients.of(connection.peer)
    assert client is not None
    assert client.last_command == "ping"


def test_slowest_replica_sets_the_pace_of_a_diskless_transfer_for_all(world: RedisWorld) -> None:
    master = world.node("m", Settings(repl_diskless_sync_delay=2), BIG)
    target = (master.host.address, 6379)
    replicas = [world.node(name, Settings(replicaof=target), BIG) for name in ("r1", "r2")]
    narrow(world, master, replicas[0], MEGABYTE)
    world.run(20 * SECOND)
    # Both began at about 2 s; what the sockets hold at the end is a fifth of a second.
    times = loaded_at(world)
    assert len(times) == 2
    assert all(11.7 < when < 13.3 for when in times)


def test_replicas_that_get_a_file_have_it_at_their_own_pace(world: RedisWorld) -> None:
    master = world.node("m", Settings(repl_diskless_sync=False), BIG)
    target = (master.host.address, 6379)
    replicas = [world.node(name, Settings(replicaof=target), BIG) for name in ("r1", "r2")]
    narrow(world, master, replicas[0], MEGABYTE)
    world.run(20 * SECOND)
    fast, slow = loaded_at(world)
    assert fast < 1.0
    assert 10.0 < slow < 11.0


def test_child_lives_as_long_as_a_diskless_transfer_and_only_until_a_file_is_written(
    world: RedisWorld,
) -> None:
    for diskless, purpose in ((True, "transfer"), (False, None)):
        world = RedisWorld()
        settings = Settings(repl_diskless_sync=diskless, repl_diskless_sync_delay=0)
        master, _ = pair(world, MEGABYTE, settings)
        world.run(5 * SECOND)
        assert master.server.forks.purpose == purpose
        world.run(8 * SECOND)
        assert master.server.forks.purpose is None
        assert len(loaded_at(world)) == 1


def test_replica_that_asks_while_the_file_is_written_gets_that_file_and_all_since(
    world: RedisWorld,
) -> None:
    machine = Machine(other_data_bytes=3000, save_bytes_per_second=1000)
    master, _ = world.group(
        1, master=Settings(repl_diskless_sync=False), machine=machine, seconds=1
    )
    world.call(master, "SET", "k", "v")
    late = world.node("late", Settings(replicaof=(master.host.address, 6379)))
    world.run(SECOND)
    started = world.records(FullSyncStarted, master)
    assert [each.offset for each in started] == [0, 0]
    assert master.server.forks.count == 1
    world.run(3 * SECOND)
    assert world.call(late, "GET", "k") == "v"
    assert late.server.history.offset == master.server.history.offset


def test_replica_that_reads_nothing_holds_up_the_others_until_repl_timeout(
    world: RedisWorld,
) -> None:
    """As was seen with a real server (7.0.15). [RED-4.3-4]"""
    settings = Settings(repl_diskless_sync_delay=2, repl_timeout=10)
    machine = Machine(other_data_bytes=100 * MEGABYTE, sync_bytes_per_second=50 * MEGABYTE)
    master = world.node("m", settings, machine)
    target = (master.host.address, 6379)
    frozen, other = (world.node(name, Settings(replicaof=target)) for name in ("r1", "r2"))
    world.run(2200 * MS)
    frozen.pause()
    world.run(8 * SECOND)
    assert loaded_at(world) == []
    assert len(master.server.replicas) == 2
    world.run(6 * SECOND)
    assert len(master.server.replicas) == 1
    assert other.server.upstream.is_up
    frozen.resume()
    world.run(30 * SECOND)
    assert frozen.server.upstream.is_up


def test_cut_during_a_transfer_is_noticed_by_the_replica_after_repl_timeout(
    world: RedisWorld,
) -> None:
    """[RED-4.3-4]"""
    settings = Settings(repl_diskless_sync_delay=0, repl_timeout=10)
    master, replica = pair(world, MEGABYTE, settings, Settings(repl_timeout=10))
    world.run(3 * SECOND)
    cut = world.network.partition([master.host], [replica.host])
    world.run(9 * SECOND)
    assert replica.server.upstream.phase.value == "sync"
    world.run(3 * SECOND)
    assert replica.server.upstream.phase.value != "sync"
    world.network.heal(cut)
    world.run(40 * SECOND)
    assert replica.server.upstream.is_up
    assert master.server.replicas.full_syncs == 2


def test_snapshot_in_the_sockets_does_not_count_for_the_output_limit(world: RedisWorld) -> None:
    """[RED-4.3-5]"""
    limits = BufferLimits(replica=BufferLimit(hard=20_000))
    settings = Settings(
        repl_diskless_sync_delay=0, repl_backlog_size=1000, client_output_buffer_limit=limits
    )
    master, _ = pair(world, MEGABYTE, settings)
    world.run(12 * SECOND)
    assert len(loaded_at(world)) == 1
    assert len(master.server.replicas) == 1


def test_writes_that_a_narrow_path_cannot_carry_end_the_link_at_the_output_limit(
    world: RedisWorld,
) -> None:
    """The replica comes back, and what it missed is no longer in the backlog. [RED-4.3-5]"""
    limits = BufferLimits(replica=BufferLimit(hard=100_000))
    settings = Settings(
        repl_diskless_sync_delay=0, repl_backlog_size=10_000, client_output_buffer_limit=limits
    )
    master, replica = world.group(1, master=settings)
    narrow(world, master, replica, 10_000)
    line = world.line(master)
    for number in range(20):
        line.call("SET", f"k{number}", "x" * 10_000)
    world.run(2 * SECOND)
    assert not replica.server.upstream.is_up
    world.run(60 * SECOND)
    assert replica.server.upstream.is_up
    assert world.records(PartialSync) == []
    assert master.server.replicas.full_syncs == 2
    assert replica.server.keyspace.snapshot() == master.server.keyspace.snapshot()


def test_stream_over_a_narrow_path_makes_the_replica_lag_behind(world: RedisWorld) -> None:
    master, replica = world.group(1)
    narrow(world, master, replica, 10_000)
    world.call(master, "SET", "k", "x" * 50_000)
    world.run(2 * SECOND)
    assert world.call(replica, "GET", "k") is None
    world.run(4 * SECOND)
    assert replica.server.history.offset == master.server.history.offset


def test_lossy_path_is_a_narrow_one_for_a_transfer(world: RedisWorld) -> None:
    master = world.node("m", Settings(repl_diskless_sync_delay=0), BIG)
    replica = world.node("r", machine=BIG)
    world.network.set_loss(master.host, replica.host, 0.01)
    world.call(replica, "REPLICAOF", master.host.address, "6379")
    world.run(20 * SECOND)
    # 1.22 * 1448 / (2 ms * sqrt(0.01)) = 8.8 MB/s
    (when,) = loaded_at(world)
    assert 1.1 < when < 4.0
