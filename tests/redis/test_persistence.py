"""What is on the disk when, and what a crash loses (spec: redis-node §10)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minisentinel.replies import OK, PONG, Error, Status
from sim.redis import Machine, RedisNode, SavePoint, Settings
from sim.redis.settings import Fsync
from sim.trace import DataLoaded, DataLost, DataSaved, SaveEnded
from tests.redis.reader import DataSets, flat
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of


@pytest.fixture
def world() -> RedisWorld:
    return RedisWorld()


def aof(fsync: Fsync = "everysec") -> Settings:
    return Settings(save=(), appendonly=True, appendfsync=fsync, repl_diskless_sync_delay=0)


def crash(world: RedisWorld, node: RedisNode, *, power: bool = False) -> None:
    """End the process, or the whole host, and start it again."""
    if power:
        node.host.power_off()
        node.host.power_on()
    else:
        node.kill()
    node.start()
    world.run(SECOND)


def is_running(node: RedisNode) -> bool:
    return node.state == "running"


# -- save points


def test_crash_loses_what_was_written_since_the_last_save_point(world: RedisWorld) -> None:
    """[RED-10-2]"""
    node = world.node("m", Settings(save=(SavePoint(5, 2),)))
    world.call(node, "SET", "a", "1")
    world.call(node, "SET", "b", "1")
    world.run(8 * SECOND)
    world.call(node, "SET", "c", "1")
    crash(world, node)
    assert world.call(node, "KEYS", "*") == ("a", "b")
    (saved,) = world.records(DataSaved)
    assert world.records(SaveEnded) == [SaveEnded(save=saved.save, ok=True)]
    assert world.records(DataLoaded) == [DataLoaded(save=saved.save, keys=2)]


def test_save_point_needs_both_the_time_and_the_changes(world: RedisWorld) -> None:
    node = world.node("m", Settings(save=(SavePoint(5, 3),)))
    world.call(node, "SET", "a", "1")
    world.call(node, "SADD", "s", "x")
    world.run(20 * SECOND)
    assert world.records(DataSaved) == []
    assert info_of(world, node)["rdb_changes_since_last_save"] == "2"
    world.call(node, "INCR", "n")
    world.run(2 * SECOND)
    assert len(world.records(SaveEnded)) == 1
    assert info_of(world, node)["rdb_changes_since_last_save"] == "0"


def test_dump_holds_the_data_of_the_fork_and_takes_size_by_rate(world: RedisWorld) -> None:
    machine = Machine(other_data_bytes=3000, save_bytes_per_second=1000)
    node = world.node("m", machine=machine)
    world.call(node, "SET", "k", "old")
    assert world.call(node, "BGSAVE") == Status("Background saving started")
    world.call(node, "SET", "k", "new")
    assert world.call(node, "BGSAVE") == Error("ERR Background save already in progress")
    world.run(2 * SECOND)
    assert info_of(world, node)["rdb_bgsave_in_progress"] == "1"
    world.run(2 * SECOND)
    crash(world, node)
    assert world.call(node, "GET", "k") == "old"


def test_crash_during_a_save_leaves_the_dump_before(world: RedisWorld) -> None:
    machine = Machine(other_data_bytes=3000, save_bytes_per_second=1000)
    node = world.node("m", machine=machine)
    world.call(node, "SET", "k", "1")
    world.call(node, "BGSAVE")
    world.run(5 * SECOND)
    world.call(node, "SET", "k", "2")
    world.call(node, "BGSAVE")
    world.run(SECOND)
    crash(world, node)
    assert world.call(node, "GET", "k") == "1"


def test_save_stands_still_while_it_writes(world: RedisWorld) -> None:
    node = world.node("m", machine=Machine(other_data_bytes=3000, save_bytes_per_second=1000))
    saving, other = world.line(node), world.line(node)
    saving.send("SAVE")
    world.run(MS)
    other.send("PING")
    world.run(2900 * MS)
    assert other.received == []
    world.run(200 * MS)
    assert (saving.received, other.received) == ([OK], [PONG])


def test_fork_stops_the_server_for_its_size(world: RedisWorld) -> None:
    machine = Machine(other_data_bytes=50 * 1024**3)
    node = world.node("m", machine=machine)
    line, other = world.line(node), world.line(node)
    line.send("BGSAVE")
    world.run(MS)
    other.send("PING")
    world.run(490 * MS)
    assert other.received == []
    world.run(20 * MS)
    assert other.received == [PONG]
    assert info_of(world, node)["latest_fork_usec"] == "500000"


def test_failed_save_stops_writes_and_ping_until_one_succeeds(world: RedisWorld) -> None:
    """[RED-1-1] [RED-1-17]"""
    node = world.node("m", Settings(save=(SavePoint(5, 1),)))
    node.disk.is_failing = True
    world.call(node, "SET", "k", "v")
    world.run(8 * SECOND)
    for words in (
        ("PING",),
        ("SET", "k", "w"),
        ("DEL", "k"),
        ("EVAL", "redis.call('del','k')", "0"),
    ):
        reply = world.call(node, *words)
        assert isinstance(reply, Error)
        assert reply.text.startswith("MISCONF Redis is configured to save RDB snapshots")
    assert world.call(node, "GET", "k") == "v"
    assert world.call(node, "PUBLISH", "c", "m") == 0
    assert info_of(world, node)["rdb_last_bgsave_status"] == "err"
    node.disk.is_failing = False
    world.run(8 * SECOND)
    assert world.call(node, "PING") == PONG


def test_failed_save_does_not_matter_where_it_was_not_asked_for(world: RedisWorld) -> None:
    node = world.node("m", Settings(save=()))
    node.disk.is_failing = True
    assert world.call(node, "SAVE") == Error("ERR")
    assert world.call(node, "PING") == PONG
    other = world.node("other", Settings(stop_writes_on_bgsave_error=False))
    other.disk.is_failing = True
    assert world.call(other, "SAVE") == Error("ERR")
    assert world.call(other, "SET", "k", "v") == OK


def test_without_persistence_nothing_survives(world: RedisWorld) -> None:
    """[RED-10-1]"""
    node = world.node("m", Settings(save=()))
    world.call(node, "SET", "k", "v")
    world.call(node, "SAVE")
    crash(world, node)
    assert world.call(node, "DBSIZE") == 0
    assert world.records(DataLost) == [DataLost(keys=1)]


# -- the append-only file


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
def test_killed_process_with_an_append_only_file_loses_nothing(
    world: RedisWorld, fsync: Fsync
) -> None:
    node = world.node("m", aof(fsync))
    fill(world, node)
    before = flat(node.server.keyspace.snapshot())
    crash(world, node)
    assert flat(node.server.keyspace.snapshot()) == before
    assert DataSets(world.recorder.entries).data["m"] == before


def fill(world: RedisWorld, node: RedisNode) -> None:
    """Something of every type, changed in every way."""
    line = world.line(node)
    for words in (
        "SET k v", "APPEND k w", "INCRBY n 5", "SET gone 1 PX 10", "SET stays 1 EX 1000",
        "RPUSH l a b c d", "LPUSH l z", "LREM l 1 b", "LSET l 0 y", "RPOP l",
        "SADD s a b c", "SPOP s", "ZADD z 1 a 2 b", "ZINCRBY z 5 a", "ZPOPMIN z",
        "HSET h a 1 b 2", "HINCRBY h a 1", "HDEL h b", "RENAME h g", "PEXPIREAT n 9999999999999",
    ):  # fmt: skip
        line.call(*words.split())


def test_history_is_not_in_the_append_only_file(world: RedisWorld) -> None:
    """[RED-10-3]"""
    master, replica = world.group(1, master=aof())
    world.call(master, "SET", "k", "v")
    replid = master.server.history.replid
    crash(world, master)
    world.run(3 * SECOND)
    assert master.server.history.replid != replid
    assert world.call(replica, "GET", "k") == "v"


def test_power_lost_with_everysec_costs_about_the_last_second(world: RedisWorld) -> None:
    """[RED-10-3]"""
    node = world.node("m", aof())
    line = world.line(node)
    for number in range(96):
        line.call("SET", f"k{number}", "v")
        world.run(95 * MS)
    crash(world, node, power=True)
    kept = world.call(node, "DBSIZE")
    assert isinstance(kept, int)
    assert 80 <= kept < 96
    assert world.call(node, "EXISTS", f"k{kept - 1}", f"k{kept}") == 1
    assert len(DataSets(world.recorder.entries).data["m"]) == kept


def test_power_lost_with_always_costs_nothing_and_every_write_an_fsync(world: RedisWorld) -> None:
    node = world.node("m", aof("always"), Machine(fsync_us=3 * MS))
    line = world.line(node)
    for number in range(20):
        line.send("SET", f"k{number}", "v")
    world.run(30 * MS)
    assert len(line.received) < 10
    world.run(60 * MS)
    assert len(line.received) == 20
    crash(world, node, power=True)
    assert world.call(node, "DBSIZE") == 20


def test_power_lost_with_no_fsync_costs_up_to_half_a_minute(world: RedisWorld) -> None:
    node = world.node("m", aof("no"))
    world.call(node, "SET", "old", "v")
    world.run(32 * SECOND)
    world.call(node, "SET", "new", "v")
    world.run(20 * SECOND)
    crash(world, node, power=True)
    assert world.call(node, "KEYS", "*") == ("old",)


def test_power_lost_before_the_first_fsync_costs_everything(world: RedisWorld) -> None:
    node = world.node("m", aof("no"))
    world.call(node, "SET", "k", "v")
    crash(world, node, power=True)
    assert world.call(node, "DBSIZE") == 0
    assert world.records(DataLost) == [DataLost(keys=1)]
    assert DataSets(world.recorder.entries).data["m"] == {}


def test_slow_disk_stops_writes_after_two_seconds_with_everysec(world: RedisWorld) -> None:
    node = world.node("m", aof(), Machine(fsync_us=1 * MS))
    line, other = world.line(node), world.line(node)
    node.disk.slowdown = 6000.0
    line.call("SET", "a", "1")
    world.run(1500 * MS)
    assert line.call("SET", "b", "1") == OK
    assert line.call("GET", "b") == "1"
    world.run(2500 * MS)
    line.send("SET", "c", "1")
    world.run(MS)
    other.send("PING")
    world.run(SECOND)
    assert other.received == []
    world.run(3 * SECOND)
    assert other.received == [PONG]
    assert info_of(world, node)["aof_delayed_fsync"] == "1"


def test_full_disk_stops_writes_with_everysec_and_the_server_with_always(world: RedisWorld) -> None:
    node, strict = world.node("m", aof()), world.node("strict", aof("always"))
    node.disk.is_failing = strict.disk.is_failing = True
    assert world.call(node, "SET", "k", "v") == OK
    world.run(1500 * MS)
    reply = world.call(node, "SET", "k", "w")
    assert reply == Error("MISCONF Errors writing to the AOF file: No space left on device")
    node.disk.is_failing = False
    world.run(1500 * MS)
    assert world.call(node, "SET", "k", "w") == OK
    line = world.line(strict)
    line.send("SET", "k", "v")
    world.run(10 * MS)
    assert (strict.state, line.received, line.closed) == ("down", [], "reset")


def test_grown_file_is_written_anew_by_a_child(world: RedisWorld) -> None:
    settings_ = aof()
    settings_.auto_aof_rewrite_min_size = 1000
    node = world.node("m", settings_)
    line = world.line(node)
    for _ in range(60):
        line.call("INCR", "n")
    before = int(info_of(world, node)["aof_current_size"])
    world.run(3 * SECOND)
    assert int(info_of(world, node)["aof_current_size"]) < before / 5
    line.call("INCR", "n")
    crash(world, node)
    assert world.call(node, "GET", "n") == "61"


def test_append_only_file_can_be_turned_on_while_running(world: RedisWorld) -> None:
    node = world.node("m", Settings(save=()))
    world.call(node, "SET", "a", "1")
    world.call(node, "CONFIG", "SET", "appendonly", "yes")
    world.call(node, "CONFIG", "REWRITE")
    world.call(node, "SET", "b", "1")
    crash(world, node)
    assert world.call(node, "KEYS", "*") == ("a", "b")


def test_replica_keeps_what_it_received_in_its_append_only_file(world: RedisWorld) -> None:
    master, replica = world.group(1, replica=aof())
    fill(world, master)
    master.kill()
    before = flat(replica.server.keyspace.snapshot())
    crash(world, replica)
    assert flat(replica.server.keyspace.snapshot()) == before


def test_info_tells_how_far_loading_is(world: RedisWorld) -> None:
    node = world.node("m", machine=Machine(other_data_bytes=4000, load_bytes_per_second=1000))
    world.call(node, "SAVE")
    node.kill()
    node.start()
    world.run(1 * SECOND)
    info = info_of(world, node)
    assert info["loading"] == "1"
    assert info["loading_total_bytes"] == "4000"
    assert 20 < float(info["loading_loaded_perc"]) < 30
    assert info["loading_eta_seconds"] == "3"


# -- the orderly end


def test_shutdown_of_a_master_waits_for_its_replicas_and_saves(world: RedisWorld) -> None:
    """[RED-10-7]"""
    master, replica = world.group(1)
    replica.pause()
    world.call(master, "SET", "k", "v")
    line = world.line(master)
    line.send("SHUTDOWN")
    world.run(4 * SECOND)
    assert master.state == "running"
    replica.resume()
    world.run(1500 * MS)
    assert (master.state, line.received, line.closed) == ("down", [], "closed")
    assert replica.server.keyspace.get("k") == "v"
    master.start()
    world.run(SECOND)
    assert world.call(master, "GET", "k") == "v"


def test_shutdown_waits_no_longer_than_its_timeout(world: RedisWorld) -> None:
    """[RED-10-7]"""
    settings_ = Settings(repl_diskless_sync_delay=0, shutdown_timeout=3)
    master, replica = world.group(1, master=settings_)
    replica.pause()
    world.call(master, "SET", "k", "v")
    master.stop()
    world.run(2900 * MS)
    assert is_running(master)
    world.run(300 * MS)
    assert not is_running(master)


def test_writes_wait_during_a_shutdown_and_are_done_if_it_is_aborted(world: RedisWorld) -> None:
    master, replica = world.group(1)
    replica.pause()
    world.call(master, "SET", "k", "1")
    ending, writer = world.line(master), world.line(master)
    ending.send("SHUTDOWN")
    world.run(SECOND)
    writer.send("SET", "k", "2")
    writer.send("GET", "k")
    world.run(SECOND)
    assert writer.received == []
    assert world.call(master, "GET", "k") == "1"
    assert world.call(master, "SHUTDOWN", "ABORT") == OK
    assert ending.received == [Error("ERR Errors trying to SHUTDOWN. Check logs.")]
    assert writer.received == [OK, "2"]


def test_shutdown_that_cannot_save_stays_unless_forced(world: RedisWorld) -> None:
    node = world.node("m")
    node.disk.is_failing = True
    assert world.call(node, "SHUTDOWN") == Error("ERR Errors trying to SHUTDOWN. Check logs.")
    assert is_running(node)
    world.line(node).send("SHUTDOWN", "FORCE")
    world.run(10 * MS)
    assert not is_running(node)


# -- any sequence

WRITES = st.lists(
    st.sampled_from(
        [
            "SET k{0} {1}", "INCR n", "DEL k{0}", "SADD s{0} {1}", "SREM s{0} {1}", "SPOP s{0}",
            "SPOP s{0} 2", "GETSET k{0} {1}", "SET k{0} {1} GET", "LMOVE l{0} l1 LEFT RIGHT",

            "RPUSH l{0} {1} {0}", "LPOP l{0}", "LREM l{0} 0 {0}", "LTRIM l{0} 1 -1",
            "ZADD z{0} {1} {0}", "ZPOPMIN z{0}", "HSET h{0} {1} v", "HDEL h{0} {1}",
            "SET k{0} v PX 50", "PERSIST k{0}", "RENAME s{0} t{1}", "FLUSHALL",
            "EVAL redis.call('set','e{0}','{1}')redis.call('incr','n') 0",
        ]
    ).flatmap(
        lambda form: st.tuples(st.integers(0, 2), st.integers(0, 3)).map(lambda n: form.format(*n))
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=40)
@given(writes=WRITES, fsync=st.sampled_from(["always", "everysec", "no"]))
def test_prop_append_only_file_gives_back_what_any_writes_have_made(
    writes: list[str], fsync: Fsync
) -> None:
    world = RedisWorld()
    node = world.node("m", aof(fsync))
    line = world.line(node)
    for write in writes:
        line.call(*write.split())
    node.kill()
    before = node.server.keyspace.snapshot(), node.server.keyspace.expiries()
    node.start()
    world.run(10 * MS)
    assert flat(node.server.keyspace.snapshot()) == flat(before[0])
    assert node.server.keyspace.expiries() == before[1]
    assert DataSets(world.recorder.entries).data.get("m", {}) == flat(before[0])


@settings(max_examples=40)
@given(writes=WRITES, cuts=st.lists(st.integers(0, 30), max_size=4))
def test_prop_replica_that_is_up_to_date_has_its_masters_data(
    writes: list[str], cuts: list[int]
) -> None:
    world = RedisWorld()
    small = Settings(repl_diskless_sync_delay=0, repl_backlog_size=200)
    master, replica = world.group(1, master=small)
    line = world.line(master)
    for number, write in enumerate(writes):
        if number in cuts:
            replica.kill() if replica.state != "down" else replica.start()
        line.call(*write.split())
    replica.start()
    world.run(5 * SECOND)
    keyspace = master.server.keyspace
    assert replica.server.history.offset == master.server.history.offset
    assert flat(replica.server.keyspace.snapshot()) == flat(keyspace.snapshot())
    assert replica.server.keyspace.expiries() == keyspace.expiries()
    told = DataSets(world.recorder.entries)
    assert told.data["r1"] == told.data["m"] == flat(keyspace.snapshot())
    assert told.writes["m"] <= told.writes["r1"]


@settings(max_examples=30)
@given(writes=WRITES, saved=st.integers(0, 30))
def test_prop_crash_with_dumps_goes_back_to_the_last_save(writes: list[str], saved: int) -> None:
    world = RedisWorld()
    node = world.node("m")
    line = world.line(node)
    at_save: dict[str, str] = {}
    for number, write in enumerate(writes):
        if number == saved:
            assert line.call("SAVE") == OK
            at_save = flat(node.server.keyspace.snapshot())
        line.call(*write.split())
    node.kill()
    node.start()
    world.run(10 * MS)
    assert flat(node.server.keyspace.snapshot()) == at_save
