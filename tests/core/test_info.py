"""INFO replies: what is read from which line, replicas found, roles noted."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Effect
from minisentinel.core.state import Role
from minisentinel.replies import Error, Reply, Status
from tests.core.bench import NOW, Bench, commands, conf, events, runid, saves
from tests.support.facts import FakeFacts


def told(bench: Bench, server: str, *lines: str) -> list[Effect]:
    """`server` answers an INFO with these lines."""
    return tell(bench, server, "".join(f"{line}\r\n" for line in lines))


def tell(bench: Bench, server: str, reply: Reply) -> list[Effect]:
    connection = bench.connection(server)
    while bench.outgoing[connection].queued[0] != ("INFO",):
        bench.receive(connection, Status("OK"))
    return bench.receive(connection, reply)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.tick()
    bench.establish()
    return bench


# --- reading ---


def test_every_line_of_a_replica_is_stored(bench: Bench) -> None:
    """[MON-9.1-1] [MON-9.1-5] [MON-9.1-6] [MON-9.1-7] [MON-9.1-8] [MON-9.1-9] [MON-9.1-10]
    [MON-9.1-11]"""
    lines = [
        "# Replication",
        f"run_id:{runid('cafe')}",
        "role:slave",
        "master_host:10.0.0.1",
        "master_port:6379",
        "master_link_status:up",
        "slave_priority:7",
        "slave_repl_offset:12345",
        "replica_announced:0",
    ]
    told(bench, "redis-2", *lines)
    replica = bench.replica("redis-2")
    assert replica.runid == runid("cafe")
    assert (replica.reported_master_host, replica.reported_master_port) == ("10.0.0.1", 6379)
    assert (replica.master_link_up, replica.priority, replica.announced) == (True, 7, 0)
    assert replica.repl_offset == 12345
    assert replica.info_refresh == bench.now
    assert replica.info == "".join(f"{line}\r\n" for line in lines)


def test_replication_lines_before_the_role_are_not_read(bench: Bench) -> None:
    """[MON-9-1]"""
    told(bench, "redis-2", "slave_priority:7", "role:slave", "slave_repl_offset:5")
    assert bench.replica("redis-2").priority == 100
    assert bench.replica("redis-2").repl_offset == 5


def test_replication_lines_of_a_server_that_reports_master_are_not_read(bench: Bench) -> None:
    """[MON-9.1-4]"""
    told(bench, "redis-2", "role:master", "slave_priority:7", "slave_repl_offset:5")
    assert (bench.replica("redis-2").priority, bench.replica("redis-2").repl_offset) == (100, 0)


def test_a_field_that_is_not_told_keeps_its_value_except_the_link_down_time(bench: Bench) -> None:
    """[MON-9-1] [MON-9.1-3]"""
    told(
        bench,
        "redis-2",
        "role:slave",
        "slave_priority:7",
        "master_link_down_since_seconds:12",
    )
    assert bench.replica("redis-2").master_link_down_time == 12_000
    bench.tick(1100)
    told(bench, "redis-2", "role:slave")
    assert bench.replica("redis-2").master_link_down_time == 0
    assert bench.replica("redis-2").priority == 7


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ("master_link_down_since_seconds:-1", "master_link_down_time", -1000),
        ("master_link_down_since_seconds:", "master_link_down_time", 0),
        ("slave_priority:12abc", "priority", 12),
        ("slave_priority:abc", "priority", 0),
        ("slave_priority: 8", "priority", 8),
        ("slave_repl_offset:18446744073709551615", "repl_offset", 2**64 - 1),
        ("slave_repl_offset:99999999999999999999999", "repl_offset", 2**64 - 1),
        ("slave_repl_offset:-1", "repl_offset", 2**64 - 1),
        ("slave_repl_offset:" + "9" * 5000, "repl_offset", 2**64 - 1),
        ("master_link_status:UP", "master_link_up", True),
        ("master_link_status:upward", "master_link_up", False),
        ("master_link_status:", "master_link_up", False),
        ("master_port:x", "reported_master_port", 0),
    ],
)
def test_numbers_are_read_leniently(bench: Bench, line: str, attribute: str, value: object) -> None:
    """[MON-9.1-12] [MON-9.2-1]"""
    told(bench, "redis-2", "role:slave", line)
    assert getattr(bench.replica("redis-2"), attribute) == value


@pytest.mark.parametrize("reply", [None, 1, Status("OK"), Error("LOADING x"), ("role:master",)])
def test_only_text_is_read(bench: Bench, reply: Reply) -> None:
    """[MON-9-1]"""
    assert not events(tell(bench, "redis-2", reply))
    assert bench.replica("redis-2").info_refresh == 0


def test_lines_end_with_carriage_return_and_line_feed_only(bench: Bench) -> None:
    """[MON-9-1]"""
    tell(bench, "redis-2", "role:slave\nslave_priority:7\r\nslave_repl_offset:3")
    assert (bench.replica("redis-2").priority, bench.replica("redis-2").repl_offset) == (100, 3)


@pytest.mark.parametrize("line", ["run_id:short", "run_id:" + "a" * 39])
def test_a_run_id_that_is_too_short_is_ignored(bench: Bench, line: str) -> None:
    """[MON-9.1-1]"""
    told(bench, "redis-2", line)
    assert bench.replica("redis-2").runid == ""


def test_only_forty_characters_of_a_run_id_count(bench: Bench) -> None:
    """[MON-9.1-1]"""
    told(bench, "redis-2", "run_id:" + "a" * 45)
    assert bench.replica("redis-2").runid == "a" * 40


def test_another_run_id_is_a_reboot_and_the_first_is_not(bench: Bench) -> None:
    """[MON-9.1-1] [EVT-3-9]"""
    assert not events(told(bench, "redis-2", f"run_id:{runid('a')}", "role:slave"))
    bench.tick(1)
    bench.master().reboot_down_after = 100
    bench.tick(10_100)
    effects = told(bench, "redis-2", f"run_id:{runid('b')}", "role:slave")
    assert events(effects) == ["+reboot slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"]


@pytest.mark.parametrize("period", [0, 500])
def test_a_reboot_of_a_master_is_remembered_only_if_its_period_is_set(period: int) -> None:
    """[MON-9.1-1]"""
    bench = Bench(conf(f"sentinel master-reboot-down-after-period mymaster {period}"))
    bench.tick()
    bench.establish()
    told(bench, "redis-1", f"run_id:{runid('a')}", "role:master")
    bench.tick(10_100)
    told(bench, "redis-1", f"run_id:{runid('b')}", "role:master")
    assert bench.master().rebooted is bool(period)
    assert bench.master().rebooted_since == (bench.now if period else 0)


# --- replicas found ---


@pytest.mark.parametrize(
    "line",
    [
        "slave0:ip=10.0.0.9,port=6379,state=online,offset=1,lag=0",
        "slave7:ip=10.0.0.9,port=6379,state=wait_bgsave,offset=0,lag=0",
        "slave0:port=6379,ip=10.0.0.9",
        "slave0:10.0.0.9,6379,online",
        "slave12:10.0.0.9,6379,send_bulk",
    ],
)
def test_a_replica_is_found_in_both_forms_of_the_line(bench: Bench, line: str) -> None:
    """[MON-9.1-2] [MON-9.3-1] [EVT-3-5]"""
    effects = told(bench, "redis-1", "role:master", line)
    assert events(effects) == ["+slave slave 10.0.0.9:6379 10.0.0.9 6379 @ mymaster 10.0.0.1 6379"]
    assert ("10.0.0.9", 6379) in saves(effects)[0].masters[0].replicas


@pytest.mark.parametrize(
    "line",
    [
        "slave0:10.0.0.9,6379",
        "slave0:ip=10.0.0.9,state=online",
        "slave0:ip=10.0.0.9",
        "slave0:port=6379,state=online",
        "slave0:ip=nonsense,port=6379,state=online",
        "slave0:ip=10.0.0.9,port=65536,state=online",
        "slave0:ip=10.0.0.9,port=-1,state=online",
        "slave0:",
        "slave0",
        "slaves0:ip=10.0.0.9,port=6379",
        "slave٣:ip=10.0.0.9,port=6379,state=online",
        "slave0:ip=10.0.0.2,port=6379,state=online",
    ],
)
def test_a_line_that_lacks_something_or_tells_nothing_new_is_skipped(
    bench: Bench, line: str
) -> None:
    """[MON-9.3-1]"""
    effects = told(bench, "redis-1", "role:master", line)
    assert not events(effects)
    assert not saves(effects)
    assert len(bench.master().replicas) == 2


def test_replicas_are_found_whatever_role_the_master_reports(bench: Bench) -> None:
    """[MON-9.1-2]"""
    effects = told(bench, "redis-1", "slave0:ip=10.0.0.9,port=6379,state=online", "role:slave")
    assert len(events(effects, "+slave")) == 1


def test_replicas_of_a_replica_are_not_ours(bench: Bench) -> None:
    """[MON-9.1-2]"""
    told(bench, "redis-2", "role:slave", "slave0:ip=10.0.0.9,port=6379,state=online")
    assert len(bench.master().replicas) == 2


def test_a_replica_that_vanishes_from_info_is_kept(bench: Bench) -> None:
    """[MON-9.3-1]"""
    told(bench, "redis-1", "role:master")
    assert len(bench.master().replicas) == 2


def test_an_ipv6_replica_is_named_with_brackets(bench: Bench) -> None:
    """[MON-1.4-1] [EVT-2-2]"""
    effects = told(bench, "redis-1", "role:master", "slave0:ip=fd00::5,port=6380,state=online")
    assert events(effects) == ["+slave slave [fd00::5]:6380 fd00::5 6380 @ mymaster 10.0.0.1 6379"]


def test_a_replica_whose_name_means_nothing_is_added_once_and_waits_for_its_address() -> None:
    """[MON-1.2-3] [MON-9.3-1]: the look-up wants an address, the creation does not."""
    facts = FakeFacts({"one": "10.0.0.1"})
    bench = Bench(
        "port 26379\nsentinel resolve-hostnames yes\nsentinel announce-hostnames yes\n"
        "sentinel monitor mymaster one 6379 2\n",
        facts=facts,
    )
    bench.tick()
    bench.establish()
    line = "slave0:ip=two,port=6379,state=online"
    assert events(told(bench, "redis-1", "role:master", line)) == [
        "+slave slave two:6379 two 6379 @ mymaster one 6379"
    ]
    bench.tick(10_100)
    assert not events(told(bench, "redis-1", "role:master", line))
    facts.names["two"] = "10.0.0.2"
    bench.tick(1100)
    assert bench.master().replicas["two:6379"].address.ip == "10.0.0.2"
    assert bench.connection("redis-2")


# --- roles ---


def test_a_change_of_role_is_told_once_and_timed(bench: Bench) -> None:
    """[MON-9.4-1] [EVT-3-10] [EVT-3-11]"""
    what = "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"
    assert events(told(bench, "redis-2", "role:master")) == [
        f"-role-change {what} new reported role is master"
    ]
    assert bench.replica("redis-2").role_reported_time == bench.now
    changed = bench.now
    bench.tick(10_100)
    assert not events(told(bench, "redis-2", "role:master"), "-role-change")
    assert bench.replica("redis-2").role_reported_time == changed
    bench.tick(10_100)
    assert events(told(bench, "redis-2", "role:slave"), "+role-change") == [
        f"+role-change {what} new reported role is slave"
    ]
    assert bench.replica("redis-2").config_change_time == bench.now


def test_a_reply_without_a_role_counts_as_another_role(bench: Bench) -> None:
    """[MON-9.4-1]"""
    assert events(told(bench, "redis-1", "nothing:else")) == [
        "-role-change master mymaster 10.0.0.1 6379 new reported role is slave"
    ]
    assert bench.master().role_reported is Role.UNKNOWN


def test_the_same_master_host_in_other_letters_is_no_change(bench: Bench) -> None:
    """[MON-9.1-5]"""
    told(bench, "redis-2", "role:slave", "master_host:Example")
    bench.tick(10_100)
    told(bench, "redis-2", "role:slave", "master_host:EXAMPLE")
    assert bench.replica("redis-2").config_change_time == NOW + 100
    bench.tick(10_100)
    told(bench, "redis-2", "role:slave", "master_host:other")
    assert bench.replica("redis-2").config_change_time == bench.now


def test_another_master_port_is_a_change(bench: Bench) -> None:
    """[MON-9.1-6]"""
    told(bench, "redis-2", "role:slave", "master_host:a", "master_port:1")
    bench.tick(10_100)
    told(bench, "redis-2", "role:slave", "master_host:a", "master_port:1")
    assert bench.replica("redis-2").config_change_time == NOW + 100
    bench.tick(10_100)
    told(bench, "redis-2", "role:slave", "master_host:a", "master_port:2")
    assert bench.replica("redis-2").config_change_time == bench.now


def test_in_tilt_lines_are_read_and_nothing_is_done(bench: Bench) -> None:
    """[MON-9.4-2] [MON-8-6]"""
    bench.run(12_000)
    bench.servers["redis-3"].role = "master"
    bench.run(11_000)
    bench.tick(2001)
    bench.establish()
    assert bench.state.tilt
    before = len(bench.done)
    bench.run(11_000)
    assert not events(bench.done[before:], "+convert-to-slave")
    assert ("SLAVEOF", "10.0.0.1", "6379") not in commands(bench.done)
    assert bench.replica("redis-3").role_reported is Role.MASTER
    bench.run(31_000)
    assert events(bench.done[before:], "+convert-to-slave")
