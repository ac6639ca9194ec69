"""How data and offsets travel from a master to its replicas (spec: redis-node §4)."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, Error
from minisentinel.wire import command_size
from sim.network import Constant
from sim.redis import Machine, RedisNode, Settings
from sim.redis.replication.upstream import LinkPhase
from sim.trace import (
    FullSyncLoaded,
    FullSyncStarted,
    PartialSync,
    ReplicaLinkChanged,
    ReplicationOffset,
    WriteApplied,
)
from tests.redis.reader import flat
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def data_of(node: RedisNode) -> dict[str, str]:
    return flat(node.server.keyspace.snapshot())


def is_up(node: RedisNode) -> bool:
    return node.server.upstream.is_up


# -- the stream


def test_writes_reach_replicas_and_replicas_of_replicas(world: RedisWorld) -> None:
    """[RED-4-3] [RED-4-6]"""
    master, replica = world.group(1)
    chained = world.node("sub", Settings(replicaof=(replica.host.address, 6379)))
    world.run(8 * SECOND)
    line = world.line(master)
    line.call("SET", "k", "v")
    line.call("INCR", "n")
    line.call("INCR", "n")
    line.call("DEL", "k")
    world.run(10 * MS)
    assert data_of(master) == data_of(replica) == data_of(chained) == {"n": "2"}
    histories = [node.server.history for node in (master, replica, chained)]
    assert len({(history.replid, history.offset) for history in histories}) == 1
    behind = command_size(("INCR", "n")) + command_size(("DEL", "k"))
    assert world.records(WriteApplied, chained)[1] == WriteApplied(
        write="n+1=1", offset=histories[0].offset - behind, key="n", value="1"
    )


def test_offset_counts_the_bytes_of_every_write(world: RedisWorld) -> None:
    """[RED-4-3]"""
    master, _ = world.group(1)
    before = master.server.history.offset
    world.call(master, "SET", "key", "value")
    world.call(master, "GET", "key")
    assert master.server.history.offset == before + command_size(("SET", "key", "value"))


def test_command_that_changes_nothing_is_not_replicated(world: RedisWorld) -> None:
    master, _ = world.group(1)
    before = master.server.history.offset
    world.call(master, "DEL", "nothing")
    world.call(master, "SET", "k", "v", "XX")
    assert master.server.history.offset == before


def test_master_without_replicas_ever_counts_no_offset(world: RedisWorld) -> None:
    """[RED-4-4] [RED-4-6]"""
    node = world.node("m")
    world.call(node, "SET", "k", "v")
    world.call(node, "PUBLISH", "c", "m")
    assert node.server.history.offset == 0


def test_isolated_master_counts_hello_messages_in_its_offset(world: RedisWorld) -> None:
    """[RED-4-6]"""
    master, replica = world.group(1)
    replica.kill()
    world.run(SECOND)
    before = master.server.history.offset
    hello = ("PUBLISH", "__sentinel__:hello", "10.0.0.9,26379,...")
    world.call(master, *hello)
    assert master.server.history.offset == before + command_size(hello)


def test_publish_on_a_master_reaches_subscribers_of_replicas_but_not_the_reverse(
    world: RedisWorld,
) -> None:
    """[RED-1-3]"""
    master, replica = world.group(1)
    chained = world.node("sub", Settings(replicaof=(replica.host.address, 6379)))
    world.run(8 * SECOND)
    here, there, beyond = world.line(master), world.line(replica), world.line(chained)
    for line in (here, there, beyond):
        line.call("SUBSCRIBE", "c")
    assert world.call(master, "PUBLISH", "c", "down") == 1
    world.run(10 * MS)
    for line in (here, there, beyond):
        assert line.received[-1] == ("message", "c", "down")
    before = replica.server.history.offset
    assert world.call(replica, "PUBLISH", "c", "local") == 1
    assert there.received[-1] == ("message", "c", "local")
    assert here.received[-1] == beyond.received[-1] == ("message", "c", "down")
    assert replica.server.history.offset == before


def test_transaction_is_applied_as_a_whole_with_its_wrapping_counted(world: RedisWorld) -> None:
    master, replica = world.group(1)
    before = master.server.history.offset
    line = world.line(master)
    for words in (("MULTI",), ("SET", "a", "1"), ("GET", "a"), ("INCR", "b"), ("EXEC",)):
        line.call(*words)
    assert line.received[-1] == (OK, "1", 1)
    stream = (("MULTI",), ("SET", "a", "1"), ("INCR", "b"), ("EXEC",))
    assert master.server.history.offset == before + sum(map(command_size, stream))
    assert data_of(replica) == {"a": "1", "b": "1"}
    assert len({applied.offset for applied in world.records(WriteApplied, replica)}) == 1


def test_replica_refuses_clients_but_obeys_its_master(world: RedisWorld) -> None:
    """[RED-1-15]"""
    master, replica = world.group(1)
    readonly = Error("READONLY You can't write against a read only replica.")
    assert world.call(replica, "INCR", "n") == readonly
    world.call(master, "INCR", "n")
    assert world.call(replica, "GET", "n") == "1"


def test_master_pings_its_replicas_every_ten_seconds(world: RedisWorld) -> None:
    """[RED-4-6] [RED-4.3-1]"""
    master, replica = world.group(1)
    before = master.server.history.offset
    world.run(100 * SECOND)
    assert master.server.history.offset == before + 10 * command_size(("PING",))
    assert replica.server.history.offset == master.server.history.offset


def test_offset_of_a_replica_lags_by_the_network_and_by_its_apply_delay(world: RedisWorld) -> None:
    """[RED-2-9] [RED-2-10]"""
    master, replica = world.group(1, machine=Machine(apply_delay_us=200 * MS))
    world.network.set_latency(master.host, replica.host, Constant(100 * MS))
    before = replica.server.history.offset
    world.call(master, "SET", "k", "v")
    written = master.server.history.offset
    world.run(80 * MS)
    assert replica.server.upstream.received_offset == before
    world.run(100 * MS)
    assert replica.server.upstream.received_offset == written
    assert replica.server.history.offset == before
    assert data_of(replica) == {}
    world.run(200 * MS)
    assert replica.server.history.offset == written
    assert data_of(replica) == {"k": "v"}


def test_master_learns_the_offset_of_a_replica_once_per_second(world: RedisWorld) -> None:
    """[RED-4.3-3]"""
    master, replica = world.group(1)
    world.run(50 * MS)
    world.call(master, "SET", "k", "v")
    (attached,) = master.server.replicas
    assert attached.acked_offset < replica.server.history.offset
    world.run(SECOND)
    assert attached.acked_offset == replica.server.history.offset


def test_offsets_are_sampled_only_when_they_change(world: RedisWorld) -> None:
    master, replica = world.group(1)
    samples = len(world.records(ReplicationOffset, replica))
    world.run(9 * SECOND)
    line = world.line(master)
    for _ in range(50):
        line.send("INCR", "n")
        world.run(10 * MS)
    world.run(SECOND)
    new = world.records(ReplicationOffset, replica)[samples:]
    assert 5 <= len(new) <= 8
    assert new[-1].offset == replica.server.history.offset


# -- partial resynchronisation


def test_short_loss_of_the_link_costs_a_partial_resynchronisation_only(world: RedisWorld) -> None:
    """[RED-4-5] [RED-4.2-4]"""
    master, replica = world.group(1)
    world.call(master, "SET", "a", "1")
    assert world.call(master, "CLIENT", "KILL", "TYPE", "replica") == 1
    world.call(master, "SET", "b", "2")
    world.run(20 * MS)
    assert data_of(replica) == {"a": "1", "b": "2"}
    assert len(world.records(FullSyncLoaded)) == 1
    assert len(world.records(PartialSync, replica)) == 1
    links = [record.up for record in world.records(ReplicaLinkChanged, replica)]
    assert links == [True, False, True]


def test_killed_link_to_the_master_is_cached_and_made_again(world: RedisWorld) -> None:
    _, replica = world.group(1)
    assert world.call(replica, "CLIENT", "KILL", "TYPE", "master") == 1
    world.run(20 * MS)
    assert is_up(replica)
    assert len(world.records(PartialSync, replica)) == 1


def test_bytes_received_but_not_applied_are_asked_for_again(world: RedisWorld) -> None:
    """[RED-4-5]"""
    master, replica = world.group(1, machine=Machine(apply_delay_us=SECOND))
    line = world.line(master)
    line.call("INCR", "n")
    line.call("CLIENT", "KILL", "TYPE", "replica")
    world.run(2 * SECOND)
    assert data_of(replica) == {"n": "1"}
    assert replica.server.history.offset == master.server.history.offset


def test_replica_away_for_longer_than_the_backlog_needs_a_full_resynchronisation(
    world: RedisWorld,
) -> None:
    """[RED-4.2-3] [RED-4.2-5]"""
    settings = Settings(repl_diskless_sync_delay=0, repl_backlog_size=100, repl_timeout=2)
    master, replica = world.group(1, master=settings)
    cut = world.network.partition([master.host], [replica.host])
    world.run(5 * SECOND)
    for number in range(10):
        world.call(master, "SET", f"key-{number}", "value")
    replica.server.upstream.drop()
    world.network.heal(cut)
    world.run(5 * SECOND)
    assert is_up(replica)
    assert world.records(PartialSync) == []
    assert len(world.records(FullSyncLoaded, replica)) == 2
    assert len(data_of(replica)) == 10


def test_silent_master_is_given_up_after_repl_timeout_and_silent_replica_too(
    world: RedisWorld,
) -> None:
    """[RED-4.3-4]"""
    master, replica = world.group(
        1,
        master=Settings(repl_diskless_sync_delay=0, repl_timeout=15),
        replica=Settings(repl_timeout=15),
    )
    world.network.partition([master.host], [replica.host])
    world.run(11 * SECOND)
    assert is_up(replica)
    assert len(master.server.replicas) == 1
    world.run(7 * SECOND)
    assert not is_up(replica)
    assert len(master.server.replicas) == 0


def test_unanswered_connect_and_handshake_are_given_up_after_repl_timeout(
    world: RedisWorld,
) -> None:
    """[RED-4.3-4]"""
    master = world.node("m")
    replica = world.node("r", Settings(repl_timeout=5))
    cut = world.network.partition([master.host], [replica.host])
    world.call(replica, "REPLICAOF", master.host.address, "6379")
    first = replica.server.upstream.connection
    world.run(5 * SECOND)
    assert replica.server.upstream.connection is first
    world.run(3 * SECOND)
    second = replica.server.upstream.connection
    assert second is not first
    master.pause()
    world.network.heal(cut)
    world.run(3 * SECOND)
    assert replica.server.upstream.phase is LinkPhase.HANDSHAKE
    world.run(7 * SECOND)
    assert replica.server.upstream.connection is not second
    master.resume()
    world.run(15 * SECOND)
    assert is_up(replica)


def test_loading_master_is_asked_again_until_it_has_loaded(world: RedisWorld) -> None:
    """[RED-4.2-1]"""
    machine = Machine(other_data_bytes=1000, load_bytes_per_second=200)
    master, replica = world.group(1, master=Settings(repl_diskless_sync_delay=0))
    master.machine = machine
    world.call(master, "SAVE")
    master.kill()
    master.start()
    world.run(3 * SECOND)
    assert world.call(master, "PSYNC", "?", "-1") == Error(
        "LOADING Redis is loading the dataset in memory"
    )
    assert not is_up(replica)
    world.run(6 * SECOND)
    assert is_up(replica)


def test_replica_without_replicas_keeps_its_backlog_for_ever(world: RedisWorld) -> None:
    """[RED-4-4]"""
    _, replica = world.group(1, replica=Settings(repl_backlog_ttl=5))
    world.run(30 * SECOND)
    assert replica.server.history.backlog is not None


def test_lost_link_is_retried_at_once_and_then_each_second(world: RedisWorld) -> None:
    """[RED-4.3-1] [RED-4.3-2]"""
    master, replica = world.group(1)
    master.kill()
    world.run(5 * MS)
    assert replica.server.upstream.phase is LinkPhase.CONNECT
    world.run(3 * SECOND)
    master.start()
    world.run(SECOND + 10 * MS)
    assert is_up(replica)


# -- full resynchronisation


def test_full_resynchronisation_waits_for_the_diskless_delay(world: RedisWorld) -> None:
    """[RED-4.2-5]"""
    _, replica = world.group(1, master=Settings(), seconds=5)
    assert world.records(FullSyncStarted) == []
    world.run(2 * SECOND)
    assert is_up(replica)


def test_without_diskless_transfer_the_dump_is_written_first(world: RedisWorld) -> None:
    machine = Machine(other_data_bytes=2000, save_bytes_per_second=1000)
    settings = Settings(repl_diskless_sync=False)
    _, replica = world.group(1, master=settings, machine=machine, seconds=1)
    assert len(world.records(FullSyncStarted)) == 1
    world.run(800 * MS)
    assert not is_up(replica)
    world.run(400 * MS)
    assert is_up(replica)


def test_enough_replicas_end_the_diskless_delay(world: RedisWorld) -> None:
    settings = Settings(repl_diskless_sync_delay=60, repl_diskless_sync_max_replicas=2)
    _, *replicas = world.group(2, master=settings, seconds=3)
    assert all(is_up(replica) for replica in replicas)


def test_replicas_that_ask_within_the_delay_share_one_snapshot(world: RedisWorld) -> None:
    master, *_ = world.group(3, master=Settings(), seconds=8)
    started = world.records(FullSyncStarted, master)
    assert [record.sync for record in started] == ["m/1", "m/2", "m/3"]
    times = {
        entry.time_us for entry in world.recorder.entries if isinstance(entry.data, FullSyncStarted)
    }
    assert len(times) == 1


def test_writes_during_a_full_resynchronisation_follow_the_snapshot(world: RedisWorld) -> None:
    machine = Machine(other_data_bytes=1000, sync_bytes_per_second=500, load_bytes_per_second=1000)
    master, replica = world.group(1, machine=machine, seconds=1)
    world.call(master, "SET", "k", "v")
    world.run(3 * SECOND)
    assert world.call(replica, "GET", "k") == "v"
    loaded = world.records(FullSyncLoaded, replica)[0]
    assert loaded.offset == 0
    assert world.records(WriteApplied, replica) == [
        WriteApplied(write="k=v", offset=master.server.history.offset, key="k", value="v")
    ]


def test_replica_serves_old_data_during_the_transfer_and_none_while_loading(
    world: RedisWorld,
) -> None:
    """[RED-4.2-5] [RED-6-4]"""
    machine = Machine(other_data_bytes=1000, sync_bytes_per_second=500, load_bytes_per_second=500)
    master = world.node("m", Settings(repl_diskless_sync_delay=0))
    world.call(master, "SET", "k", "new")
    other = world.node("old", Settings(repl_diskless_sync_delay=0), machine)
    world.call(other, "SET", "k", "old")
    slow = world.node("slow", Settings(repl_diskless_sync_delay=0), machine)
    world.call(slow, "SET", "k", "slow")
    world.call(other, "SLAVEOF", slow.host.address, "6379")
    world.run(SECOND)
    assert world.call(other, "GET", "k") == "old"
    world.run(SECOND + 100 * MS)
    loading = Error("LOADING Redis is loading the dataset in memory")
    assert world.call(other, "GET", "k") == loading
    assert world.call(other, "PING") == loading
    info = info_of(world, other)
    assert (info["loading"], info["role"]) == ("1", "slave")
    world.run(2 * SECOND)
    assert world.call(other, "GET", "k") == "slow"


def test_full_resynchronisation_of_a_replica_replaces_the_data_of_its_replicas_too(
    world: RedisWorld,
) -> None:
    """[RED-4.2-5] [RED-6-6]"""
    master, replica = world.group(1)
    chained = world.node("sub", Settings(replicaof=(replica.host.address, 6379)))
    other = world.node("other", Settings(repl_diskless_sync_delay=0))
    world.run(8 * SECOND)
    world.call(master, "SET", "k", "old")
    world.call(other, "SET", "k", "new")
    world.call(replica, "SLAVEOF", other.host.address, "6379")
    world.run(8 * SECOND)
    assert data_of(replica) == data_of(chained) == {"k": "new"}
    assert chained.server.history.replid == other.server.history.replid


def test_loading_server_refuses_slaveof_and_so_the_whole_transaction(world: RedisWorld) -> None:
    """[RED-1-7] [RED-1-12]"""
    machine = Machine(other_data_bytes=1000, load_bytes_per_second=500)
    _, replica = world.group(1, machine=machine, seconds=1)
    line = world.line(replica)
    for words in (("MULTI",), ("SLAVEOF", "NO", "ONE"), ("CONFIG", "REWRITE"), ("EXEC",)):
        line.call(*words)
    assert line.received[1] == Error("LOADING Redis is loading the dataset in memory")
    assert line.received[-1] == Error("EXECABORT Transaction discarded because of previous errors.")
    world.run(3 * SECOND)
    assert is_up(replica)


def test_link_lost_while_loading_is_noticed_afterwards(world: RedisWorld) -> None:
    machine = Machine(other_data_bytes=1000, load_bytes_per_second=500)
    master, replica = world.group(1, machine=machine, seconds=1)
    master.kill()
    world.run(500 * MS)
    assert replica.server.loading
    assert not is_up(replica)
    world.run(2 * SECOND)
    assert not replica.server.loading
    links = [record.up for record in world.records(ReplicaLinkChanged, replica)]
    assert links == [True, False]
    assert replica.server.upstream.cached is not None


def test_replica_without_a_link_feeds_nobody(world: RedisWorld) -> None:
    """[RED-1-18] [RED-4.2-1]"""
    master, replica = world.group(1)
    master.kill()
    world.run(SECOND)
    assert world.call(replica, "PSYNC", "?", "-1") == Error(
        "NOMASTERLINK Can't SYNC while not connected with my master"
    )
    chained = world.node("sub", Settings(replicaof=(replica.host.address, 6379)))
    world.run(10 * SECOND)
    assert not is_up(chained)
    master.start()
    world.run(10 * SECOND)
    assert is_up(chained)


def test_first_replica_gives_a_fresh_master_a_new_history(world: RedisWorld) -> None:
    """[RED-4-1] [RED-4-4]"""
    master = world.node("m", Settings(repl_diskless_sync_delay=0))
    world.run(SECOND)
    before = master.server.history.replid
    world.node("r", Settings(replicaof=(master.host.address, 6379)))
    world.run(SECOND)
    assert master.server.history.replid != before


def test_backlog_without_replicas_expires_and_ends_the_history(world: RedisWorld) -> None:
    """[RED-4-4]"""
    settings = Settings(repl_diskless_sync_delay=0, repl_backlog_ttl=10)
    master, replica = world.group(1, master=settings)
    history = master.server.history
    replid = history.replid
    replica.kill()
    world.run(10 * SECOND)
    assert history.backlog is not None
    world.run(3 * SECOND)
    assert history.backlog is None
    assert history.replid != replid


def test_server_that_follows_itself_never_gets_a_link(world: RedisWorld) -> None:
    node = world.node("m")
    world.call(node, "SLAVEOF", node.host.address, "6379")
    world.run(5 * SECOND)
    assert info_of(world, node)["master_link_status"] == "down"
