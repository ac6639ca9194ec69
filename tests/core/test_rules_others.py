"""The rules of hello, election, selection and failover on their boundaries."""

from __future__ import annotations

import pytest

from minisentinel.core import Dice, State, Timing
from minisentinel.core.rules import ElectionRules, FailoverRules, HelloRules, SelectionRules
from minisentinel.core.state import Master, Replica
from tests.core.bench import NOW, Bench, runid

HELLO, ELECTION = HelloRules(), ElectionRules()
SELECTION, FAILOVER = SelectionRules(), FailoverRules()
TIMING = Timing()


@pytest.fixture
def replica(bench: Bench) -> Replica:
    """A replica that nothing excludes."""
    replica = bench.replica("redis-2")
    replica.link.disconnected = False
    replica.info_refresh = NOW
    return replica


# --- hello ---


@pytest.mark.parametrize(("age_ms", "due"), [(2000, False), (2001, True)])
def test_a_hello_is_due_when_the_last_success_is_older_than_a_period(
    master: Master, age_ms: int, due: bool
) -> None:
    """[MON-4.3-1]"""
    master.last_pub_time = NOW - age_ms
    assert HELLO.should_publish(master, NOW, TIMING) is due


def test_only_a_greater_epoch_is_news(master: Master) -> None:
    """[GOS-6-5] [GOS-6-6] [GOS-6.2-6]"""
    assert HELLO.is_newer_epoch(4, 3)
    assert not HELLO.is_newer_epoch(3, 3)
    master.config_epoch = 3
    assert HELLO.is_newer_configuration(master, 4)
    assert not HELLO.is_newer_configuration(master, 3)
    assert not HELLO.is_newer_configuration(master, 2)


# --- election ---


@pytest.mark.parametrize(("age_ms", "stale"), [(5000, False), (5001, True)])
def test_an_opinion_is_forgotten_after_five_ask_periods(
    bench: Bench, age_ms: int, stale: bool
) -> None:
    """[ELE-2-2] [GEN-3-32]"""
    peer = bench.peer("sentinel-2")
    peer.last_master_down_reply_time = NOW - age_ms
    assert ELECTION.is_stale(peer, NOW, TIMING) is stale


@pytest.mark.parametrize(
    ("down", "disconnected", "forced", "age_ms", "ask"),
    [
        (True, False, False, 1000, True),
        (True, False, False, 999, False),
        (True, False, True, 0, True),
        (False, False, True, 9999, False),
        (True, True, True, 9999, False),
    ],
)
def test_a_peer_is_asked_about_a_master_that_is_down_once_a_period(
    bench: Bench, down: bool, disconnected: bool, forced: bool, age_ms: int, ask: bool
) -> None:
    """[ELE-2-3] [ELE-2-4] [ELE-2-5] [ELE-2-6]"""
    master, peer = bench.master(), bench.peer("sentinel-2")
    master.subjectively_down = down
    peer.link.disconnected = disconnected
    peer.last_master_down_reply_time = NOW - age_ms
    assert ELECTION.should_ask(master, peer, forced, NOW, TIMING) is ask


def test_a_vote_needs_an_unused_epoch_that_is_not_behind(bench: Bench) -> None:
    """[ELE-5-2] [ELE-5-3]"""
    bench.master().leader_epoch = 5
    bench.state.current_epoch = 6
    assert not ELECTION.is_unused_epoch(bench.master(), 5)
    assert ELECTION.is_unused_epoch(bench.master(), 6)
    assert not ELECTION.is_current_epoch(bench.state, 5)
    assert ELECTION.is_current_epoch(bench.state, 6)
    assert ELECTION.is_current_epoch(bench.state, 7)


def test_start_times_are_spread_over_a_second() -> None:
    """[GEN-3-19]"""
    dice = Dice(7)
    draws = [ELECTION.desync_ms(dice) for _ in range(2000)]
    assert 0 <= min(draws) < 10
    assert 990 < max(draws) <= 999


@pytest.mark.parametrize(
    ("voters", "quorum", "needed"),
    [(1, 1, 1), (2, 1, 2), (3, 1, 2), (3, 2, 2), (3, 3, 3), (4, 2, 3), (5, 2, 3), (5, 4, 4)],
)
def test_a_leader_needs_a_majority_and_the_quorum(voters: int, quorum: int, needed: int) -> None:
    """[ELE-6-6]"""
    assert ELECTION.votes_needed(voters, quorum) == needed


def test_votes_are_counted_in_the_current_epoch(bench: Bench) -> None:
    """[ELE-6-3] [ELE-6-8]"""
    bench.state.current_epoch, bench.master().failover_epoch = 9, 8
    assert ELECTION.tally_epoch(bench.state, bench.master()) == 9


def test_an_attempt_starts_only_when_objectively_down_and_none_is_on(master: Master) -> None:
    """[ELE-7-1] [ELE-7-2]"""
    assert not ELECTION.may_start(master)
    master.objectively_down = True
    assert ELECTION.may_start(master)
    master.failover_in_progress = True
    assert not ELECTION.may_start(master)


@pytest.mark.parametrize(("age_ms", "over"), [(19_999, False), (20_000, True)])
def test_the_next_attempt_waits_for_twice_the_failover_timeout(
    master: Master, age_ms: int, over: bool
) -> None:
    """[ELE-7-3]"""
    master.failover_start_time = NOW - age_ms
    assert ELECTION.retry_delay_is_over(master, NOW) is over


# --- selection ---


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("subjectively_down", True, "subjectively down"),
        ("priority", 0, "priority zero"),
        ("info_refresh", NOW - 30_000, ""),
        ("info_refresh", NOW - 30_001, "info too old"),
        ("info_refresh", 0, "info too old"),
        ("master_link_down_time", 20_000, ""),
        ("master_link_down_time", 20_001, "link down for too long"),
        ("master_link_down_time", -1000, ""),
        ("announced", 0, ""),
        ("master_link_up", False, ""),
        ("reconf_done", True, ""),
    ],
)
def test_what_excludes_a_replica_of_a_master_that_is_up(
    master: Master, replica: Replica, attribute: str, value: int, reason: str
) -> None:
    """[FAI-3.1-2] [FAI-3.1-5] [FAI-3.1-6] [FAI-3.1-7] [FAI-3.1-8]"""
    assert SELECTION.why_excluded(master, replica, NOW, TIMING) == ""
    setattr(replica, attribute, value)
    assert SELECTION.why_excluded(master, replica, NOW, TIMING) == reason


@pytest.mark.parametrize(("age_ms", "reason"), [(5000, ""), (5001, "info too old")])
def test_info_must_be_fresher_while_the_master_is_down(
    master: Master, replica: Replica, age_ms: int, reason: str
) -> None:
    """[FAI-3.1-6]"""
    master.subjectively_down, master.s_down_since = True, NOW
    replica.info_refresh = NOW - age_ms
    assert SELECTION.why_excluded(master, replica, NOW, TIMING) == reason


def test_a_replica_may_have_lost_its_master_for_as_long_as_the_master_is_down_and_more(
    master: Master, replica: Replica
) -> None:
    """[FAI-3.1-1] [FAI-3.1-7]"""
    assert SELECTION.link_down_limit_ms(master, NOW) == 20_000
    master.subjectively_down, master.s_down_since = True, NOW - 7000
    assert SELECTION.link_down_limit_ms(master, NOW) == 27_000


@pytest.mark.parametrize(("age_ms", "reason"), [(5000, ""), (5001, "ping too old")])
def test_a_replica_must_have_answered_ping_lately(
    master: Master, replica: Replica, age_ms: int, reason: str
) -> None:
    """[FAI-3.1-4]"""
    replica.link.last_avail_time = NOW - age_ms
    assert SELECTION.why_excluded(master, replica, NOW, TIMING) == reason


def test_a_disconnected_replica_is_excluded(master: Master, replica: Replica) -> None:
    """[FAI-3.1-3]"""
    replica.link.disconnected = True
    assert SELECTION.why_excluded(master, replica, NOW, TIMING) == "link disconnected"


def test_priority_then_data_then_run_id_decide(bench: Bench) -> None:
    """[FAI-3.2-1] [FAI-3.2-2] [FAI-3.2-3]"""
    first, second = bench.replica("redis-2"), bench.replica("redis-3")

    def is_better() -> bool:
        return SELECTION.preference(first) < SELECTION.preference(second)

    second.runid = runid("B")
    assert not is_better()  # a missing run id sorts last
    first.runid = runid("a")
    assert is_better()  # whatever the case
    second.repl_offset = 1
    assert not is_better()
    second.priority = 101
    assert is_better()
    second.priority, first.repl_offset = 100, 2**64 - 1
    assert is_better()


# --- failover ---


@pytest.mark.parametrize(
    ("failover_timeout", "age_ms", "over"),
    [(180_000, 10_000, False), (180_000, 10_001, True), (6000, 6000, False), (6000, 6001, True)],
)
def test_an_attempt_without_a_leader_ends_after_the_shorter_timeout(
    master: Master, failover_timeout: int, age_ms: int, over: bool
) -> None:
    """[ELE-8-2] [GEN-3-11]"""
    master.failover_timeout, master.failover_start_time = failover_timeout, NOW - age_ms
    assert FAILOVER.is_not_elected(master, NOW, TIMING) is over


@pytest.mark.parametrize(("age_ms", "over"), [(10_000, False), (10_001, True)])
def test_a_state_lasts_for_failover_timeout(master: Master, age_ms: int, over: bool) -> None:
    """[FAI-2-3] [FAI-2-4] [FAI-2-5]"""
    master.failover_state_change_time = NOW - age_ms
    assert FAILOVER.state_timed_out(master, NOW) is over


@pytest.mark.parametrize(
    ("syncs", "in_progress", "more"),
    [(1, 0, True), (1, 1, False), (2, 1, True), (0, 0, False), (-1, 0, False)],
)
def test_parallel_syncs_bounds_those_in_progress(
    master: Master, syncs: int, in_progress: int, more: bool
) -> None:
    """[FAI-4.5-2] [FAI-4.5-11]"""
    master.parallel_syncs = syncs
    assert FAILOVER.may_reconfigure_another(in_progress, master) is more


@pytest.mark.parametrize(
    ("flag", "in_progress"), [("reconf_sent", 1), ("reconf_inprog", 1), ("reconf_done", 0)]
)
def test_sent_and_in_progress_count_against_parallel_syncs(
    replica: Replica, flag: str, in_progress: int
) -> None:
    """[FAI-4.5-1]"""
    setattr(replica, flag, True)
    assert FAILOVER.is_reconfiguring(replica) == in_progress


@pytest.mark.parametrize(("age_ms", "over"), [(10_000, False), (10_001, True)])
def test_a_replica_has_ten_seconds_to_show_that_it_follows(
    replica: Replica, age_ms: int, over: bool
) -> None:
    """[FAI-4.5-4] [FAI-4.5-9]: only while it is in `reconf_sent`."""
    replica.reconf_sent_time = NOW - age_ms
    replica.reconf_inprog = True
    assert not FAILOVER.reconf_timed_out(replica, NOW, TIMING)
    replica.reconf_sent = True
    assert FAILOVER.reconf_timed_out(replica, NOW, TIMING) is over


@pytest.mark.parametrize(
    ("flag", "waited_for"),
    [
        ("promoted", 0),
        ("reconf_done", 0),
        ("subjectively_down", 0),
        ("reconf_sent", 1),
        ("reconf_inprog", 1),
        ("announced", 1),
    ],
)
def test_the_end_waits_for_replicas_that_are_up_and_not_done(
    replica: Replica, flag: str, waited_for: int
) -> None:
    """[FAI-4.6-2]"""
    setattr(replica, flag, True)
    assert FAILOVER.unfinished([replica]) == waited_for


def test_a_vote_is_saved_before_it_is_told() -> None:
    """[ELE-5-5]"""
    assert ELECTION.must_save_vote()


def test_state_begins_without_epoch() -> None:
    """[MON-1.1-2] [MON-1.1-4]"""
    state = State(myid="", dice=Dice(1), table_seed=1, previous_time=NOW)
    assert (state.current_epoch, state.tilt, state.tilt_start_time) == (0, False, 0)
