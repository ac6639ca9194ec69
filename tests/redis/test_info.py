"""INFO and ROLE, word by word (spec: redis-node §2, §3)."""

from __future__ import annotations

from sim.redis import Machine, RedisNode, Settings
from tests.redis.worlds import MS, SECOND, RedisWorld, info_of


def words(text: object, **replacements: str) -> list[str]:
    """Lines with random ids replaced by names."""
    assert isinstance(text, str)
    for name, value in replacements.items():
        text = text.replace(value, f"<{name}>")
    return text.split("\r\n")


def ids(node: RedisNode) -> dict[str, str]:
    return {"runid": node.server.run_id, "replid": node.server.history.replid}


MASTER = """\
# Server
redis_version:7.4.1
redis_mode:standalone
run_id:<runid>
tcp_port:6379
uptime_in_seconds:3
uptime_in_days:0

# Clients
connected_clients:1
maxclients:10000
pubsub_clients:0
blocked_clients:0

# Memory
used_memory:900000
used_memory_rss:900000
total_system_memory:0
maxmemory:0
maxmemory_policy:noeviction

# Persistence
loading:0
async_loading:0
current_cow_size:0
rdb_changes_since_last_save:0
rdb_bgsave_in_progress:0
rdb_last_save_time:1700000000
rdb_last_bgsave_status:ok
rdb_last_bgsave_time_sec:-1
rdb_current_bgsave_time_sec:-1
rdb_saves:0
rdb_last_cow_size:0
aof_enabled:0
aof_rewrite_in_progress:0
aof_rewrite_scheduled:0
aof_last_rewrite_time_sec:-1
aof_last_write_status:ok

# Stats
total_connections_received:3
total_commands_processed:16
rejected_connections:0
sync_full:2
sync_partial_ok:0
sync_partial_err:0
expired_keys:0
evicted_keys:0
pubsub_channels:0
pubsub_patterns:0
latest_fork_usec:0
total_forks:2
total_error_replies:0

# Replication
role:master
connected_slaves:2
slave0:ip=10.0.0.2,port=6379,state=online,offset=0,lag=1
slave1:ip=nat.example,port=7001,state=online,offset=0,lag=1
master_failover_state:no-failover
master_replid:<replid>
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:0
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:0

# CPU

# Modules

# Errorstats

# Cluster
cluster_enabled:0

# Keyspace
"""

REPLICA = """\
# Replication
role:slave
master_host:10.0.0.1
master_port:6379
master_link_status:up
master_last_io_seconds_ago:3
master_sync_in_progress:0
slave_read_repl_offset:0
slave_repl_offset:0
slave_priority:50
slave_read_only:1
replica_announced:0
connected_slaves:0
master_failover_state:no-failover
master_replid:<replid>
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:0
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:0
"""


def pair_with_announcements(world: RedisWorld) -> tuple[RedisNode, RedisNode]:
    master = world.node("m", Settings(repl_diskless_sync_delay=0, repl_ping_replica_period=100))
    world.run(500 * MS)
    target = (master.host.address, 6379)
    world.node("r1", Settings(replicaof=target))
    world.run(10 * MS)
    announced = world.node(
        "r2",
        Settings(
            replicaof=target,
            replica_announce_ip="nat.example",
            replica_announce_port=7001,
            replica_priority=50,
            replica_announced=False,
        ),
    )
    world.run(2900 * MS)
    return master, announced


def test_info_of_a_master() -> None:
    """[RED-2-1] to [RED-2-3], [RED-2-16], [RED-2-18] to [RED-2-23]"""
    world = RedisWorld()
    master, _ = pair_with_announcements(world)
    assert words(world.call(master, "INFO"), **ids(master)) == MASTER.split("\n")


def test_info_of_a_replica() -> None:
    """[RED-2-3] to [RED-2-7], [RED-2-9] [RED-2-10], [RED-2-13] to [RED-2-15]"""
    world = RedisWorld()
    _, replica = pair_with_announcements(world)
    shown = words(world.call(replica, "INFO", "replication"), **ids(replica))
    assert shown == REPLICA.split("\n")


def test_info_of_named_sections_keeps_their_order_and_ignores_unknown_ones() -> None:
    world = RedisWorld()
    node = world.node("m")
    text = world.call(node, "INFO", "Keyspace", "SERVER", "nope")
    assert [line for line in words(text) if line.startswith("#")] == ["# Server", "# Keyspace"]
    assert world.call(node, "INFO", "nope") == ""
    everything = words(world.call(node, "INFO", "everything"))
    assert [line for line in everything if line.startswith("#")] == [
        line for line in MASTER.split("\n") if line.startswith("#")
    ]


def test_link_down_since_is_minus_one_before_the_first_success_and_counts_after_a_loss() -> None:
    """[RED-2-10] [RED-2-12] [RED-2-25]"""
    world = RedisWorld()
    master, replica = world.group(1, master=Settings(repl_diskless_sync_delay=5), seconds=1)
    before = info_of(world, replica, "replication")
    assert before["master_link_status"] == "down"
    assert before["master_link_down_since_seconds"] == "-1"
    assert before["slave_repl_offset"] == "1"
    world.run(8 * SECOND)
    assert "master_link_down_since_seconds" not in info_of(world, replica, "replication")
    master.kill()
    world.run(4 * SECOND)
    after = info_of(world, replica, "replication")
    assert after["master_link_down_since_seconds"] == "4"
    assert after["master_last_io_seconds_ago"] == "-1"
    world.call(replica, "REPLICAOF", "10.9.9.9", "1")
    world.run(SECOND)
    assert info_of(world, replica, "replication")["master_link_down_since_seconds"] == "5"


def test_master_that_becomes_replica_reports_minus_one_until_its_first_success() -> None:
    """[RED-2-26] [RED-2-3]"""
    world = RedisWorld()
    node = world.node("m")
    world.call(node, "REPLICAOF", "10.9.9.9", "1")
    world.run(5 * SECOND)
    info = info_of(world, node, "replication")
    assert info["role"] == "slave"
    assert info["master_host"] == "10.9.9.9"
    assert info["master_link_down_since_seconds"] == "-1"


def test_success_and_promotion_end_the_count_of_seconds() -> None:
    """[RED-2-27]"""
    world = RedisWorld()
    master, replica = world.group(1)
    master.kill()
    world.run(5 * SECOND)
    master.start()
    world.run(8 * SECOND)
    assert "master_link_down_since_seconds" not in info_of(world, replica, "replication")
    master.kill()
    world.run(5 * SECOND)
    world.call(replica, "REPLICAOF", "NO", "ONE")
    world.call(replica, "REPLICAOF", master.host.address, "6379")
    world.run(SECOND)
    assert info_of(world, replica, "replication")["master_link_down_since_seconds"] == "-1"


def test_replica_lists_its_own_replicas() -> None:
    """[RED-2-24]"""
    world = RedisWorld()
    _, replica = world.group(1)
    chained = world.node("sub", Settings(replicaof=(replica.host.address, 6379)))
    world.run(8 * SECOND)
    info = info_of(world, replica, "replication")
    assert (info["role"], info["connected_slaves"]) == ("slave", "1")
    assert info["slave0"].startswith(f"ip={chained.host.address},port=6379,state=online,offset=")
    assert info_of(world, chained, "replication")["connected_slaves"] == "0"


def test_good_replicas_are_counted_only_where_writes_depend_on_them() -> None:
    """They are counted at once when one comes or goes, and each second for the lag.

    [RED-2-17] [RED-8-1] [RED-8-2]
    """
    world = RedisWorld()
    settings = Settings(repl_diskless_sync_delay=0, min_replicas_to_write=1, min_replicas_max_lag=4)
    master, first, second = world.group(2, master=settings)
    assert "min_slaves_good_slaves" not in info_of(world, first, "replication")

    def good() -> str:
        return info_of(world, master, "replication")["min_slaves_good_slaves"]

    assert good() == "2"
    first.kill()
    world.run(2 * MS)
    assert good() == "1"
    second.pause()
    world.run(4 * SECOND)
    assert good() == "1"
    world.run(2 * SECOND)
    assert good() == "0"
    world.call(master, "CONFIG", "SET", "min-replicas-max-lag", "0")
    assert "min_slaves_good_slaves" not in info_of(world, master, "replication")


def test_role_tells_how_far_the_link_is() -> None:
    """[RED-3-2]"""
    world = RedisWorld()
    slow = Machine(other_data_bytes=1000, sync_bytes_per_second=500)
    master = world.node("m", Settings(repl_diskless_sync_delay=0), slow)
    replica = world.node("r")

    def state() -> tuple[object, ...]:
        role = world.call(replica, "ROLE")
        assert isinstance(role, tuple)
        return role[3:]

    world.network.partition([master.host], [replica.host])
    world.call(replica, "REPLICAOF", master.host.address, "6379")
    assert state() == ("connecting", -1)
    world.network.heal()
    master.pause()
    world.run(4 * SECOND)
    assert state() == ("handshake", -1)
    master.resume()
    world.run(500 * MS)
    assert state() == ("sync", -1)
    world.run(5 * SECOND)
    assert state() == ("connected", master.server.history.offset)
    master.kill()
    world.run(500 * MS)
    assert state() == ("connect", -1)


def progress_of(world: RedisWorld, node: RedisNode) -> tuple[int, int, int, str]:
    info = info_of(world, node, "replication")
    assert info["master_sync_in_progress"] == "1"
    total, read, left = (
        int(info[f"master_sync_{which}_bytes"]) for which in ("total", "read", "left")
    )
    return total, read, left, info["master_sync_perc"]


def test_info_shows_the_progress_of_a_full_resynchronisation() -> None:
    """[RED-2-8] [RED-2-11] [RED-2-18]"""
    world = RedisWorld()
    machine = Machine(other_data_bytes=1_000_000, sync_bytes_per_second=250_000)
    settings = Settings(repl_diskless_sync=False)
    master, replica = world.group(1, master=settings, machine=machine, seconds=2)
    total, read, left, percent = progress_of(world, replica)
    assert total == read + left == 1_000_000
    assert 400_000 < read < 600_000
    assert percent == f"{read / 10_000:.2f}"
    assert info_of(world, master, "replication")["slave0"].split(",")[2] == "state=send_bulk"
    assert world.call(replica, "ROLE") == ("slave", "10.0.0.1", 6379, "sync", -1)


def test_nobody_knows_the_size_of_a_transfer_that_is_not_a_file() -> None:
    """What a real server (7.0.15) shows before the first byte, and then. [RED-2-11] [RED-2-18]"""
    world = RedisWorld()
    machine = Machine(other_data_bytes=1_000_000, sync_bytes_per_second=250_000)
    settings = Settings(repl_diskless_sync_delay=2)
    master, replica = world.group(1, master=settings, machine=machine, seconds=2)
    assert progress_of(world, replica) == (-1, 0, -1, "-0.00")
    world.run(2 * SECOND)
    total, read, left, percent = progress_of(world, replica)
    assert (total, left, percent) == (0, -read, "0.00")
    assert 200_000 < read < 600_000
    assert info_of(world, master, "replication")["slave0"].split(",")[2] == "state=wait_bgsave"


def test_role_of_master_and_replica() -> None:
    """[RED-1-10] [RED-3-1] [RED-3-2]"""
    world = RedisWorld()
    master, replica = world.group(1)
    world.call(master, "SET", "k", "v")
    world.run(2 * SECOND)
    offset = master.server.history.offset
    assert offset > 0
    assert world.call(master, "ROLE") == (
        "master",
        offset,
        (("10.0.0.2", "6379", str(offset)),),
    )
    assert world.call(replica, "ROLE") == ("slave", "10.0.0.1", 6379, "connected", offset)


def test_refusals_are_counted_by_their_first_word() -> None:
    world = RedisWorld()
    _, replica = world.group(1)
    world.call(replica, "SET", "k", "v")
    world.call(replica, "SET", "k", "v")
    assert info_of(world, replica, "errorstats") == {"errorstat_READONLY": "count=2"}
