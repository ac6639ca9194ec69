"""What a restart of a server finds, and what it does to its replicas (spec: redis-node §10)."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, Error
from minisentinel.wire import command_size
from sim.redis import Machine, RedisNode, Settings
from sim.redis.replication.history import NO_ID
from sim.trace import DataLoaded, DataLost, FullSyncLoaded, NodeStarted, PartialSync
from tests.redis.reader import flat
from tests.redis.worlds import SECOND, RedisWorld, info_of


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def data_of(node: RedisNode) -> dict[str, str]:
    return flat(node.server.keyspace.snapshot())


def none() -> Settings:
    return Settings(repl_diskless_sync_delay=0, save=())


def test_every_start_has_a_new_run_id(world: RedisWorld) -> None:
    """[RED-10-4]"""
    node = world.node("m")
    node.kill()
    world.run(SECOND)
    node.start()
    world.run(SECOND)
    runids = [record.runid for record in world.records(NodeStarted, node)]
    assert len(set(runids)) == 2
    assert info_of(world, node)["run_id"] == runids[1]
    assert all(len(runid) == 40 for runid in runids)


def test_master_without_persistence_returns_empty_and_wipes_its_replicas(world: RedisWorld) -> None:
    """[RED-10-1]"""
    master, replica = world.group(1, master=none())
    world.call(master, "SET", "k", "v")
    replid = master.server.history.replid
    master.kill()
    master.start()
    world.run(3 * SECOND)
    assert world.records(DataLost) == [DataLost(keys=1)]
    history = master.server.history
    assert history.replid != replid
    assert history.replid2 == NO_ID
    assert data_of(master) == data_of(replica) == {}
    assert len(world.records(FullSyncLoaded, replica)) == 2


def test_master_with_a_dump_returns_with_its_data_and_its_replica_continues(
    world: RedisWorld,
) -> None:
    """[RED-10-2]"""
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v")
    world.call(master, "SAVE")
    replid, offset = master.server.history.replid, master.server.history.offset
    master.kill()
    master.start()
    world.run(3 * SECOND)
    history = master.server.history
    assert history.replid != replid
    assert (history.replid2, history.second_offset) == (replid, offset + 1)
    assert data_of(master) == data_of(replica) == {"k": "v"}
    assert len(world.records(PartialSync, replica)) == 1
    assert len(world.records(FullSyncLoaded, replica)) == 1


def test_master_that_never_had_a_replica_saves_its_data_without_a_history(
    world: RedisWorld,
) -> None:
    node = world.node("m")
    world.call(node, "SET", "k", "v")
    world.call(node, "SAVE")
    node.kill()
    node.start()
    world.run(SECOND)
    history = node.server.history
    assert data_of(node) == {"k": "v"}
    assert (history.replid2, history.offset, history.backlog) == (NO_ID, 0, None)


def test_replica_with_a_dump_asks_to_continue_from_the_saved_offset(world: RedisWorld) -> None:
    """[RED-10-2]"""
    master, replica = world.group(1)
    world.call(master, "SET", "a", "1")
    world.call(replica, "SAVE")
    replica.kill()
    world.call(master, "SET", "b", "2")
    replica.start()
    world.run(3 * SECOND)
    assert data_of(replica) == {"a": "1", "b": "2"}
    assert len(world.records(PartialSync, replica)) == 1
    assert world.records(DataLoaded, replica) == [DataLoaded(save="r1/2", keys=1)]


def test_replica_without_persistence_needs_a_full_resynchronisation(world: RedisWorld) -> None:
    """[RED-10-1]"""
    master, replica = world.group(1, replica=none())
    world.call(master, "SET", "a", "1")
    replica.kill()
    replica.start()
    world.run(3 * SECOND)
    assert data_of(replica) == {"a": "1"}
    assert world.records(PartialSync) == []
    assert len(world.records(FullSyncLoaded, replica)) == 2


def test_wiped_disk_means_an_empty_start(world: RedisWorld) -> None:
    node = world.node("m")
    world.call(node, "SET", "k", "v")
    with pytest.raises(RuntimeError, match="running"):
        node.wipe()
    node.kill()
    node.wipe()
    node.start()
    world.run(SECOND)
    assert data_of(node) == {}
    assert world.records(DataLost, node) == [DataLost(keys=1)]


def test_rewritten_role_survives_a_restart(world: RedisWorld) -> None:
    """[RED-10-6]"""
    master, replica = world.group(1)
    world.call(replica, "SLAVEOF", "NO", "ONE")
    world.call(replica, "CONFIG", "SET", "replica-priority", "7")
    assert world.call(replica, "CONFIG", "REWRITE") == OK
    replica.kill()
    replica.start()
    world.run(SECOND)
    info = info_of(world, replica)
    assert info["role"] == "master"
    assert world.call(replica, "CONFIG", "GET", "replica-priority") == ("replica-priority", "7")
    assert master.server.history.replid != replica.server.history.replid


def test_role_that_was_not_rewritten_is_forgotten(world: RedisWorld) -> None:
    """[RED-10-6]"""
    _, replica = world.group(1, machine=Machine(has_config_file=False))
    world.call(replica, "SLAVEOF", "NO", "ONE")
    world.call(replica, "CONFIG", "REWRITE")
    replica.kill()
    replica.start()
    world.run(3 * SECOND)
    assert info_of(world, replica)["role"] == "slave"
    assert replica.server.upstream.is_up


def test_starting_server_loads_for_size_by_rate_in_its_configured_role(world: RedisWorld) -> None:
    master = world.node("m", machine=Machine(other_data_bytes=3000, load_bytes_per_second=1000))
    world.call(master, "SET", "k", "v")
    world.call(master, "SAVE")
    master.kill()
    master.start()
    world.run(2 * SECOND)
    loading = Error("LOADING Redis is loading the dataset in memory")
    assert world.call(master, "PING") == loading
    assert world.call(master, "SET", "k", "w") == loading
    info = info_of(world, master)
    assert (info["role"], info["loading"]) == ("master", "1")
    world.run(2 * SECOND)
    assert world.call(master, "GET", "k") == "v"


def test_process_killed_while_loading_a_snapshot_restarts_with_that_snapshot(
    world: RedisWorld,
) -> None:
    machine = Machine(other_data_bytes=1000, load_bytes_per_second=500)
    master = world.node("m", Settings(repl_diskless_sync_delay=0), machine)
    world.call(master, "SET", "k", "v")
    replica = world.node("r", Settings(replicaof=(master.host.address, 6379)), machine)
    world.run(SECOND)
    assert replica.server.loading
    replica.kill()
    master.kill()
    replica.start()
    world.run(4 * SECOND)
    assert data_of(replica) == {"k": "v"}


def test_returning_master_with_extra_bytes_sends_its_replicas_into_a_full_resynchronisation(
    world: RedisWorld,
) -> None:
    """A replica behind the saved offset stands on history that the new backlog lacks."""
    master, replica = world.group(1)
    replica.pause()
    world.call(master, "SET", "k", "v")
    world.call(master, "SAVE")
    master.kill()
    world.run(SECOND)
    master.start()
    replica.server.upstream.drop()
    replica.resume()
    world.run(3 * SECOND)
    assert master.server.history.second_offset >= command_size(("SET", "k", "v"))
    assert data_of(replica) == {"k": "v"}


REFUSED_WHILE_LOADING = (
    "PING", "GET k", "SET a b", "REPLICAOF NO ONE", "WAIT 0 0", "EVAL x 0", "DBSIZE", "SAVE",
    "BGSAVE", "BGREWRITEAOF", "SCRIPT KILL", "SCRIPT LOAD x", "PSYNC ? -1",
)  # fmt: skip
ALLOWED_WHILE_LOADING = (
    "PUBLISH a b", "SUBSCRIBE c", "CONFIG GET port", "ROLE", "MULTI", "SELECT 0", "ECHO x", "TIME",
    "CLIENT ID", "WATCH x", "UNWATCH", "RESET", "REPLCONF capa eof", "PUBSUB NUMPAT", "LASTSAVE",
    "INFO", "QUIT",
)  # fmt: skip


def test_what_a_loading_server_refuses_is_what_a_real_one_refuses(world: RedisWorld) -> None:
    """[RED-1-1] [RED-1-2] [RED-1-3] [RED-1-4] [RED-1-5] [RED-1-7] [RED-1-12] [RED-10-5]"""
    node = world.node("m", machine=Machine(other_data_bytes=9000, load_bytes_per_second=1000))
    world.call(node, "SAVE")
    node.kill()
    node.start()
    world.run(SECOND)
    loading = Error("LOADING Redis is loading the dataset in memory")
    for words in REFUSED_WHILE_LOADING:
        assert (words, world.call(node, *words.split())) == (words, loading)
    for words in ALLOWED_WHILE_LOADING:
        assert not isinstance(world.call(node, *words.split()), Error), words
    assert node.server.loading


def test_replica_waits_for_its_snapshot_while_the_master_has_another_child(
    world: RedisWorld,
) -> None:
    machine = Machine(other_data_bytes=4000, save_bytes_per_second=1000)
    master = world.node("m", Settings(repl_diskless_sync_delay=0), machine)
    world.call(master, "BGSAVE")
    replica = world.node("r", Settings(replicaof=(master.host.address, 6379)))
    world.run(3 * SECOND)
    assert "state=wait_bgsave" in info_of(world, master)["slave0"]
    assert not replica.server.upstream.is_up
    world.run(3 * SECOND)
    assert replica.server.upstream.is_up
