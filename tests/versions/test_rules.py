"""The old rules on their boundaries (spec: sentinel-2.6)."""

from __future__ import annotations

import pytest

from minisentinel.core import Dice, Timing
from sim.versions.redis_2_6.rules import (
    OldElection,
    OldFailover,
    OldHello,
    OldMonitoring,
    OldSelection,
)
from tests.versions.bench import NOW, OldBench, info, runid

MONITORING, HELLO, ELECTION = OldMonitoring(), OldHello(), OldElection()
SELECTION, FAILOVER = OldSelection(), OldFailover()
TIMING = Timing()
REPLICA = "10.0.0.2:6379"


@pytest.fixture
def settled(bench: OldBench) -> OldBench:
    """A bench that knows a replica and two peers."""
    bench.infos[REPLICA] = info("slave", run="b", follows="10.0.0.1:6379")
    bench.infos["10.0.0.1:6379"] = info(replicas=(REPLICA,))
    bench.run(1)
    bench.meet("10.0.1.2:26379", "2")
    bench.meet("10.0.1.3:26379", "3")
    bench.run(1)
    return bench


@pytest.mark.parametrize(("age_ms", "due"), [(1000, False), (1001, True)])
def test_a_ping_is_due_a_period_after_the_last_answer_whatever_was_sent(
    settled: OldBench, age_ms: int, due: bool
) -> None:
    """[OLD-4-2]"""
    link = settled.master.link
    link.last_pong_time, link.last_ping_time = NOW - age_ms, NOW - 1
    assert MONITORING.should_send_ping(settled.master, NOW, TIMING) is due


@pytest.mark.parametrize(("age_ms", "down"), [(5000, False), (5001, True)])
def test_down_is_who_gave_no_good_answer_for_longer_than_down_after(
    settled: OldBench, age_ms: int, down: bool
) -> None:
    """[OLD-6-1]"""
    master = settled.master
    master.link.last_avail_time, master.link.act_ping_time = NOW - age_ms, 0
    silence_ms = MONITORING.silence_ms(master, NOW)
    assert MONITORING.is_subjectively_down(master, silence_ms, NOW, TIMING) is down


@pytest.mark.parametrize(
    ("opened_ms", "pong_ms", "closes"),
    [(15_001, 2501, True), (15_000, 2501, False), (15_001, 2500, False)],
)
def test_an_old_connection_without_answers_is_closed_with_no_ping_pending(
    settled: OldBench, opened_ms: int, pong_ms: int, closes: bool
) -> None:
    """[OLD-6-2]"""
    link = settled.master.link
    assert link.command is not None
    link.command.opened_ms, link.last_pong_time = NOW - opened_ms, NOW - pong_ms
    link.act_ping_time = 0
    assert MONITORING.should_close_command(settled.master, NOW, TIMING) is closes


@pytest.mark.parametrize(("age_ms", "due"), [(5000, False), (5001, True)])
def test_hello_goes_to_masters_only(settled: OldBench, age_ms: int, due: bool) -> None:
    """[OLD-4-3] [OLD-2-1]"""
    replica = settled.replica(REPLICA)
    for instance in (settled.master, replica):
        instance.last_pub_time = NOW - age_ms
    assert HELLO.should_publish(settled.master, NOW, TIMING) is due
    assert not HELLO.should_publish(replica, NOW, TIMING)


def test_info_of_a_replica_is_hastened_by_trouble_of_its_master_and_not_by_its_own(
    settled: OldBench,
) -> None:
    """[OLD-4-1]"""
    master, replica = settled.master, settled.replica(REPLICA)
    replica.master_link_down_time = 1000
    assert MONITORING.info_period(master, replica, TIMING) == 10_000
    master.objectively_down = True
    assert MONITORING.info_period(master, replica, TIMING) == 1000
    assert MONITORING.info_period(master, master, TIMING) == 10_000


@pytest.mark.parametrize(("age_ms", "stale"), [(5000, False), (5001, True)])
def test_an_opinion_lives_five_seconds(settled: OldBench, age_ms: int, stale: bool) -> None:
    """[OLD-7-2] [OLD-2-3]"""
    peer = settled.peer("10.0.1.2:26379")
    peer.last_master_down_reply_time = NOW - age_ms
    assert ELECTION.is_stale(peer, NOW, TIMING) is stale


@pytest.mark.parametrize(("age_ms", "asks"), [(999, False), (1000, True)])
def test_peers_are_asked_once_a_second_also_while_a_failover_goes_on(
    settled: OldBench, age_ms: int, asks: bool
) -> None:
    """[OLD-7-1]"""
    master, peer = settled.master, settled.peer("10.0.1.2:26379")
    peer.last_master_down_reply_time = NOW - age_ms
    assert not ELECTION.should_ask(master, peer, False, NOW, TIMING)
    master.failover_in_progress = True
    assert ELECTION.should_ask(master, peer, False, NOW, TIMING) is asks
    assert ELECTION.should_ask(master, peer, True, NOW, TIMING) is asks


@pytest.mark.parametrize(("age_ms", "may"), [(5000, True), (5001, False)])
def test_a_leader_must_have_answered_within_five_seconds(
    settled: OldBench, age_ms: int, may: bool
) -> None:
    """[OLD-8-1] [OLD-2-3]"""
    peer = settled.peer("10.0.1.2:26379")
    peer.link.last_avail_time = NOW - age_ms
    assert ELECTION.may_lead(peer, True, NOW) is may
    assert not ELECTION.may_lead(peer, False, NOW)


def test_the_start_waits_for_five_to_fifteen_seconds() -> None:
    """[OLD-9-4] [OLD-2-4]"""
    dice = Dice(1)
    delays = [ELECTION.start_delay_ms(dice) for _ in range(20_000)]
    assert 5000 <= min(delays) < 5010
    assert 14_990 < max(delays) <= 14_999


@pytest.mark.parametrize(("age_ms", "over"), [(224_999, False), (225_000, True)])
def test_a_quarter_of_failover_timeout_lets_an_observer_take_over(
    settled: OldBench, age_ms: int, over: bool
) -> None:
    """[OLD-9-2] [OLD-2-9]"""
    settled.master.failover_state_change_time = NOW - age_ms
    assert ELECTION.is_taken_over(settled.master, NOW) is over


@pytest.mark.parametrize(
    ("master_is_down", "age_ms", "excluded"),
    [(True, 5000, False), (True, 5001, True), (False, 15_000, False), (False, 15_001, True)],
)
def test_a_candidates_info_must_be_fresh(
    settled: OldBench, master_is_down: bool, age_ms: int, excluded: bool
) -> None:
    """[OLD-10-1]"""
    master, replica = settled.master, settled.replica(REPLICA)
    master.subjectively_down, master.s_down_since = master_is_down, NOW
    replica.link.last_avail_time, replica.info_refresh = NOW, NOW - age_ms
    assert bool(SELECTION.why_excluded(master, replica, NOW, TIMING)) is excluded


def test_the_offset_chooses_nobody(settled: OldBench) -> None:
    """[OLD-10-1]"""
    replica = settled.replica(REPLICA)
    before = SELECTION.preference(replica)
    replica.repl_offset = 10**9
    assert SELECTION.preference(replica) == before
    replica.runid = runid("A")
    assert SELECTION.preference(replica) < before


@pytest.mark.parametrize(("age_ms", "over"), [(29_999, False), (30_000, True)])
def test_another_replica_is_tried_after_half_a_minute(
    settled: OldBench, age_ms: int, over: bool
) -> None:
    """[OLD-11-4] [OLD-2-5]"""
    settled.master.failover_state_change_time = NOW - age_ms
    assert FAILOVER.promotion_timed_out(settled.master, NOW) is over


@pytest.mark.parametrize(("age_ms", "lost"), [(49_999, False), (50_000, True)])
def test_a_promoted_replica_is_lost_after_ten_times_down_after(
    settled: OldBench, age_ms: int, lost: bool
) -> None:
    """[OLD-11-8] [OLD-2-7]"""
    replica = settled.replica(REPLICA)
    replica.subjectively_down, replica.s_down_since = True, NOW - age_ms
    assert FAILOVER.is_lost(settled.master, replica, NOW) is lost


@pytest.mark.parametrize(("age_ms", "waits"), [(29_999, True), (30_000, False)])
def test_a_master_that_was_in_trouble_waits_before_it_demotes(
    settled: OldBench, age_ms: int, waits: bool
) -> None:
    """[OLD-12-2] [OLD-2-8]"""
    master = settled.master
    for field in ("s_down_since", "o_down_since"):
        master.s_down_since = master.o_down_since = 0
        setattr(master, field, NOW - age_ms)
        assert MONITORING.must_wait_to_demote(master, 0, NOW, TIMING) is waits
    master.s_down_since = master.o_down_since = 0
    assert MONITORING.must_wait_to_demote(master, NOW - age_ms, NOW, TIMING) is waits


@pytest.mark.parametrize(("age_ms", "may"), [(19_999, True), (20_000, False)])
def test_only_a_master_that_is_well_and_spoke_lately_demotes(
    settled: OldBench, age_ms: int, may: bool
) -> None:
    """[OLD-12-2]"""
    settled.master.info_refresh = NOW - age_ms
    assert MONITORING.may_demote(settled.master, NOW, TIMING) is may
    settled.master.subjectively_down = True
    assert not MONITORING.may_demote(settled.master, NOW, TIMING)
