"""The rules of monitoring on their boundaries."""

from __future__ import annotations

import pytest

from minisentinel.core.rules import MonitoringRules
from minisentinel.core.state import Connection, Link, Master, Purpose, Replica, Role
from minisentinel.core.timing import Timing
from tests.core.bench import NOW, Bench

RULES = MonitoringRules()
TIMING = Timing()


@pytest.fixture
def replica(bench: Bench) -> Replica:
    return bench.replica("redis-2")


@pytest.fixture
def link(master: Master) -> Link:
    return master.link


def test_ticks_come_after_one_of_ten_delays() -> None:
    """[MON-2-1] [GEN-3-20]"""
    delays = [RULES.tick_delay_ms(draw) for draw in range(10)]
    assert delays == [100, 90, 83, 76, 71, 66, 62, 58, 55, 52]


@pytest.mark.parametrize(
    ("gap_ms", "tilt"), [(-1, True), (0, False), (100, False), (2000, False), (2001, True)]
)
def test_tilt_begins_when_time_went_back_or_more_than_the_trigger_passed(
    gap_ms: int, tilt: bool
) -> None:
    """[MON-8-1]"""
    assert RULES.enters_tilt(gap_ms, TIMING) is tilt


@pytest.mark.parametrize(("age_ms", "over"), [(29_999, False), (30_000, True)])
def test_tilt_ends_when_the_period_is_reached(age_ms: int, over: bool) -> None:
    """[MON-8-2] [MON-2.1-3]"""
    assert RULES.leaves_tilt(NOW, NOW + age_ms, TIMING) is over


@pytest.mark.parametrize(("age_ms", "again"), [(999, False), (1000, True)])
def test_a_link_is_reconnected_once_per_ping_period(
    master: Master, link: Link, age_ms: int, again: bool
) -> None:
    """[MON-3.3-1]"""
    link.last_reconn_time = NOW
    assert RULES.should_reconnect(master, NOW + age_ms, TIMING) is again


def test_a_connected_link_and_one_to_port_zero_are_left_alone(bench: Bench) -> None:
    """[MON-3.3-1]"""
    master = bench.master()
    assert RULES.should_reconnect(master, NOW, TIMING)
    master.link.disconnected = False
    assert not RULES.should_reconnect(master, NOW, TIMING)
    bench.hello("sentinel-4", at=("10.0.1.4", 0))
    assert not RULES.should_reconnect(bench.peer("sentinel-4"), NOW, TIMING)


@pytest.mark.parametrize(
    ("pending", "users", "congested"),
    [(99, 1, False), (100, 1, True), (199, 2, False), (200, 2, True)],
)
def test_a_hundred_unanswered_commands_per_instance_are_too_many(
    link: Link, pending: int, users: int, congested: bool
) -> None:
    """[MON-4-1] [GEN-3-24]"""
    link.pending_commands, link.users = pending, list(range(users))
    assert RULES.is_congested(link) is congested


@pytest.mark.parametrize("trouble", ["objectively_down", "failover_in_progress"])
def test_info_to_replicas_is_fast_while_their_master_is_in_trouble(
    master: Master, replica: Replica, trouble: str
) -> None:
    """[MON-4.1-2] [MON-4.1-3] [MON-4.1-5]"""
    assert RULES.info_period(master, replica, TIMING) == 10_000
    setattr(master, trouble, True)
    assert RULES.info_period(master, replica, TIMING) == 1_000
    assert RULES.info_period(master, master, TIMING) == 10_000


@pytest.mark.parametrize(("down_ms", "period"), [(0, 10_000), (1, 1_000), (-1000, 1_000)])
def test_info_to_a_replica_with_a_broken_link_is_fast(
    master: Master, replica: Replica, down_ms: int, period: int
) -> None:
    """[MON-4.1-4] [MON-9.2-1]"""
    replica.master_link_down_time = down_ms
    assert RULES.info_period(master, replica, TIMING) == period


@pytest.mark.parametrize(
    ("refreshed", "due"), [(0, True), (NOW - 10_000, False), (NOW - 10_001, True)]
)
def test_info_is_due_when_never_answered_or_older_than_the_period(
    master: Master, refreshed: int, due: bool
) -> None:
    """[MON-4.1-1]"""
    master.info_refresh = refreshed
    assert RULES.should_send_info(master, 10_000, NOW) is due


@pytest.mark.parametrize(
    ("down_after", "pong_age", "ping_age", "due"),
    [
        (2000, 1000, 501, False),
        (2000, 1001, 500, False),
        (2000, 1001, 501, True),
        (300, 300, 151, False),
        (300, 301, 150, False),
        (300, 301, 151, True),
        (301, 302, 151, True),
    ],
)
def test_ping_is_due_after_a_period_of_silence_and_half_a_period_since_the_last(
    master: Master, down_after: int, pong_age: int, ping_age: int, due: bool
) -> None:
    """[MON-4.2-1]"""
    master.down_after = down_after
    master.link.last_pong_time = NOW - pong_age
    master.link.last_ping_time = NOW - ping_age
    assert RULES.should_send_ping(master, NOW, TIMING) is due


@pytest.mark.parametrize(
    ("text", "acceptable"),
    [
        ("PONG", True),
        ("LOADING Redis is loading the dataset in memory", True),
        ("MASTERDOWN Link with MASTER is down", True),
        ("BUSY Redis is busy running a script", False),
        ("NOAUTH Authentication required.", False),
        ("MISCONF Errors writing to the AOF file", False),
        ("ERR unknown command", False),
        ("pong", False),
        ("", False),
    ],
)
def test_three_answers_to_ping_show_a_live_server(text: str, acceptable: bool) -> None:
    """[MON-5-2] [MON-5-3] [MON-5-4] [MON-5-6]"""
    assert RULES.is_acceptable(text) is acceptable


def test_silence_is_counted_from_the_unanswered_ping_or_else_from_the_last_good_answer(
    master: Master, link: Link
) -> None:
    """[MON-6.2-1]"""
    link.act_ping_time, link.last_avail_time = NOW - 50, NOW - 700
    assert RULES.silence_ms(master, NOW) == 50
    link.act_ping_time = 0
    assert RULES.silence_ms(master, NOW) == 700
    link.disconnected = False
    assert RULES.silence_ms(master, NOW) == 0


@pytest.mark.parametrize(("silence_ms", "down"), [(2000, False), (2001, True)])
def test_down_when_silent_for_longer_than_down_after(
    master: Master, replica: Replica, silence_ms: int, down: bool
) -> None:
    """[MON-6.2-2] [MON-6.2-7]"""
    for instance in (master, replica):
        assert RULES.is_subjectively_down(instance, silence_ms, NOW, TIMING) is down


@pytest.mark.parametrize(("age_ms", "down"), [(22_000, False), (22_001, True)])
def test_a_master_that_reports_to_be_a_replica_is_down_after_a_while(
    master: Master, age_ms: int, down: bool
) -> None:
    """[MON-6.2-3]"""
    master.role_reported, master.role_reported_time = Role.REPLICA, NOW - age_ms
    assert RULES.is_subjectively_down(master, 0, NOW, TIMING) is down


def test_a_replica_that_reports_to_be_a_replica_is_never_down_for_it(replica: Replica) -> None:
    """[MON-6.2-3]"""
    replica.role_reported_time = NOW - 10**9
    assert not RULES.is_subjectively_down(replica, 0, NOW, TIMING)


@pytest.mark.parametrize(("age_ms", "down"), [(500, False), (501, True)])
def test_a_rebooted_master_is_down_after_its_own_period(
    master: Master, age_ms: int, down: bool
) -> None:
    """[MON-6.2-4]"""
    master.reboot_down_after, master.rebooted_since = 500, NOW - age_ms
    assert not RULES.is_subjectively_down(master, 0, NOW, TIMING)
    master.rebooted = True
    assert RULES.is_subjectively_down(master, 0, NOW, TIMING) is down


SUSPICIOUS = {"opened_ms": 15_001, "act_ping_time": 1001, "last_pong_time": 1001}


@pytest.mark.parametrize(
    ("ages", "close"),
    [
        ({}, True),
        ({"opened_ms": 15_000}, False),
        ({"act_ping_time": 1000}, False),
        ({"last_pong_time": 1000}, False),
    ],
)
def test_a_command_connection_is_closed_when_all_three_signs_say_dead(
    master: Master, link: Link, ages: dict[str, int], close: bool
) -> None:
    """[MON-6.1-1]"""
    ages = SUSPICIOUS | ages
    link.command = Connection(1, Purpose.COMMAND, NOW - ages["opened_ms"])
    link.act_ping_time = NOW - ages["act_ping_time"]
    link.last_pong_time = NOW - ages["last_pong_time"]
    assert RULES.should_close_command(master, NOW, TIMING) is close
    link.act_ping_time = 0
    assert not RULES.should_close_command(master, NOW, TIMING)


@pytest.mark.parametrize(
    ("opened", "silent", "close"),
    [(15_001, 6001, True), (15_000, 6001, False), (15_001, 6000, False)],
)
def test_a_pubsub_connection_is_closed_after_three_periods_of_silence(
    link: Link, opened: int, silent: int, close: bool
) -> None:
    """[MON-6.1-2]"""
    assert not RULES.should_close_pubsub(link, NOW, TIMING)
    link.pubsub = Connection(1, Purpose.PUBSUB, NOW - opened)
    link.pubsub_last_activity = NOW - silent
    assert RULES.should_close_pubsub(link, NOW, TIMING) is close


@pytest.mark.parametrize(
    ("down", "reporters", "quorum", "objectively"),
    [(True, 1, 2, True), (True, 0, 2, False), (True, 0, 1, True), (False, 2, 1, False)],
)
def test_objectively_down_is_down_here_and_at_least_quorum_in_all(
    master: Master, down: bool, reporters: int, quorum: int, objectively: bool
) -> None:
    """[MON-7-1] [MON-7-4]: whether a reporter is down itself does not matter."""
    master.subjectively_down, master.quorum = down, quorum
    for peer in list(master.peers.values())[:reporters]:
        peer.master_down = peer.subjectively_down = True
    assert RULES.is_objectively_down(master) is objectively


def test_a_master_is_sane_when_it_is_one_and_up_and_known_freshly(master: Master) -> None:
    """[MON-9.6-3]"""
    master.info_refresh = NOW - 19_999
    assert RULES.is_sane(master, NOW, TIMING)
    master.info_refresh = NOW - 20_000
    assert not RULES.is_sane(master, NOW, TIMING)
    master.info_refresh = NOW
    for field, value in [
        ("role_reported", Role.REPLICA),
        ("subjectively_down", True),
        ("objectively_down", True),
    ]:
        before = getattr(master, field)
        setattr(master, field, value)
        assert not RULES.is_sane(master, NOW, TIMING)
        setattr(master, field, before)


@pytest.mark.parametrize(
    ("since", "quiet"), [(0, True), (NOW - 8000, False), (NOW - 8001, True), (NOW, False)]
)
def test_a_down_event_counts_from_its_beginning(replica: Replica, since: int, quiet: bool) -> None:
    """[MON-9.6-4]"""
    replica.s_down_since = since
    assert RULES.no_down_event_for(replica, 8000, NOW) is quiet


@pytest.mark.parametrize(("age_ms", "demote"), [(8000, False), (8001, True)])
def test_a_stray_master_is_demoted_after_four_publish_periods(
    master: Master, replica: Replica, age_ms: int, demote: bool
) -> None:
    """[MON-9.6-2]"""
    master.info_refresh = NOW
    replica.role_reported, replica.role_reported_time = Role.MASTER, NOW - age_ms
    assert RULES.should_demote(master, replica, NOW, TIMING) is demote
    replica.promoted = True
    assert not RULES.should_demote(master, replica, NOW, TIMING)


@pytest.mark.parametrize(("age_ms", "repoint"), [(10_000, False), (10_001, True)])
def test_a_replica_of_another_master_is_corrected_after_failover_timeout(
    master: Master, replica: Replica, age_ms: int, repoint: bool
) -> None:
    """[MON-9.7-1]"""
    master.info_refresh = NOW
    replica.config_change_time = NOW - age_ms
    assert RULES.should_repoint(master, replica, NOW, TIMING) is repoint
    replica.s_down_since = NOW - 10_000
    assert not RULES.should_repoint(master, replica, NOW, TIMING)
