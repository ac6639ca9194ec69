"""What a Sentinel must do, and by when; each claim with a story, and with what excuses it.

In every story redis-1 dies for ever at 40 s. The Sentinels have a down-after of 2 s, a
failover-timeout of 10 s and a quorum of 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minisentinel.trace import (
    ConfigurationBelieved,
    FailoverStateChanged,
    LinkChanged,
    MasterSettings,
    NodeStarted,
    PingMissed,
    ReplicaSelection,
    VoteRefused,
    VotesCounted,
)
from sim.invariants import Verdict, find_invariant
from sim.trace import FaultInjected, ProcessChanged, RunEnded
from tests.judge.stories import MASTER, Pen, deployment

AGREEMENT = "agreement-is-reached"
BEGINS = "attempts-begin"
REPLACED = "dead-master-is-replaced"
NOTICED = "promotion-is-noticed"
PATIENT = "nobody-gives-up-early"
STUCK = "stuck-replicas-are-passed-over"

DEATH_MS = 40_000
SENTINELS = ("sentinel-1", "sentinel-2", "sentinel-3")


def world(*, quorum: int = 2, parallel_syncs: int = 1) -> Pen:
    """Three Sentinels that know each other and the master, which dies at 40 s."""
    pen = deployment(clients=0)
    host, port = pen.addresses["redis-1"]
    for name in SENTINELS:
        settings = MasterSettings(
            master=MASTER,
            quorum=quorum,
            down_after_ms=2000,
            failover_timeout_ms=10_000,
            parallel_syncs=parallel_syncs,
        )
        believed = ConfigurationBelieved(
            master=MASTER, host=host, port=port, config_epoch=0, before=0, source="monitor"
        )
        pen.at(22, name, settings)
        pen.at(22, name, believed)
        for other in SENTINELS:
            if other != name:
                at = pen.addresses[other]
                payload = f"sentinel {pen.ids[other]} {at[0]} {at[1]} @ {MASTER} {host} {port}"
                pen.event(30, name, "+sentinel", f"sentinel:{other}", payload)
    pen.fault(DEATH_MS, "redis-1", "kill", "killed")
    return pen


def down(pen: Pen, ms: float, *names: str, objectively: bool = True) -> None:
    for name in names:
        pen.event(ms, name, "+sdown", "master:redis-1")
        if objectively:
            pen.event(ms + 1000, name, "+odown", "master:redis-1")


def step(pen: Pen, ms: float, name: str, before: str, after: str) -> None:
    changed = FailoverStateChanged(master=MASTER, epoch=1, before=before, after=after, why="")
    pen.at(ms, name, changed)


def attempt(pen: Pen, ms: float, name: str, epoch: int = 1) -> None:
    pen.event(ms, name, "+new-epoch", "master:redis-1", str(epoch))
    step(pen, ms, name, "none", "wait_start")
    pen.event(ms, name, "+try-failover", "master:redis-1")


def judged(invariant: str, pen: Pen, end_ms: float = 60_000) -> Verdict:
    pen.at(end_ms, "world", RunEnded(reason="duration"))
    return find_invariant(invariant).judge(pen.trace())


def broken(invariant: str, pen: Pen, end_ms: float = 60_000) -> str:
    """Why the invariant is false; empty if it is not."""
    found = judged(invariant, pen, end_ms)
    return found.reason if found.violations else ""


# Agreement


def test_quorum_of_suspicions_must_become_agreement() -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS, objectively=False)
    reason = broken(AGREEMENT, pen)
    assert reason == (
        "sentinel-1 does not hold mymaster to be objectively down, although it is subjectively "
        "down for it and for sentinel-2, and the quorum is 2"
    )


def test_agreement_in_time_is_good() -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS)
    assert judged(AGREEMENT, pen)


def test_one_suspicion_is_no_quorum_of_two() -> None:
    pen = world()
    down(pen, 42_000, "sentinel-1", objectively=False)
    assert judged(AGREEMENT, pen)


def test_peers_that_were_met_at_the_inner_addresses_of_containers_cannot_be_asked() -> None:
    pen = world()
    for number, other in enumerate(SENTINELS):
        real, pen.addresses[other] = pen.addresses[other], (f"172.17.0.{number}", 26379)
        payload = f"sentinel {pen.ids[other]} {pen.addresses[other][0]} 26379 @ {MASTER}"
        for name in SENTINELS:
            if name != other:
                pen.event(35_000, name, "+sentinel", f"sentinel:{other}", payload)
        pen.addresses[other] = real
    down(pen, 42_000, *SENTINELS, objectively=False)
    assert judged(AGREEMENT, pen)


def cut(pen: Pen) -> None:
    pen.fault(30_000, "network", "partition", detail="sentinel-1 | sentinel-2, sentinel-3")


def just_healed(pen: Pen) -> None:
    cut(pen)
    pen.fault(39_000, "network", "heal")


def in_tilt(pen: Pen) -> None:
    for name in SENTINELS:
        pen.event(41_000, name, "+tilt")


def paused(pen: Pen) -> None:
    for name in SENTINELS:
        pen.at(42_500, name, ProcessChanged(change="paused"))


def strange(pen: Pen) -> None:
    pen.at(30_000, "redis-2", FaultInjected(verb="stall", detail="the machine stalls"))


def unheard_of(pen: Pen) -> None:
    pen.at(30_000, "redis-2", FaultInjected(verb="earthquake", detail="all shakes"))


NETWORK = (cut, just_healed, unheard_of)
OWN = (in_tilt, paused, strange)


@pytest.mark.parametrize("trouble", NETWORK + OWN, ids=lambda each: each.__name__)
def test_nothing_is_claimed_of_agreement_while_anything_else_is_wrong(
    trouble: Callable[[Pen], None],
) -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS, objectively=False)
    trouble(pen)
    assert judged(AGREEMENT, pen)


# Attempts


def test_agreement_must_be_followed_by_an_attempt() -> None:
    pen = world()
    down(pen, 42_000, "sentinel-1", "sentinel-2")
    assert broken(BEGINS, pen).startswith("sentinel-1 should have begun a failover of mymaster")


def test_vote_for_another_one_is_a_reason_to_wait() -> None:
    pen = world()
    down(pen, 42_000, "sentinel-1")
    pen.vote(42_900, "sentinel-1", "sentinel-2", 1)
    assert judged(BEGINS, pen)
    assert "at 63.9 s" in broken(BEGINS, pen, end_ms=67_000)


@pytest.mark.parametrize("kind", ["step", "event"])
def test_rest_after_an_attempt_ends(kind: str) -> None:
    def story() -> Pen:
        pen = world()
        down(pen, 42_000, "sentinel-1")
        if kind == "step":
            step(pen, 43_000, "sentinel-1", "none", "wait_start")
            step(pen, 53_500, "sentinel-1", "wait_start", "none")
        else:
            pen.event(43_000, "sentinel-1", "+try-failover", "master:redis-1")
            pen.event(53_500, "sentinel-1", "-failover-abort-not-elected", "master:redis-1")
        return pen

    assert judged(BEGINS, story(), end_ms=66_000)
    assert broken(BEGINS, story(), end_ms=67_000)


@pytest.mark.parametrize("trouble", OWN, ids=lambda each: each.__name__)
def test_nobody_must_begin_who_cannot(trouble: Callable[[Pen], None]) -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS)
    trouble(pen)
    assert judged(BEGINS, pen)


@pytest.mark.parametrize("trouble", NETWORK, ids=lambda each: each.__name__)
def test_network_is_no_excuse_for_whoever_needs_nobody(trouble: Callable[[Pen], None]) -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS)
    trouble(pen)
    assert broken(BEGINS, pen)


# The replacement of a dead master


def test_sentinels_that_notice_nothing_do_not_replace_a_dead_master() -> None:
    reason = broken(REPLACED, world())
    assert reason.startswith("redis-1 is dead, enough Sentinels could agree on that, and ")


def test_dead_master_that_is_back_needs_no_replacement() -> None:
    pen = world()
    pen.node(43_000, "redis-1", "redis")
    assert judged(REPLACED, pen)


def test_too_few_sentinels_replace_nobody() -> None:
    pen = world()
    for name in SENTINELS[1:]:
        pen.fault(30_000, name, "kill", "killed")
    assert judged(REPLACED, pen)


def test_who_holds_the_others_to_be_down_need_not_ask_them() -> None:
    pen = world()
    for name in SENTINELS:
        for other in SENTINELS:
            if other != name:
                pen.event(35_000, name, "+sdown", f"sentinel:{other}")
    assert judged(REPLACED, pen)


@pytest.mark.parametrize("trouble", NETWORK + OWN, ids=lambda each: each.__name__)
def test_no_replacement_is_due_while_anything_else_is_wrong(
    trouble: Callable[[Pen], None],
) -> None:
    pen = world()
    trouble(pen)
    assert judged(REPLACED, pen)


def elected(pen: Pen, ms: float = 43_000) -> None:
    for name in SENTINELS[1:]:
        pen.vote(ms, name, "sentinel-1", 1)
    attempt(pen, ms, "sentinel-1")
    pen.event(ms + 200, "sentinel-1", "+elected-leader", "master:redis-1")


def test_leader_that_chooses_nobody_does_not_replace_the_master() -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS)
    elected(pen)
    assert broken(REPLACED, pen) == "sentinel-1 was elected, and has not chosen a replica"


def test_leader_that_promotes_nobody_does_not_replace_the_master() -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS)
    elected(pen)
    pen.event(43_300, "sentinel-1", "+selected-slave", "slave:redis-2")
    assert broken(REPLACED, pen) == "sentinel-1 was elected, and has not promoted redis-2"


def test_replica_that_dies_cannot_be_promoted() -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS)
    elected(pen)
    pen.event(43_300, "sentinel-1", "+selected-slave", "slave:redis-2")
    pen.fault(43_400, "redis-2", "kill", "killed")
    assert judged(REPLACED, pen)


def lost_alone(pen: Pen, *, voters: int = 3, rival: bool = False) -> None:
    down(pen, 42_000, "sentinel-1")
    attempt(pen, 48_000, "sentinel-1")
    counted = VotesCounted(
        master=MASTER,
        epoch=1,
        votes=((pen.ids["sentinel-1"], 1),),
        voters=voters,
        quorum=2,
        needed=voters // 2 + 1,
        winner="",
    )
    pen.at(48_001, "sentinel-1", counted)
    if rival:
        pen.vote(48_002, "sentinel-2", "sentinel-2", 1)
    pen.event(58_500, "sentinel-1", "-failover-abort-not-elected", "master:redis-1")


def test_only_candidate_that_all_can_hear_must_win() -> None:
    pen = world()
    lost_alone(pen)
    reasons = [each.reason for each in judged(REPLACED, pen).violations]
    why = "although nobody else stood and 3 of 3 could vote for it"
    assert f"sentinel-1 was not elected in epoch 1, {why}" in reasons


def test_candidate_may_lose_to_a_rival_or_for_want_of_voters() -> None:
    for missing in ({"rival": True}, {"voters": 7}):
        pen = world()
        lost_alone(pen, **missing)
        reasons = [each.reason for each in judged(REPLACED, pen).violations]
        assert not [each for each in reasons if "was not elected" in each]


def no_good_replica(pen: Pen, why: str, priority: int = 100) -> str:
    """What is wrong with an attempt that ends for want of a replica."""
    down(pen, 42_000, *SENTINELS)
    elected(pen, 55_000)
    host, port = pen.addresses["redis-2"]
    candidate = (host, port, priority, 0, pen.ids["redis-2"], why)
    nobody = ReplicaSelection(master=MASTER, epoch=1, host="", port=0, candidates=(candidate,))
    pen.at(55_300, "sentinel-1", nobody)
    pen.event(55_300, "sentinel-1", "-failover-abort-no-good-slave", "master:redis-1")
    reasons = [each.reason for each in judged(REPLACED, pen).violations]
    return next((each for each in reasons if "good enough" in each), "")


@pytest.mark.parametrize("why", ["subjectively down", "link disconnected", "info too old"])
def test_replica_that_has_been_there_all_the_time_is_good_enough(why: str) -> None:
    assert f"it says {why!r} of redis-2" in no_good_replica(world(), why)


def test_priority_zero_and_a_lost_link_are_reasons() -> None:
    assert no_good_replica(world(), "priority zero", priority=0) == ""
    assert no_good_replica(world(), "link down for too long") == ""


def test_replica_that_was_away_may_be_too_old() -> None:
    pen = world()
    pen.fault(50_000, "redis-2", "pause", "paused")
    pen.fault(52_000, "redis-2", "resume", "resumed")
    assert no_good_replica(pen, "info too old") == ""


# The promotion


def promoting(pen: Pen) -> None:
    down(pen, 42_000, *SENTINELS)
    elected(pen)
    pen.event(43_300, "sentinel-1", "+selected-slave", "slave:redis-2")
    pen.event(43_400, "sentinel-1", "+failover-state-wait-promotion", "slave:redis-2")
    pen.role(43_402, "redis-2", "master")


def test_promotion_must_be_noticed() -> None:
    pen = world()
    promoting(pen)
    assert broken(NOTICED, pen) == (
        "sentinel-1 has not noticed that redis-2, which it promotes, has been a master since 43.4 s"
    )


@pytest.mark.parametrize("event", ["+promoted-slave", "-failover-abort-slave-timeout"])
def test_promotion_that_was_noticed_or_given_up_is_over(event: str) -> None:
    pen = world()
    promoting(pen)
    pen.event(44_400, "sentinel-1", event, "slave:redis-2")
    assert judged(NOTICED, pen)


def test_promotion_of_a_replica_that_froze_cannot_be_seen() -> None:
    pen = world()
    promoting(pen)
    pen.fault(43_410, "redis-2", "pause", "paused")
    assert judged(NOTICED, pen)


@pytest.mark.parametrize("trouble", [cut, just_healed, *OWN], ids=lambda each: each.__name__)
def test_promotion_may_be_missed_while_anything_else_is_wrong(
    trouble: Callable[[Pen], None],
) -> None:
    pen = world()
    promoting(pen)
    trouble(pen)
    assert judged(NOTICED, pen)


# Patience


@pytest.mark.parametrize(
    ("after_ms", "is_early"), [(300, True), (9_990, True), (10_010, False), (10_990, False)]
)
def test_candidate_waits_for_its_votes(after_ms: float, is_early: bool) -> None:
    pen = world()
    attempt(pen, 43_000, "sentinel-1")
    pen.event(43_000 + after_ms, "sentinel-1", "-failover-abort-not-elected", "master:redis-1")
    assert bool(broken(PATIENT, pen)) is is_early


@pytest.mark.parametrize("event", ["-failover-abort-slave-timeout", "+failover-end-for-timeout"])
@pytest.mark.parametrize(("after_ms", "is_early"), [(5_000, True), (10_050, False)])
def test_step_of_an_attempt_has_its_time(event: str, after_ms: float, is_early: bool) -> None:
    pen = world()
    attempt(pen, 43_000, "sentinel-1")
    step(pen, 47_000, "sentinel-1", "send_slaveof_noone", "wait_promotion")
    step(pen, 47_000 + after_ms, "sentinel-1", "wait_promotion", "none")
    pen.event(47_000 + after_ms, "sentinel-1", event, "slave:redis-2")
    assert bool(broken(PATIENT, pen, end_ms=70_000)) is is_early


def test_clock_that_was_stepped_has_other_times() -> None:
    pen = world()
    pen.fault(42_000, "sentinel-1", "step_clock")
    attempt(pen, 43_000, "sentinel-1")
    pen.event(43_300, "sentinel-1", "-failover-abort-not-elected", "master:redis-1")
    assert judged(PATIENT, pen)


# Replicas that hang


def told(pen: Pen, *replicas: str) -> None:
    for replica in replicas:
        pen.event(44_000, "sentinel-1", "+slave-reconf-sent", f"slave:{replica}")


def test_replica_that_does_not_obey_is_passed_over_after_ten_seconds() -> None:
    pen = world(parallel_syncs=2)
    told(pen, "redis-3")
    reason = broken(STUCK, pen)
    assert reason.startswith("sentinel-1 still waits for 10.0.0.3:6379")


@pytest.mark.parametrize(
    "event",
    ["-slave-reconf-sent-timeout", "+slave-reconf-inprog", "+slave-reconf-done", "+failover-end"],
)
def test_replica_that_obeys_or_is_passed_over_is_waited_for_no_longer(event: str) -> None:
    pen = world(parallel_syncs=2)
    told(pen, "redis-3")
    pen.event(54_100, "sentinel-1", event, "slave:redis-3")
    assert judged(STUCK, pen)


def test_without_room_for_another_one_nobody_is_looked_at() -> None:
    pen = world(parallel_syncs=1)
    told(pen, "redis-3")
    assert judged(STUCK, pen)


# Votes


@pytest.mark.parametrize(("voted_epoch", "is_true"), [(0, False), (6, False), (7, True), (9, True)])
def test_refusal_needs_a_vote_of_that_epoch_or_of_a_later_one(
    voted_epoch: int, is_true: bool
) -> None:
    pen = world()
    refusal = VoteRefused(
        master=MASTER,
        candidate=pen.ids["sentinel-2"],
        epoch=7,
        reason="already-voted",
        voted_for="",
        voted_epoch=voted_epoch,
    )
    pen.at(43_000, "sentinel-1", refusal)
    assert (not broken("free-votes-are-granted", pen)) is is_true


@pytest.mark.parametrize(
    ("votes", "voters", "quorum", "winner", "is_good"),
    [
        (2, 3, 2, "", False),
        (2, 3, 2, "sentinel-1", True),
        (2, 3, 3, "", True),
        (1, 3, 1, "", True),
        (3, 5, 2, "", False),
        (2, 5, 2, "", True),
        (3, 5, 4, "", True),
    ],
)
def test_majority_and_quorum_of_votes_are_enough(
    votes: int, voters: int, quorum: int, winner: str, is_good: bool
) -> None:
    pen = world(quorum=quorum)
    counted = VotesCounted(
        master=MASTER,
        epoch=1,
        votes=((pen.ids["sentinel-1"], votes),),
        voters=voters,
        quorum=quorum,
        needed=voters,
        winner=pen.ids.get(winner, ""),
    )
    pen.at(43_000, "sentinel-1", counted)
    assert (not broken("enough-votes-elect", pen)) is is_good


# What a log may lack


@pytest.mark.parametrize("name", [AGREEMENT, REPLACED, NOTICED])
def test_without_servers_in_the_trace_nobody_knows_what_should_have_happened(name: str) -> None:
    pen = world()
    down(pen, 42_000, *SENTINELS, objectively=False)
    pen.entries = [
        each
        for each in pen.entries
        if not (isinstance(each.data, NodeStarted) and each.data.type == "redis")
    ]
    assert judged(name, pen).truth.value == "unknown"


def monitored(pen: Pen) -> dict[str, Any]:
    """All Sentinels say that they watch the master; in what words they speak of it in records."""
    host, port = pen.addresses["redis-1"]
    for name in SENTINELS:
        payload = f"master {MASTER} {host} {port} quorum 2"
        pen.event(22, name, "+monitor", "master:redis-1", payload)
    return {"master": MASTER, "subject": "master", "host": host, "port": port}


@pytest.mark.parametrize(
    ("waiting_ms", "last_ms", "reconnects", "is_judged"),
    [
        (6_000, 39_000, False, False),
        (6_000, 46_000, False, True),
        (2_100, 39_000, False, False),
        (1_900, 39_000, False, True),
        (6_000, 39_000, True, True),
    ],
    ids=["ceased", "go on", "ceased soon", "never silent for long", "another connection"],
)
def test_silence_goes_unnoticed_only_where_pings_have_ceased_on_a_crowded_connection(
    waiting_ms: int, last_ms: int, reconnects: bool, is_judged: bool
) -> None:
    pen = world()
    about = monitored(pen)
    for name in SENTINELS:
        pen.at(last_ms, name, PingMissed(**about, waiting_ms=waiting_ms))
        if reconnects:
            opened = LinkChanged(**about, connection="command", change="opened")
            pen.at(last_ms + 500, name, opened)
    assert bool(judged("silence-is-noticed", pen).violations) is is_judged


@pytest.mark.parametrize("goes_on", [False, True])
def test_whoever_misses_another_ping_than_before_must_notice_the_silence(goes_on: bool) -> None:
    pen = world()
    about = monitored(pen)
    for name in SENTINELS:
        pen.at(30_000, name, PingMissed(**about, waiting_ms=6_000))
        if goes_on:
            pen.at(41_000, name, PingMissed(**about, waiting_ms=500))
    assert bool(judged("silence-is-noticed", pen).violations) is goes_on
