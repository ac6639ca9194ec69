"""Asking, answering, voting and counting: what is done and recorded."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Answer, Note, Save
from minisentinel.core.election import count_votes
from minisentinel.core.state import FailoverState
from minisentinel.replies import Error, Reply, Status
from minisentinel.trace import VoteRefused, VotesCounted
from tests.core.bench import MYID, NOW, Bench, commands, conf, events, logged, saves, sentinel_id

B, C = sentinel_id(2), sentinel_id(3)


def asked(bench: Bench, epoch: int, candidate: str = "*", master: str = "10.0.0.1") -> Reply:
    return bench.command(
        "SENTINEL", "is-master-down-by-addr", master, "6379", str(epoch), candidate
    )


def questions(bench: Bench) -> list[tuple[str, ...]]:
    return [words[2:] for words in commands(bench.done) if words[0] == "SENTINEL"]


# --- asking ---


def test_a_question_names_the_master_the_current_epoch_and_a_star() -> None:
    """[ELE-1-1] [ELE-1-2] [ELE-1-3] [ELE-1-4] [ELE-2-1]"""
    bench = Bench(conf("sentinel current-epoch 6"))
    bench.run(1000)
    bench.kill("redis-1")
    assert not questions(bench)
    bench.run(2300)
    assert questions(bench) == [("10.0.0.1", "6379", "6", "*")] * 2


def test_the_attempt_asks_every_peer_at_once_and_an_idle_one_twice() -> None:
    """[ELE-2-5] [MON-2.1-6]"""
    bench = Bench(conf(quorum=1, peers=(2,)))
    bench.run(1000)
    bench.kill("redis-1")
    bench.run(2200)
    assert questions(bench) == [("10.0.0.1", "6379", "1", MYID)] * 2


def test_nobody_is_asked_during_a_manual_failover_of_a_healthy_master() -> None:
    """[ELE-2-6]"""
    bench = Bench()
    bench.run(11_000)
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == Status("OK")
    bench.run(3000)
    assert not questions(bench)


# --- answering ---


def test_the_opinion_is_one_only_when_the_master_is_down_here_and_not_in_tilt() -> None:
    """[ELE-3-1] [ELE-3-6] [MON-8-8]"""
    bench = Bench()
    bench.run(1000)
    assert asked(bench, 0) == (0, "*", 0)
    bench.kill("redis-1")
    bench.run(2300)
    assert asked(bench, 0) == (1, "*", 0)
    bench.tick(2001)
    assert asked(bench, 0) == (0, "*", 0)


@pytest.mark.parametrize("port", ["-1", "65536", "9999999999"])
def test_an_impossible_port_is_a_master_that_nobody_knows(port: str) -> None:
    """[ELE-3-5] [ELE-3-3]"""
    bench = Bench()
    reply = bench.command("SENTINEL", "is-master-down-by-addr", "10.0.0.1", port, "1", B)
    assert reply == (0, "*", 0)
    assert bench.state.current_epoch == 0


@pytest.mark.parametrize(
    ("port", "epoch"), [("x", "1"), ("6379", "x"), ("", "1"), ("6379", "1.0"), ("6379", "9" * 5000)]
)
def test_port_and_epoch_must_be_integers(port: str, epoch: str) -> None:
    """[ELE-3-4]"""
    reply = Bench().command("SENTINEL", "is-master-down-by-addr", "10.0.0.1", port, epoch, B)
    assert reply == Error("ERR value is not an integer or out of range")


def test_a_negative_epoch_is_a_very_large_one() -> None:
    """[ELE-3-4]"""
    assert asked(Bench(), -1, B) == (0, B, 2**64 - 1)


def test_the_vote_is_saved_before_the_answer_leaves() -> None:
    """[ELE-3-7] [ELE-5-1] [CFG-5-3] [CFG-5-4] [EVT-3-22] [EVT-3-25]"""
    bench = Bench()
    assert asked(bench, 1, B) == (0, B, 1)
    kinds = [type(e) for e in bench.done]
    assert kinds.index(Answer) > max(i for i, kind in enumerate(kinds) if kind is Save)
    assert [s.masters[0].leader_epoch for s in saves(bench.done)] == [0, 1]
    assert events(bench.done)[1:] == ["+new-epoch 1", f"+vote-for-leader {B} 1"]


def test_one_vote_per_master_and_epoch() -> None:
    """[ELE-5-2] [ELE-3-2] [ELE-3-8]: the candidate need not be known."""
    bench = Bench()
    assert asked(bench, 1, "z" * 40) == (0, "z" * 40, 1)
    count = len(saves(bench.done))
    assert asked(bench, 1, B) == (0, "z" * 40, 1)
    assert asked(bench, 1, "z" * 40) == (0, "z" * 40, 1)
    assert len(saves(bench.done)) == count


def test_an_epoch_that_is_behind_gets_no_vote_and_the_reason_is_noted() -> None:
    """[ELE-5-3]"""
    bench = Bench(tracing=True)
    bench.hello("sentinel-2", epoch=5)
    assert asked(bench, 4, C) == (0, "*", 0)
    assert asked(bench, 5, B) == (0, B, 5)
    assert asked(bench, 5, C) == (0, B, 5)
    refused = [e.data for e in bench.done if isinstance(e, Note) and type(e.data) is VoteRefused]
    assert [(r.reason, r.voted_for, r.voted_epoch) for r in refused] == [
        ("old-epoch", "", 0),
        ("already-voted", B, 5),
    ]


def test_different_masters_may_get_different_votes_in_one_epoch() -> None:
    """[ELE-5-4]"""
    bench = Bench(conf("sentinel monitor other 10.0.0.7 6379 2"))
    assert asked(bench, 1, B) == (0, B, 1)
    assert asked(bench, 1, C, "10.0.0.7") == (0, C, 1)


def test_a_vote_is_granted_although_the_disk_fails() -> None:
    """[ELE-5-5] [CFG-5-14]"""
    bench = Bench()
    bench.disk_error = "No space left on device"
    assert asked(bench, 1, B) == (0, B, 1)
    warning = (
        "WARNING: Sentinel was not able to save the new configuration on disk!!!: "
        "No space left on device"
    )
    assert logged(bench.done)[-2:] == [warning] * 2


@pytest.mark.parametrize("how", ["restart", "reset", "switch"])
def test_the_name_is_forgotten_and_the_epoch_is_kept(how: str) -> None:
    """[ELE-5-6] [ELE-5-7]"""
    bench = Bench()
    asked(bench, 3, B)
    if how == "restart":
        bench.restart()
    elif how == "reset":
        bench.command("SENTINEL", "RESET", "mymaster")
    else:
        bench.hello("sentinel-2", config_epoch=1, master="redis-2")
    master = "10.0.0.2" if how == "switch" else "10.0.0.1"
    assert asked(bench, 3, C, master) == (0, "*", 3)


def test_voting_for_another_delays_own_attempts_and_for_oneself_does_not() -> None:
    """[ELE-5-8]"""
    bench = Bench()
    asked(bench, 1, MYID)
    assert bench.master().failover_start_time == 0
    asked(bench, 2, B)
    assert NOW <= bench.master().failover_start_time <= NOW + 999


# --- using an answer ---


@pytest.mark.parametrize(
    "reply",
    [
        None,
        Error("ERR no"),
        (1, "*"),
        (1, "*", 0, 0),
        ("1", "*", 0),
        (1, Status("*"), 0),
        (1, "*", "0"),
        (1, None, 0),
        Status("OK"),
    ],
)
def test_an_answer_of_another_shape_is_ignored(reply: Reply) -> None:
    """[ELE-4-1]"""
    bench = down(Bench())
    before = bench.peer("sentinel-2").last_master_down_reply_time
    bench.reply("sentinel-2", reply)
    assert bench.peer("sentinel-2").last_master_down_reply_time == before
    assert not bench.peer("sentinel-2").master_down


def down(bench: Bench) -> Bench:
    """The bench at a moment when its peers have been asked about the master."""
    bench.run(1000)
    bench.kill("redis-1")
    while not questions(bench):
        bench.tick()
    queued = bench.outgoing[bench.connection("sentinel-2")].queued
    while queued[0][0] != "SENTINEL":
        bench.reply("sentinel-2", bench.answer_of("sentinel-2", queued[0]))
    return bench


@pytest.mark.parametrize(("first", "flag"), [(1, True), (0, False), (2, False)])
def test_only_one_means_down(first: int, flag: bool) -> None:
    """[ELE-4-2] [ELE-4-3]"""
    bench = down(Bench())
    bench.peer("sentinel-2").master_down = not flag
    bench.reply("sentinel-2", (first, "*", 0))
    assert bench.peer("sentinel-2").master_down is flag
    assert bench.peer("sentinel-2").last_master_down_reply_time == bench.now


def test_a_vote_is_recorded_and_logged_when_its_epoch_is_new() -> None:
    """[ELE-4-4] [ELE-4-5]"""
    bench = down(Bench())
    for _ in range(3):
        bench.tick(1000)
    assert logged(bench.reply("sentinel-2", (1, B, 4))) == [f"{B} voted for {B} 4"]
    peer = bench.peer("sentinel-2")
    assert (peer.leader, peer.leader_epoch) == (B, 4)
    queued = bench.outgoing[bench.connection("sentinel-2")].queued
    while queued[0][0] != "SENTINEL":
        bench.reply("sentinel-2", bench.answer_of("sentinel-2", queued[0]))
    assert logged(bench.reply("sentinel-2", (1, C, 4))) == []
    assert (peer.leader, peer.leader_epoch) == (C, 4)
    while queued[0][0] != "SENTINEL":
        bench.reply("sentinel-2", bench.answer_of("sentinel-2", queued[0]))
    bench.reply("sentinel-2", (0, "*", 9))
    assert (peer.leader, peer.leader_epoch) == (C, 4)
    assert bench.state.current_epoch == 0


# --- counting ---


def candidate(peers: tuple[int, ...] = (2, 3), quorum: int = 2, epoch: int = 1) -> Bench:
    """The bench in an attempt of `epoch`, before any vote."""
    bench = Bench(conf(peers=peers, quorum=quorum), tracing=True)
    bench.state.current_epoch = epoch
    master = bench.master()
    master.failover_epoch = epoch
    master.failover_in_progress = True
    master.failover_state = FailoverState.WAIT_START
    return bench


def votes(bench: Bench, **given: tuple[str, int]) -> None:
    for name, (leader, epoch) in given.items():
        peer = bench.peer(name.replace("_", "-"))
        peer.leader, peer.leader_epoch = leader, epoch


def test_a_fresh_attempt_votes_for_itself_and_saves() -> None:
    """[ELE-6-1] [ELE-6-5] [ELE-6-7] [CFG-5-13]"""
    bench = candidate()
    ctx = bench.ctx
    assert count_votes(ctx, bench.master()) == ""
    assert saves(ctx.out)[0].masters[0].leader_epoch == 1
    assert events(ctx.out) == [f"+vote-for-leader {MYID} 1"]
    ctx = bench.ctx
    count_votes(ctx, bench.master())
    assert not saves(ctx.out)


def test_a_majority_elects() -> None:
    """[ELE-6-2] [ELE-6-3] [ELE-6-6]"""
    bench = candidate()
    votes(bench, sentinel_2=(MYID, 1))
    assert count_votes(bench.ctx, bench.master()) == MYID


def test_known_sentinels_count_as_voters_dead_or_alive() -> None:
    """[ELE-6-2] [GOS-7-1]"""
    bench = candidate(peers=(2, 3, 4, 5))
    for name in ("sentinel-3", "sentinel-4", "sentinel-5"):
        bench.peer(name).subjectively_down = True
    votes(bench, sentinel_2=(MYID, 1))
    assert count_votes(bench.ctx, bench.master()) == ""
    votes(bench, sentinel_3=(MYID, 1))
    assert count_votes(bench.ctx, bench.master()) == MYID


def test_a_majority_below_the_quorum_does_not_elect() -> None:
    """[ELE-6-6]"""
    bench = candidate(quorum=3)
    votes(bench, sentinel_2=(MYID, 1))
    assert count_votes(bench.ctx, bench.master()) == ""
    votes(bench, sentinel_3=(MYID, 1))
    assert count_votes(bench.ctx, bench.master()) == MYID


def test_votes_of_other_epochs_do_not_count() -> None:
    """[ELE-6-3]"""
    bench = candidate(epoch=5)
    votes(bench, sentinel_2=(MYID, 4), sentinel_3=(MYID, 6))
    assert count_votes(bench.ctx, bench.master()) == ""


def test_own_vote_goes_to_whoever_leads_the_count() -> None:
    """[ELE-6-4] [ELE-6-5]"""
    bench = candidate()
    votes(bench, sentinel_2=(B, 1))
    assert count_votes(bench.ctx, bench.master()) == B
    assert bench.master().leader == B


def test_a_single_sentinel_elects_itself() -> None:
    """[ELE-6-6] [MON-2.1-9]"""
    bench = candidate(peers=(), quorum=1)
    assert count_votes(bench.ctx, bench.master()) == MYID


def test_votes_in_a_newer_epoch_elect_under_the_older_one() -> None:
    """[ELE-6-8]"""
    bench = candidate(epoch=1)
    assert asked(bench, 2, C) == (0, C, 2)
    votes(bench, sentinel_2=(MYID, 2))
    assert count_votes(bench.ctx, bench.master()) == ""  # our vote of epoch 2 is C's
    votes(bench, sentinel_3=(MYID, 2))
    assert count_votes(bench.ctx, bench.master()) == MYID
    assert bench.master().failover_epoch == 1


def test_an_unchanged_count_is_noted_once() -> None:
    bench = candidate()
    noted = []
    for _ in range(3):
        ctx = bench.ctx
        count_votes(ctx, bench.master())
        noted += [e.data for e in ctx.out if isinstance(e, Note) and type(e.data) is VotesCounted]
    assert [(n.votes, n.needed, n.voters, n.winner) for n in noted] == [(((MYID, 1),), 2, 3, "")]


# --- starting ---


def test_a_failover_delay_is_logged_once_for_each_start_time() -> None:
    """[ELE-7-3] [EVT-4-3]"""
    bench = Bench()
    bench.run(1000)
    bench.command("SENTINEL", "is-master-down-by-addr", "10.0.0.1", "6379", "1", B)
    bench.peers["sentinel-2"].down = True
    bench.kill("redis-1")
    bench.run(6000)
    assert len([t for t in logged(bench.done) if t.startswith("Next failover delay")]) == 1


def test_a_sentinel_alone_is_elected_in_the_tick_that_finds_the_master_down() -> None:
    """[MON-2.1-7] [MON-2.1-9] [ELE-7-4] [ELE-7-5] [ELE-7-6] [ELE-7-7] [ELE-7-8] [ELE-8-1]
    [EVT-3-26] [EVT-3-27] [EVT-3-29]"""
    bench = Bench(conf(peers=(), quorum=1))
    bench.run(1000)
    bench.kill("redis-1")
    while not events(effects := bench.tick(), "+sdown"):
        bench.establish()
        bench.answer()
    assert [line.split()[0] for line in events(effects)] == [
        "+sdown",
        "+odown",
        "+new-epoch",
        "+try-failover",
        "+vote-for-leader",
        "+elected-leader",
        "+failover-state-select-slave",
    ]
    master = bench.master()
    assert bench.now <= master.failover_start_time <= bench.now + 999
    assert master.failover_state_change_time == bench.now
    assert (bench.state.current_epoch, master.failover_epoch, master.config_epoch) == (1, 1, 0)
