"""Single decisions of the protocol, each a rule of its own, on both of their sides."""

from __future__ import annotations

import dataclasses

import pytest

from minisentinel.core import Dice, State
from minisentinel.core.rules import ElectionRules, FailoverRules, HelloRules, MonitoringRules
from minisentinel.core.state import FailoverState, Master, Role
from tests.core.bench import Bench, runid

ELECTION, FAILOVER = ElectionRules(), FailoverRules()
HELLO, MONITORING = HelloRules(), MonitoringRules()


def state(*, tilt: bool = False) -> State:
    return State(myid="me", dice=Dice(0), table_seed=0, previous_time=0, tilt=tilt)


def test_who_is_in_tilt_does_not_act() -> None:
    """[MON-2.1-3] [MON-9.4-2]"""
    assert MONITORING.may_act(state())
    assert not MONITORING.may_act(state(tilt=True))


@pytest.mark.parametrize("down", [False, True])
def test_an_opinion_is_ones_own_and_none_in_tilt(master: Master, down: bool) -> None:
    """[ELE-3-1] [MON-8-8]"""
    master.subjectively_down = down
    assert ELECTION.says_down(state(), master) is down
    assert not ELECTION.says_down(state(tilt=True), master)


def test_a_question_is_about_the_master_at_that_address(master: Master) -> None:
    """[ELE-3-5]"""
    assert ELECTION.is_meant(master, master.address)
    other = dataclasses.replace(master.address, ip="10.0.0.99", hostname="10.0.0.99")
    assert not ELECTION.is_meant(master, other)
    assert not ELECTION.is_meant(master, dataclasses.replace(master.address, port=1))


def test_a_vote_counts_in_its_epoch_only(bench: Bench) -> None:
    """[ELE-6-3] [ELE-6-4]"""
    peer = bench.peer("sentinel-2")
    assert not ELECTION.counts_vote(peer, 0)
    peer.leader, peer.leader_epoch = runid("sentinel-1"), 3
    assert ELECTION.counts_vote(peer, 3)
    assert not ELECTION.counts_vote(peer, 4)
    assert ELECTION.counts_own_vote("me", 3, 3)
    assert not ELECTION.counts_own_vote("me", 2, 3)
    assert not ELECTION.counts_own_vote("", 3, 3)


def test_all_known_sentinels_are_voters_dead_or_alive(bench: Bench, master: Master) -> None:
    """[ELE-6-2]"""
    before = ELECTION.voters(master)
    assert before == len(master.peers) + 1
    for peer in master.peers.values():
        peer.subjectively_down = True
    assert ELECTION.voters(master) == before


def test_an_attempt_goes_ahead_if_it_is_won_or_forced(master: Master) -> None:
    """[ELE-8-1]"""
    assert ELECTION.goes_ahead(state(), master, "me")
    assert not ELECTION.goes_ahead(state(), master, "you")
    assert not ELECTION.goes_ahead(state(), master, "")
    master.force_failover = True
    assert ELECTION.goes_ahead(state(), master, "")


def test_a_vote_for_another_delays_own_attempts() -> None:
    """[ELE-5-8]"""
    assert ELECTION.delays_own_attempt(state(), "you")
    assert not ELECTION.delays_own_attempt(state(), "me")


def test_a_reset_keeps_the_epochs(master: Master) -> None:
    """[FAI-6.3-1]"""
    master.config_epoch, master.leader_epoch = 4, 5
    assert ELECTION.epochs_after_reset(master) == (4, 5)


def test_what_others_rely_on_is_saved_first() -> None:
    """[CFG-5-2] [CFG-5-7] [ELE-5-5]"""
    assert ELECTION.must_save_vote()
    assert ELECTION.must_save_epoch()
    assert FAILOVER.must_save_promotion()


@pytest.mark.parametrize(
    ("role", "promoted", "in_progress", "step", "shown"),
    [
        (Role.MASTER, True, True, FailoverState.WAIT_PROMOTION, True),
        (Role.REPLICA, True, True, FailoverState.WAIT_PROMOTION, False),
        (Role.MASTER, False, True, FailoverState.WAIT_PROMOTION, False),
        (Role.MASTER, True, False, FailoverState.WAIT_PROMOTION, False),
        (Role.MASTER, True, True, FailoverState.SEND_SLAVEOF_NOONE, False),
    ],
)
def test_a_promotion_is_shown_by_the_promoted_replica_while_it_is_awaited(
    bench: Bench,
    master: Master,
    role: Role,
    promoted: bool,
    in_progress: bool,
    step: FailoverState,
    shown: bool,
) -> None:
    """[MON-9.6-1] [FAI-4.4-1] [FAI-4.4-10]"""
    replica = bench.replica("redis-2")
    replica.promoted = promoted
    master.failover_in_progress, master.failover_state = in_progress, step
    assert FAILOVER.is_promotion(master, replica, role) is shown


def test_a_replica_has_arrived_when_its_link_is_up(bench: Bench) -> None:
    """[MON-9.8-2]"""
    replica = bench.replica("redis-2")
    replica.reconf_inprog = True
    assert not FAILOVER.has_arrived(replica)
    replica.master_link_up = True
    assert FAILOVER.has_arrived(replica)
    replica.reconf_inprog = False
    assert not FAILOVER.has_arrived(replica)


def test_a_hello_is_own_if_the_own_id_is_in_it_anywhere() -> None:
    """[GOS-4-3]"""
    assert HELLO.is_own(state(), "10.0.0.1,26379,me,0,mymaster,10.0.0.1,6379,0")
    assert not HELLO.is_own(state(), "10.0.0.1,26379,you,0,other,10.0.0.1,6379,0")
