"""What is kept on disk: the snapshot that goes with every save."""

from __future__ import annotations

from minisentinel.core import snapshot
from minisentinel.core.state import FailoverState
from tests.core.bench import MYID, Bench, conf, saves, sentinel_id


def test_a_snapshot_holds_the_whole_persistent_part() -> None:
    """[CFG-7-1] [CFG-7-2] [CFG-7-3] [CFG-7-4] [CFG-6.1-5] [CFG-6.1-17]"""
    bench = Bench(
        conf(
            "sentinel current-epoch 9",
            "sentinel config-epoch mymaster 3",
            "sentinel leader-epoch mymaster 4",
            "sentinel parallel-syncs mymaster 2",
            "sentinel auth-pass mymaster secret",
            "sentinel auth-user mymaster me",
            "sentinel master-reboot-down-after-period mymaster 77",
            "sentinel rename-command mymaster PING p",
            "sentinel announce-ip 192.0.2.1",
            "sentinel announce-port 7000",
            "sentinel sentinel-user su",
            "sentinel sentinel-pass sp",
        )
    )
    saved = snapshot(bench.state)
    assert (saved.myid, saved.current_epoch) == (MYID, 9)
    assert (saved.announce_ip, saved.announce_port) == ("192.0.2.1", 7000)
    assert (saved.sentinel_user, saved.sentinel_pass) == ("su", "sp")
    (master,) = saved.masters
    assert (master.name, master.host, master.port, master.quorum) == (
        "mymaster",
        "10.0.0.1",
        6379,
        2,
    )
    assert (master.down_after, master.failover_timeout, master.parallel_syncs) == (2000, 10_000, 2)
    assert (master.config_epoch, master.leader_epoch, master.reboot_down_after) == (3, 4, 77)
    assert (master.auth_user, master.auth_pass) == ("me", "secret")
    assert sorted(master.replicas) == [("10.0.0.2", 6379), ("10.0.0.3", 6379)]
    assert sorted(master.peers) == [
        ("10.0.1.2", 26379, sentinel_id(2)),
        ("10.0.1.3", 26379, sentinel_id(3)),
    ]
    assert [new for _, new in master.renamed_commands] == ["p"]


def test_values_that_equal_the_default_of_the_moment_are_not_written() -> None:
    """[CFG-6.1-6] [CFG-6.1-7] [CFG-6.1-25]"""
    bench = Bench()
    bench.state.timing.default_down_after = 2000
    (master,) = snapshot(bench.state).masters
    assert (master.down_after, master.failover_timeout) == (None, 10_000)
    bench.state.timing.default_failover_timeout = 10_000
    assert snapshot(bench.state).masters[0].failover_timeout is None


def test_from_the_promotion_on_the_new_master_is_written_and_the_old_one_as_a_replica() -> None:
    """[CFG-6.1-5] [CFG-6.1-16] [GOS-2.1-1]"""
    bench = Bench()
    master = bench.master()
    master.failover_in_progress = True
    master.promoted_replica = "10.0.0.2:6379"
    for state, host in [
        (FailoverState.WAIT_PROMOTION, "10.0.0.1"),
        (FailoverState.RECONF_REPLICAS, "10.0.0.2"),
        (FailoverState.UPDATE_CONFIG, "10.0.0.2"),
    ]:
        master.failover_state = state
        (saved,) = snapshot(bench.state).masters
        assert saved.host == host
        rest = {"10.0.0.1", "10.0.0.2", "10.0.0.3"} - {host}
        assert {replica for replica, _ in saved.replicas} == rest


def test_a_new_sentinel_chooses_its_id_and_saves_it_at_once() -> None:
    """[MON-1.1-1] [CFG-4-2] [CFG-4-3] [CFG-4-4] [CFG-5-1] [GEN-3-28] [EVT-3-1]"""
    bench = Bench("port 26379\nsentinel monitor mymaster 10.0.0.1 6379 2\n")
    myid = bench.state.myid
    assert len(myid) == 40
    assert set(myid) <= set("0123456789abcdef")
    kinds = [type(e).__name__ for e in bench.done]
    assert kinds == ["Save", "Log", "Log", "Announce"]
    assert saves(bench.done)[0].myid == myid
    bench.restart()
    assert bench.state.myid == myid


def test_peers_without_an_id_are_not_written() -> None:
    """[CFG-6.1-17]"""
    bench = Bench(conf(peers=()))
    bench.hello("sentinel-2")
    bench.peer("sentinel-2").runid = ""
    assert snapshot(bench.state).masters[0].peers == ()


def test_hosts_are_written_as_they_are_announced() -> None:
    """[CFG-6.1-24] [GOS-8-4]"""
    from tests.support.facts import FakeFacts

    text = "sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\n"
    text += "sentinel monitor mymaster one 6379 2\n"
    bench = Bench(text, facts=FakeFacts({"one": "10.0.0.1"}))
    assert snapshot(bench.state).masters[0].host == "one"
    bench.state.announce_hostnames = False
    assert snapshot(bench.state).masters[0].host == "10.0.0.1"
