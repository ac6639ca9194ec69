"""What a full disk does to replication (spec: redis-node §1, §4.2)."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, PONG, Error, Status
from sim.redis import RedisNode, SavePoint, Settings
from sim.trace import ProcessChanged
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def ends(world: RedisWorld, node: RedisNode) -> list[tuple[str, int]]:
    return [
        (entry.data.change, entry.data.status)
        for entry in world.recorder.entries
        if entry.node == node.name
        and isinstance(entry.data, ProcessChanged)
        and entry.data.change != "started"
    ]


def pair_of_which_the_replica_cannot_save(
    world: RedisWorld, **changes: bool
) -> tuple[RedisNode, RedisNode]:
    """The replica has failed to save one write of its master."""
    saving = Settings(save=(SavePoint(1, 1),), repl_diskless_sync_delay=0, **changes)  # type: ignore[arg-type]
    master, replica = world.group(1, replica=saving)
    replica.disk.is_failing = True
    world.call(master, "SET", "k", "1")
    world.run(4 * SECOND)
    assert info_of(world, replica)["rdb_last_bgsave_status"] == "err"
    return master, replica


def test_replica_ends_rather_than_write_what_its_disk_does_not_keep(world: RedisWorld) -> None:
    master, replica = pair_of_which_the_replica_cannot_save(world)
    # The PING of the master in the stream is no write.
    world.run(12 * SECOND)
    assert ends(world, replica) == []
    world.call(master, "SET", "k", "2")
    world.run(10 * MS)
    assert ends(world, replica) == [("exited", 134)]
    assert info_of(world, master)["connected_slaves"] == "0"


def test_replica_that_is_to_ignore_its_disk_goes_on(world: RedisWorld) -> None:
    master, replica = pair_of_which_the_replica_cannot_save(
        world, repl_ignore_disk_write_error=True
    )
    assert world.call(replica, "CONFIG", "GET", "repl-ignore-disk-write-error") == (
        "repl-ignore-disk-write-error",
        "yes",
    )
    world.call(master, "SET", "k", "2")
    world.run(10 * MS)
    assert world.call(replica, "GET", "k") == "2"


def test_master_with_a_full_disk_refuses_and_lives(world: RedisWorld) -> None:
    node = world.node("m", Settings(save=(SavePoint(1, 1),)))
    node.disk.is_failing = True
    world.call(node, "SET", "k", "1")
    world.run(4 * SECOND)
    reply = world.call(node, "SET", "k", "2")
    assert isinstance(reply, Error)
    assert node.state == "running"


def test_replica_with_a_full_disk_takes_no_snapshot_and_keeps_what_it_has(
    world: RedisWorld,
) -> None:
    master = world.node("m", Settings(repl_diskless_sync_delay=0))
    world.call(master, "SET", "k", "new")
    replica = world.node("r")
    world.call(replica, "SET", "k", "old")
    replica.disk.is_failing = True
    assert world.call(replica, "REPLICAOF", master.host.address, "6379") == OK
    world.run(5 * SECOND)
    assert info_of(world, replica)["master_link_status"] == "down"
    assert world.call(replica, "GET", "k") == "old"
    replica.disk.is_failing = False
    world.run(3 * SECOND)
    assert info_of(world, replica)["master_link_status"] == "up"
    assert world.call(replica, "GET", "k") == "new"


def test_master_that_cannot_write_the_file_for_its_replicas_sends_them_away(
    world: RedisWorld,
) -> None:
    master = world.node("m", Settings(repl_diskless_sync=False))
    world.call(master, "SET", "k", "1")
    master.disk.is_failing = True
    replica = world.node("r", Settings(replicaof=(master.host.address, 6379)))
    world.run(5 * SECOND)
    assert info_of(world, replica)["master_link_status"] == "down"
    assert world.call(master, "PING") == PONG
    master.disk.is_failing = False
    world.run(4 * SECOND)
    assert info_of(world, replica)["master_link_status"] == "up"
    assert world.call(replica, "GET", "k") == "1"


def test_replica_that_syncs_each_write_ends_with_the_first_that_it_cannot(
    world: RedisWorld,
) -> None:
    """In the middle of what it has received at once: the rest is for its next life."""
    strict = Settings(save=(), appendonly=True, appendfsync="always", repl_diskless_sync_delay=0)
    master, replica = world.group(1, replica=strict)
    replica.disk.is_failing = True
    line = world.line(master)
    for number in range(3):
        line.send("SET", f"k{number}", "1")
    world.run(10 * MS)
    assert ends(world, replica) == [("exited", 1)]
    replica.disk.is_failing = False
    replica.start()
    world.run(3 * SECOND)
    assert world.call(replica, "DBSIZE") == 3


@pytest.mark.parametrize(
    "words",
    [
        ("SET", "k", "v", "PX", "500"),
        ("EVAL", "redis.call('set','k','1') redis.call('set','l','1')", "0"),
        ("RPUSH", "list", "a"),
    ],
)
def test_end_of_a_server_in_the_middle_of_a_step_ends_nothing_else(
    world: RedisWorld, words: tuple[str, ...]
) -> None:
    node = world.node("m", Settings(save=(), appendonly=True, appendfsync="always"))
    waiting, line = world.line(node), world.line(node)
    waiting.send("BLPOP", "list", "0")
    world.run(10 * MS)
    node.disk.is_failing = True
    line.send(*words)
    line.send("SET", "another", "1")
    world.run(2 * SECOND)
    assert ends(world, node) == [("exited", 1)]
    assert (waiting.received, line.received) == ([], [])


def test_key_whose_time_is_over_ends_a_server_that_cannot_say_so(world: RedisWorld) -> None:
    node = world.node("m", Settings(save=(), appendonly=True, appendfsync="always"))
    world.call(node, "SET", "k", "v", "PX", "500")
    world.call(node, "SET", "l", "v", "PX", "900")
    node.disk.is_failing = True
    world.run(2 * SECOND)
    assert ends(world, node) == [("exited", 1)]


def test_save_that_somebody_waits_for_is_no_reason_for_misconf_when_it_fails(
    world: RedisWorld,
) -> None:
    """Nor is the one of a shutdown, which does not happen then; one that succeeds mends it all."""
    node = world.node("m")
    world.call(node, "SET", "k", "1")
    node.disk.is_failing = True
    assert world.call(node, "SAVE") == Error("ERR")
    node.stop()
    world.run(2 * SECOND)
    assert ends(world, node) == []
    assert info_of(world, node)["rdb_last_bgsave_status"] == "ok"
    assert world.call(node, "SET", "k", "2") == OK
    assert isinstance(world.call(node, "BGSAVE"), Status)
    world.run(2 * SECOND)
    assert isinstance(world.call(node, "SET", "k", "3"), Error)
    node.disk.is_failing = False
    assert world.call(node, "SAVE") == OK
    world.run(2 * SECOND)
    assert world.call(node, "SET", "k", "3") == OK


def test_full_resynchronisation_does_not_make_up_for_a_failed_save_but_the_next_save_does(
    world: RedisWorld,
) -> None:
    """As a real server does: else it would answer PING with an error until the next write."""
    master, replica = pair_of_which_the_replica_cannot_save(world)
    replica.disk.is_failing = False
    assert world.call(replica, "REPLICAOF", "NO", "ONE") == OK
    assert world.call(replica, "REPLICAOF", master.host.address, "6379") == OK
    world.run(2 * SECOND)
    assert isinstance(world.call(replica, "PING"), Error)
    world.run(8 * SECOND)
    assert info_of(world, replica)["master_link_status"] == "up"
    assert world.call(replica, "PING") == PONG
