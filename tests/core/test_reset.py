"""Switch and reset: what is forgotten and what is kept."""

from __future__ import annotations

import dataclasses

import pytest

from minisentinel.core.instances import DuplicateInstance, create_master
from minisentinel.core.reconfiguration import change_address, reset_master
from minisentinel.core.state import FailoverState, Master, Role
from tests.core.bench import NOW, Bench, conf, events, runid, saves, sentinel_id

FORGOTTEN = {
    "subjectively_down": False,
    "objectively_down": False,
    "script_kill_sent": False,
    "rebooted": False,
    "failover_in_progress": False,
    "force_failover": False,
    "leader": "",
    "failover_state": FailoverState.NONE,
    "failover_state_change_time": 0,
    "failover_start_time": 0,
    "promoted_replica": "",
    "runid": "",
    "role_reported": Role.MASTER,
}
KEPT = {
    "config_epoch": 3,
    "leader_epoch": 4,
    "failover_epoch": 5,
    "quorum": 2,
    "failover_timeout": 10_000,
    "parallel_syncs": 7,
    "auth_user": "me",
    "auth_pass": "secret",
    "notification_script": "/n",
    "client_reconfig_script": "/c",
    "renamed_commands": {"ping": "p"},
    "info": "role:master",
    "info_refresh": NOW - 5,
    "config_change_time": NOW - 6,
    "last_pub_time": NOW - 7,
    "s_down_since": NOW - 8,
    "o_down_since": NOW - 9,
    "failover_delay_logged": 11,
    "reboot_down_after": 12,
    "down_after": 2000,
}


def used(bench: Bench) -> Master:
    """The bench's master after an eventful life."""
    bench.run(1000)
    master = bench.master()
    for name, value in KEPT.items():
        setattr(master, name, value)
    for name in FORGOTTEN:
        setattr(master, name, True if FORGOTTEN[name] is False else FORGOTTEN[name])
    master.leader, master.runid = sentinel_id(2), runid("x")
    master.failover_state, master.failover_start_time = FailoverState.WAIT_START, NOW
    master.failover_state_change_time = NOW
    master.role_reported = Role.REPLICA
    return master


def test_reset_forgets_the_present_and_keeps_epochs_settings_and_history() -> None:
    """[FAI-6.3-1] [FAI-6.3-2] [FAI-6.3-3] [FAI-6.3-4] [FAI-6.3-5] [FAI-6.3-6] [FAI-6.3-7]
    [FAI-6.3-9] [GEN-5-2] [GEN-5-3]"""
    bench = Bench()
    master = used(bench)
    ctx = bench.ctx
    reset_master(ctx, master, keep_peers=False)
    for name, value in (FORGOTTEN | KEPT).items():
        assert getattr(master, name) == value, name
    assert master.role_reported_time == bench.now
    assert not master.replicas
    assert not master.peers
    assert not events(ctx.out)
    assert not saves(ctx.out)
    assert list(bench.state.instances.values()) == [master]
    assert not bench.state.connections


def test_reset_begins_the_link_anew_except_for_the_time_of_its_last_attempt() -> None:
    """[FAI-6.3-8] [MON-3.1-8]"""
    bench = Bench()
    link = used(bench).link
    attempt = link.last_reconn_time
    bench.now += 50
    reset_master(bench.ctx, bench.master(), keep_peers=True)
    assert link.disconnected
    assert link.act_ping_time == link.last_avail_time == link.last_pong_time == bench.now
    assert (link.last_ping_time, link.last_reconn_time) == (0, attempt)
    assert (link.command, link.pubsub, link.pending_commands) == (None, None, 0)


def test_kept_peers_are_kept_whole() -> None:
    """[FAI-6.3-9] [FAI-6.3-2]"""
    bench = Bench()
    bench.run(1000)
    peer = bench.peer("sentinel-2")
    peer.master_down, peer.leader, peer.leader_epoch = True, "x", 2
    before = dataclasses.replace(peer)
    reset_master(bench.ctx, bench.master(), keep_peers=True)
    assert bench.peer("sentinel-2") is peer
    assert peer == before
    assert peer.link.command is not None


def test_sentinel_reset_announces_and_does_not_save() -> None:
    """[FAI-6.3-10] [EVT-3-4] [CFG-5-13]"""
    bench = Bench()
    before = len(bench.done)
    assert bench.command("SENTINEL", "RESET", "mymaster") == 1
    assert events(bench.done[before:]) == ["+reset-master master mymaster 10.0.0.1 6379"]
    assert not saves(bench.done[before:])


def test_a_new_address_makes_the_old_master_a_replica_and_all_replicas_new() -> None:
    """[FAI-6.2-2] [FAI-6.2-3] [FAI-6.2-4] [FAI-6.2-5] [FAI-6.2-6] [MON-1.3-20]"""
    bench = Bench()
    master = used(bench)
    bench.replica("redis-3").priority = 5
    old = {replica.serial for replica in master.replicas.values()}
    ctx = bench.ctx
    change_address(ctx, master, bench.replica("redis-2").address)
    assert set(master.replicas) == {"10.0.0.1:6379", "10.0.0.3:6379"}
    assert not old & {replica.serial for replica in master.replicas.values()}
    replica = bench.replica("redis-3")
    assert (replica.priority, replica.repl_offset, replica.runid) == (100, 0, "")
    assert (replica.info_refresh, replica.link.last_reconn_time) == (0, 0)
    assert (master.s_down_since, master.o_down_since) == (0, 0)
    assert len(events(ctx.out, "+slave")) == 2
    assert type(ctx.out[-1]).__name__ == "Save"


def test_a_change_to_the_same_address_adds_nobody() -> None:
    """[FAI-6.2-2]"""
    bench = Bench()
    change_address(bench.ctx, bench.master(), bench.master().address)
    assert set(bench.master().replicas) == {"10.0.0.2:6379", "10.0.0.3:6379"}


def test_the_new_address_waits_for_the_ping_period_and_new_replicas_do_not() -> None:
    """[FAI-6.3-8] [MON-3.1-8]"""
    bench = Bench()
    bench.run(100)
    bench.tick(500)
    bench.hello("sentinel-2", config_epoch=1, master="redis-2")
    opened = [e for e in bench.tick(100) if type(e).__name__ == "Open"]
    assert {e.host for e in opened} == {"10.0.0.1", "10.0.0.3"}  # type: ignore[union-attr]
    opened = [e for e in bench.tick(400) if type(e).__name__ == "Open"]
    assert {e.host for e in opened} == {"10.0.0.2"}  # type: ignore[union-attr]


def test_answers_still_on_their_way_to_a_destroyed_instance_are_ignored() -> None:
    """[MON-1.3-33]"""
    bench = Bench()
    bench.tick()
    bench.establish()
    connection = bench.connection("redis-3")
    bench.command("SENTINEL", "RESET", "*")
    assert not bench.sentinel.received(bench.now, connection, "role:master\r\n")
    assert not bench.sentinel.connected(bench.now, connection, "10.0.1.1")
    assert not bench.sentinel.lost(bench.now, connection)


def test_names_of_masters_are_unique() -> None:
    """[MON-1.3-2] [MON-1.1-3]: upper and lower case differ."""
    bench = Bench()
    address = bench.master().address
    create_master(bench.state, "MyMaster", address, 1, NOW)
    with pytest.raises(DuplicateInstance):
        create_master(bench.state, "mymaster", address, 1, NOW)


def test_a_fresh_master_has_the_values_of_creation() -> None:
    """[MON-1.3-1] [MON-1.3-5] [MON-1.3-8] [MON-1.3-12] [MON-1.3-13] [MON-1.3-14] [MON-1.3-16]
    [MON-1.3-17] [MON-1.3-26] [MON-1.3-27] [MON-1.3-28] [MON-1.3-29] [GEN-3-5] [GEN-3-6]
    [GEN-3-14] [GEN-3-15] [GEN-3-16]"""
    bench = Bench(conf("sentinel monitor other 10.0.0.7 6379 4"))
    other = bench.master("other")
    assert (other.down_after, other.failover_timeout, other.parallel_syncs) == (30_000, 180_000, 1)
    assert (other.quorum, other.reboot_down_after, other.info_refresh) == (4, 0, 0)
    assert (other.role_reported, other.role_reported_time) == (Role.MASTER, NOW)
    assert (other.last_pub_time, other.link.act_ping_time) == (NOW, NOW)
    assert other.link.disconnected
    assert other.failover_state is FailoverState.NONE
