"""What a Sentinel may say, count, correct and leave undone.

Each claim has a good story, and the same story with one thing wrong.
"""

from __future__ import annotations

import pytest

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    MasterSettings,
    OpinionGiven,
    ReplicaSelection,
    SentinelEvent,
    SubjectivelyDown,
    Trace,
    VotesCounted,
)
from sim.invariants import Invariant, Truth, find_invariant, judge_all
from sim.trace import HostNamed, RunEnded
from tests.judge.stories import MASTER, Pen, deployment, failover_story

MINE = (
    "opinions-are-ones-own",
    "nobody-is-its-own-peer",
    "tilt-lasts",
    "life-is-noticed",
    "own-vote-counts",
    "all-known-are-voters",
    "only-news-is-adopted",
    "epochs-spread",
    "corrections-are-patient",
    "corrections-follow-a-sane-master",
    "promotion-is-kept",
    "no-replica-left-behind",
    "reconfigured-means-following",
)


def truth(name: str, pen: Pen) -> Truth:
    return find_invariant(name).judge(pen.trace()).truth


def opinion(pen: Pen, ms: float, down: bool, of: str = "redis-1") -> None:
    host, port = pen.addresses[of]
    pen.at(
        ms,
        "sentinel-1",
        OpinionGiven(
            master=MASTER, host=host, port=port, down=down, epoch=0, asker="", for_vote=False
        ),
    )


def sdown(pen: Pen, ms: float, sentinel: str, target: str, down: bool = True) -> None:
    pen.event(ms, sentinel, "+sdown" if down else "-sdown", target)
    kind, _, who = target.partition(":")
    host, port = pen.addresses[who]
    pen.at(
        ms,
        sentinel,
        SubjectivelyDown(
            master=MASTER,
            subject=kind,
            host=host,
            port=port,
            down=down,
            why="silence" if down else "",
            silent_ms=5100,
            limit_ms=5000,
        ),
    )


@pytest.mark.parametrize("name", MINE)
def test_a_proper_failover_keeps_it(name: str) -> None:
    for fault in ("kill", "pause"):
        assert find_invariant(name).judge(failover_story(fault=fault)).truth is not Truth.FALSE


@pytest.mark.parametrize("name", MINE)
def test_an_empty_trace_tells_nothing_bad(name: str) -> None:
    invariant: Invariant = find_invariant(name)
    assert invariant.judge(Trace()).truth is not Truth.FALSE


def test_an_opinion_is_what_one_sees_oneself() -> None:
    pen = deployment()
    opinion(pen, 1000, False)
    sdown(pen, 2000, "sentinel-1", "master:redis-1")
    opinion(pen, 2100, True)
    pen.event(3000, "sentinel-1", "+tilt")
    opinion(pen, 3100, False)
    assert truth("opinions-are-ones-own", pen) is Truth.TRUE
    opinion(pen, 33_000, False, of="redis-2")
    pen.event(34_000, "sentinel-1", "-tilt")
    opinion(pen, 34_100, False)
    verdict = find_invariant("opinions-are-ones-own").judge(pen.trace())
    assert verdict.truth is Truth.FALSE
    assert "does not say so" in verdict.reason


def test_what_others_see_is_no_opinion_of_ones_own() -> None:
    pen = deployment()
    sdown(pen, 2000, "sentinel-2", "master:redis-1")
    opinion(pen, 2100, True)
    assert truth("opinions-are-ones-own", pen) is Truth.FALSE


def test_who_is_asked_about_one_address_does_not_answer_about_another() -> None:
    pen = deployment()
    sdown(pen, 2000, "sentinel-1", "master:redis-1")
    opinion(pen, 2100, True, of="redis-2")
    assert truth("opinions-are-ones-own", pen) is Truth.FALSE


@pytest.mark.parametrize(("found", "expected"), [(2, Truth.TRUE), (1, Truth.FALSE)])
def test_a_sentinel_does_not_find_itself(found: int, expected: Truth) -> None:
    pen = deployment()
    payload = f"sentinel {pen.ids[f'sentinel-{found}']} 10.0.0.9 26379 @ {MASTER} 10.0.0.1 6379"
    pen.event(100, "sentinel-1", "+sentinel", f"sentinel:sentinel-{found}", payload)
    assert truth("nobody-is-its-own-peer", pen) is expected


@pytest.mark.parametrize(
    ("left_ms", "expected"), [(40_000, Truth.TRUE), (39_000, Truth.FALSE), (10_060, Truth.FALSE)]
)
def test_tilt_lasts_for_thirty_seconds(left_ms: int, expected: Truth) -> None:
    pen = deployment()
    pen.event(10_000, "sentinel-1", "+tilt")
    pen.event(left_ms, "sentinel-1", "-tilt")
    assert truth("tilt-lasts", pen) is expected


@pytest.mark.parametrize(("end_ms", "expected"), [(60_000, Truth.TRUE), (80_000, Truth.FALSE)])
def test_who_has_been_back_for_a_minute_is_not_down(end_ms: int, expected: Truth) -> None:
    pen = deployment()
    pen.fault(10_000, "redis-2", "pause", "paused")
    sdown(pen, 15_000, "sentinel-1", "slave:redis-2")
    pen.fault(16_000, "redis-2", "resume", "resumed")
    pen.at(end_ms, "world", RunEnded(reason="limit"))
    assert truth("life-is-noticed", pen) is expected


def test_who_is_still_frozen_or_cut_off_may_be_down() -> None:
    pen = deployment()
    pen.fault(10_000, "redis-2", "pause", "paused")
    sdown(pen, 15_000, "sentinel-1", "slave:redis-2")
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert truth("life-is-noticed", pen) is Truth.TRUE
    pen = deployment()
    pen.fault(10_000, "network", "partition")
    sdown(pen, 15_000, "sentinel-1", "slave:redis-2")
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert truth("life-is-noticed", pen) is Truth.UNKNOWN


def count(pen: Pen, ms: float, votes: int, voters: int = 3, epoch: int = 1) -> None:
    mine = ((pen.ids["sentinel-1"], votes),) if votes else ()
    pen.at(
        ms,
        "sentinel-1",
        VotesCounted(
            master=MASTER, epoch=epoch, votes=mine, voters=voters, quorum=2, needed=2, winner=""
        ),
    )


def test_a_candidate_counts_its_own_vote_of_that_epoch() -> None:
    pen = deployment()
    pen.vote(1000, "sentinel-1", "sentinel-1", 1)
    count(pen, 1000, 1)
    pen.vote(2000, "sentinel-1", "sentinel-2", 2)
    count(pen, 2000, 0)
    assert truth("own-vote-counts", pen) is Truth.TRUE
    pen.vote(3000, "sentinel-1", "sentinel-1", 3)
    count(pen, 3000, 0, epoch=3)
    assert truth("own-vote-counts", pen) is Truth.FALSE


@pytest.mark.parametrize(("voters", "expected"), [(3, Truth.TRUE), (2, Truth.FALSE)])
def test_the_dead_are_voters_too(voters: int, expected: Truth) -> None:
    pen = deployment()
    for other in ("sentinel-2", "sentinel-3"):
        payload = f"sentinel {pen.ids[other]} 10.0.0.9 26379 @ {MASTER} 10.0.0.1 6379"
        pen.event(100, "sentinel-1", "+sentinel", f"sentinel:{other}", payload)
    sdown(pen, 500, "sentinel-1", "sentinel:sentinel-3")
    pen.fault(600, "sentinel-1", "kill", "killed")
    pen.node(700, "sentinel-1", "sentinel")
    count(pen, 1000, 1, voters=voters)
    assert truth("all-known-are-voters", pen) is expected


def test_who_was_not_written_down_may_be_forgotten() -> None:
    pen = deployment()
    payload = f"sentinel {pen.ids['sentinel-2']} 10.0.0.9 26379 @ {MASTER} 10.0.0.1 6379"
    pen.event(100, "sentinel-1", "+sentinel", "sentinel:sentinel-2", payload)
    pen.at(100, "sentinel-1", ConfigurationSaved(current_epoch=0, error="disk full"))
    pen.fault(600, "sentinel-1", "kill", "killed")
    pen.node(700, "sentinel-1", "sentinel")
    count(pen, 1000, 1, voters=1)
    assert truth("all-known-are-voters", pen) is Truth.TRUE


@pytest.mark.parametrize(
    ("epoch", "expected"), [(2, Truth.TRUE), (1, Truth.FALSE), (0, Truth.FALSE)]
)
def test_a_hello_is_news_only_in_a_later_epoch(epoch: int, expected: Truth) -> None:
    pen = deployment()
    host, port = pen.addresses["redis-2"]
    pen.at(
        1000,
        "sentinel-1",
        ConfigurationBelieved(
            master=MASTER, host=host, port=port, config_epoch=epoch, before=1, source="hello"
        ),
    )
    assert truth("only-news-is-adopted", pen) is expected


def test_in_the_end_all_are_in_one_epoch() -> None:
    pen = deployment()
    pen.epoch(1000, "sentinel-1", 1)
    pen.epoch(1100, "sentinel-2", 1)
    pen.at(9000, "world", RunEnded(reason="calm"))
    assert truth("epochs-spread", pen) is Truth.TRUE
    pen.epoch(2000, "sentinel-2", 2)
    assert truth("epochs-spread", pen) is Truth.FALSE
    pen.fault(3000, "sentinel-1", "kill", "killed")
    assert truth("epochs-spread", pen) is Truth.TRUE


def test_a_run_that_ended_too_soon_tells_nothing_of_the_spread_of_epochs() -> None:
    pen = deployment()
    pen.epoch(1000, "sentinel-1", 1)
    pen.at(9000, "world", RunEnded(reason="limit"))
    assert truth("epochs-spread", pen) is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("corrected_ms", "expected"), [(18_100, Truth.TRUE), (17_000, Truth.FALSE)]
)
def test_a_stray_master_is_corrected_after_four_hello_periods(
    corrected_ms: int, expected: Truth
) -> None:
    pen = deployment()
    pen.event(10_000, "sentinel-1", "-role-change", "slave:redis-2")
    pen.event(corrected_ms, "sentinel-1", "+convert-to-slave", "slave:redis-2")
    assert truth("corrections-are-patient", pen) is expected


def test_who_was_just_down_or_never_was_a_master_is_not_converted() -> None:
    pen = deployment()
    pen.event(10_000, "sentinel-1", "-role-change", "slave:redis-2")
    pen.event(15_000, "sentinel-1", "+sdown", "slave:redis-2")
    pen.event(19_000, "sentinel-1", "+convert-to-slave", "slave:redis-2")
    assert truth("corrections-are-patient", pen) is Truth.FALSE
    pen = deployment()
    pen.event(19_000, "sentinel-1", "+convert-to-slave", "slave:redis-2")
    assert truth("corrections-are-patient", pen) is Truth.FALSE


@pytest.mark.parametrize(("after_ms", "expected"), [(3000, Truth.TRUE), (1500, Truth.FALSE)])
def test_a_lost_replica_is_repaired_after_the_failover_timeout(
    after_ms: int, expected: Truth
) -> None:
    pen = deployment()
    pen.at(
        21,
        "sentinel-1",
        MasterSettings(
            master=MASTER, quorum=2, down_after_ms=1000, failover_timeout_ms=3000, parallel_syncs=1
        ),
    )
    pen.switch(10_000, "sentinel-1", "redis-1", "redis-2")
    pen.event(10_000, "sentinel-1", "+slave", "slave:redis-3")
    pen.event(10_000 + after_ms, "sentinel-1", "+fix-slave-config", "slave:redis-3")
    assert truth("corrections-are-patient", pen) is expected


@pytest.mark.parametrize(("switched", "expected"), [("other", Truth.TRUE), (MASTER, Truth.FALSE)])
def test_a_switch_of_one_master_does_not_make_a_sentinel_patient_anew_with_another(
    switched: str, expected: Truth
) -> None:
    pen = deployment()
    settings = MasterSettings(
        master=MASTER, quorum=2, down_after_ms=1000, failover_timeout_ms=3000, parallel_syncs=1
    )
    pen.at(21, "sentinel-1", settings)
    switch = SentinelEvent(
        level="warning",
        name="+switch-master",
        payload=f"{switched} 10.0.0.1 6379 10.0.0.2 6379",
        master=switched,
        subject="master",
        host="10.0.0.1",
        port=6379,
    )
    pen.at(10_000, "sentinel-1", switch)
    pen.event(11_000, "sentinel-1", "+fix-slave-config", "slave:redis-3")
    assert truth("corrections-are-patient", pen) is expected


def test_a_master_that_is_down_is_no_model() -> None:
    pen = deployment()
    pen.event(5000, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(6000, "sentinel-1", "-sdown", "master:redis-1")
    pen.event(7000, "sentinel-1", "+fix-slave-config", "slave:redis-3")
    assert truth("corrections-follow-a-sane-master", pen) is Truth.TRUE
    pen.event(8000, "sentinel-1", "+odown", "master:redis-1")
    pen.event(9000, "sentinel-1", "+fix-slave-config", "slave:redis-3")
    assert truth("corrections-follow-a-sane-master", pen) is Truth.FALSE


def test_a_leader_keeps_its_promotion_until_the_failover_is_over() -> None:
    pen = deployment()
    pen.event(5000, "sentinel-1", "+promoted-slave", "slave:redis-2")
    pen.event(6000, "sentinel-2", "+convert-to-slave", "slave:redis-2")
    pen.switch(7000, "sentinel-1", "redis-1", "redis-2")
    pen.event(30_000, "sentinel-1", "+convert-to-slave", "slave:redis-2")
    assert truth("promotion-is-kept", pen) is Truth.TRUE
    pen.event(6500, "sentinel-1", "+convert-to-slave", "slave:redis-2")
    assert truth("promotion-is-kept", pen) is Truth.FALSE


def selection(pen: Pen, ms: float) -> None:
    two, three = pen.addresses["redis-2"], pen.addresses["redis-3"]
    pen.at(
        ms,
        "sentinel-1",
        ReplicaSelection(
            master=MASTER,
            epoch=1,
            host=two[0],
            port=two[1],
            candidates=((*two, 100, 0, "b", ""), (*three, 100, 0, "c", "")),
        ),
    )
    pen.event(ms + 500, "sentinel-1", "+promoted-slave", "slave:redis-2")


def test_a_failover_ends_when_all_replicas_are_done_or_down_or_time_is_up() -> None:
    for event in ("+slave-reconf-done", "+sdown", "+failover-end-for-timeout"):
        pen = deployment()
        selection(pen, 5000)
        target = "slave:redis-3" if event != "+failover-end-for-timeout" else "master:redis-1"
        pen.event(6000, "sentinel-1", event, target)
        pen.event(6000, "sentinel-1", "+failover-end", "master:redis-1")
        assert truth("no-replica-left-behind", pen) is Truth.TRUE
    pen = deployment()
    selection(pen, 5000)
    pen.event(6000, "sentinel-1", "+failover-end", "master:redis-1")
    assert truth("no-replica-left-behind", pen) is Truth.FALSE


@pytest.mark.parametrize(("came_up_ms", "expected"), [(5700, Truth.TRUE), (6500, Truth.FALSE)])
def test_a_reconfigured_replica_has_had_a_link_to_its_new_master(
    came_up_ms: int, expected: Truth
) -> None:
    pen = deployment()
    selection(pen, 5000)
    pen.event(5600, "sentinel-1", "+slave-reconf-sent", "slave:redis-3")
    pen.link(5600, "redis-3", False, "redis-1")
    pen.link(came_up_ms, "redis-3", True, "redis-2")
    pen.event(6000, "sentinel-1", "+slave-reconf-done", "slave:redis-3")
    assert truth("reconfigured-means-following", pen) is expected


def replica(pen: Pen, ms: float, name: str, called: str, at: str) -> None:
    """An event of sentinel-1 about the replica found at one address, and met at another."""
    (found, port), (met, _) = pen.addresses[called], pen.addresses[at]
    master, _ = pen.addresses["redis-1"]
    payload = f"slave {found}:{port} {met} {port} @ {MASTER} {master} {port}"
    pen.event(ms, "sentinel-1", name, f"slave:{at}", payload)


@pytest.mark.parametrize(
    ("called", "expected"), [("redis-2", Truth.TRUE), ("redis-3", Truth.FALSE)]
)
def test_a_stray_master_is_the_same_replica_when_its_host_name_leads_elsewhere(
    called: str, expected: Truth
) -> None:
    pen = deployment()
    replica(pen, 10_000, "-role-change", called, "redis-3")
    replica(pen, 19_000, "+convert-to-slave", "redis-2", "redis-2")
    assert truth("corrections-are-patient", pen) is expected


@pytest.mark.parametrize(
    ("called", "expected"), [("redis-3", Truth.TRUE), ("redis-2", Truth.FALSE)]
)
def test_the_promoted_replica_is_the_same_when_its_host_name_leads_elsewhere(
    called: str, expected: Truth
) -> None:
    pen = deployment()
    replica(pen, 5000, "+promoted-slave", "redis-2", "redis-2")
    replica(pen, 6000, "+convert-to-slave", called, "redis-3")
    assert truth("promotion-is-kept", pen) is expected


def believes(pen: Pen, ms: float, host: str, source: str) -> None:
    data = ConfigurationBelieved(
        master=MASTER, host=host, port=6379, config_epoch=1, before=0, source=source, peer=""
    )
    pen.at(ms, "sentinel-1", data)


@pytest.mark.parametrize(
    ("source", "said_ms", "is_explained"),
    [("switch", 20_000, True), ("switch", 31_000, False), ("promotion", 31_000, True)],
)
def test_stale_name_explains_what_is_said_while_the_master_is_called_by_it(
    source: str, said_ms: float, is_explained: bool
) -> None:
    pen = deployment()
    for ms, node in ((0, "redis-1"), (15_000, "redis-2")):
        pen.at(ms, "network", HostNamed(name="db-1", address=pen.addresses[node][0]))
    believes(pen, 1000, "db-1", "loaded")
    opinion(pen, said_ms, True, of="redis-2")
    believes(pen, 30_000, pen.addresses["redis-3"][0], source)
    (judgement,) = judge_all(pen.trace(), [find_invariant("opinions-are-ones-own")])
    assert judgement.verdict.truth is Truth.FALSE
    assert [each.name for each in judgement.peculiarities] == ["stale-name"] * is_explained
