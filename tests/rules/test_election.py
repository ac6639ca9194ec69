"""Agreement and election, rule by rule: what a request asks, limits of an attempt, epochs."""

from __future__ import annotations

import datetime

import pytest

from minisentinel.core.effects import Send
from minisentinel.core.election import count_votes, on_ask_reply
from minisentinel.core.failover import start, start_if_needed, step
from minisentinel.core.sentinel import Sentinel
from minisentinel.core.state import FailoverState
from minisentinel.replies import Reply
from tests.core.bench import MYID, NOW, Bench, commands, conf, events, logged, saves, sentinel_id

B, C = sentinel_id(2), sentinel_id(3)


def ask(bench: Bench, epoch: int, candidate: str, host: str = "10.0.0.1") -> Reply:
    """Another Sentinel asks about the master at `host`."""
    return bench.command("SENTINEL", "is-master-down-by-addr", host, "6379", str(epoch), candidate)


def test_a_star_asks_for_an_opinion_and_an_id_for_a_vote_too(bench: Bench) -> None:
    """[ELE-1-5] [ELE-3-7]"""
    assert ask(bench, 5, "*") == (0, "*", 0)
    assert (bench.state.current_epoch, bench.master().leader_epoch) == (0, 0)
    assert ask(bench, 5, B) == (0, B, 5)
    assert (bench.state.current_epoch, bench.master().leader_epoch) == (5, 5)
    assert ask(bench, 6, "*") == (0, "*", 0)
    assert bench.state.current_epoch == 5


def test_the_master_is_found_by_its_address_whatever_its_name_is_here() -> None:
    """[ELE-1-5]"""
    bench = Bench(conf("sentinel monitor other 10.0.0.7 6379 1"))
    assert ask(bench, 1, B, host="10.0.0.7") == (0, B, 1)
    assert bench.master("other").leader == B
    assert ask(bench, 1, B, host="10.0.0.8") == (0, "*", 0)
    assert ask(bench, 1, B, host="mymaster") == (0, "*", 0)


def attempt(*lines: str) -> Bench:
    """A bench in an attempt that nobody votes for, in its first tick."""
    bench = Bench(conf(*lines, quorum=1))
    bench.run(12_000)
    bench.kill("redis-1")
    while not bench.master().failover_in_progress:
        bench.run(100)
    return bench


def test_an_automatic_attempt_asks_everybody_in_its_first_tick_whenever_they_answered_last() -> (
    None
):
    """[ELE-7-9] [ELE-2-1]: a manual one does not."""
    bench = Bench(conf(quorum=1))
    bench.run(1000)
    master = bench.master()
    master.subjectively_down = master.objectively_down = True
    for peer in master.peers.values():
        peer.last_master_down_reply_time = bench.now
    bench.servers["redis-1"].hangs = True
    master.link.act_ping_time = bench.now - 5000
    asked = {
        bench.outgoing[effect.connection].name: effect.command[5]
        for effect in bench.tick(100)
        if isinstance(effect, Send) and effect.command[0] == "SENTINEL"
    }
    assert asked == {"sentinel-2": MYID, "sentinel-3": MYID}

    calm = Bench()
    calm.run(11_000)
    calm.command("SENTINEL", "FAILOVER", "mymaster")
    assert calm.master().failover_in_progress
    assert not [words for words in commands(calm.done) if words[0] == "SENTINEL"]


def test_the_first_state_does_not_wait_for_the_start_time_of_the_attempt() -> None:
    """[ELE-7-9]"""
    bench = Bench(conf(quorum=1, peers=()))
    ctx, master = bench.ctx, bench.master()
    start(ctx, master)
    master.failover_start_time = bench.now + 999
    step(ctx, master)
    assert master.failover_state is FailoverState.SELECT_REPLICA


def test_of_candidates_with_as_many_votes_the_first_in_the_table_leads() -> None:
    """[ELE-6-3] [ELE-6-4] [GEN-1-5]: and gets our own vote, if we have it still."""
    bench = Bench(conf(peers=(2, 3, 4, 5)))
    ctx, master = bench.ctx, bench.master()
    start(ctx, master)
    first, second, *others = master.peers.values()
    for peer, candidate in ((first, C), (second, B), (others[0], B), (others[1], C)):
        peer.leader, peer.leader_epoch = candidate, bench.state.current_epoch
    assert count_votes(ctx, master) == C
    assert master.leader == C


@pytest.mark.parametrize(
    ("timeout", "waited_ms", "state"),
    [
        (60_000, 0, FailoverState.WAIT_START),
        (60_000, 10_000, FailoverState.WAIT_START),
        (60_000, 10_001, FailoverState.NONE),
        (7000, 7000, FailoverState.WAIT_START),
        (7000, 7001, FailoverState.NONE),
    ],
)
def test_a_candidate_without_a_majority_stays_until_the_limit_is_passed(
    timeout: int, waited_ms: int, state: FailoverState
) -> None:
    """[ELE-8-3] [ELE-8-2] [EVT-3-28]"""
    bench = attempt(f"sentinel failover-timeout mymaster {timeout}")
    master = bench.master()
    bench.now = master.failover_start_time + waited_ms
    ctx = bench.ctx
    step(ctx, master)
    said = events(ctx.out, "-failover-abort-not-elected")
    assert master.failover_state is state
    if state is FailoverState.NONE:
        assert said == ["-failover-abort-not-elected master mymaster 10.0.0.1 6379"]
    else:
        assert not said


def test_the_next_attempt_comes_twice_the_failover_timeout_after_the_start_of_the_last() -> None:
    """[ELE-8-5] [ELE-7-3]"""
    bench = attempt()
    began = bench.master().failover_start_time
    bench.run(11_000)
    assert not bench.master().failover_in_progress
    assert bench.master().failover_start_time == began
    while bench.now < began + 19_900:
        bench.run(100)
    bench.tick(began + 19_999 - bench.now)
    assert not bench.master().failover_in_progress
    bench.tick(1)
    assert bench.master().failover_in_progress
    assert len(events(bench.done, "+try-failover")) == 2


def test_who_voted_is_delayed_from_the_moment_of_its_vote() -> None:
    """[ELE-8-5] [ELE-5-8]"""
    bench = Bench(conf(quorum=1))
    bench.run(12_000)
    bench.kill("redis-1")
    bench.run(1000)
    ask(bench, 1, B)
    voted, until = bench.now, bench.master().failover_start_time + 20_000
    assert voted + 20_000 <= until <= voted + 20_999
    while bench.now < until - 100:
        bench.run(100)
    bench.tick(until - 1 - bench.now)
    assert not bench.master().failover_in_progress
    bench.tick(1)
    assert bench.master().failover_in_progress


@pytest.mark.parametrize(
    ("hours", "text"), [(0, "Tue Nov 14 22:13:45 2023"), (2, "Wed Nov 15 00:13:45 2023")]
)
def test_the_time_of_the_next_attempt_is_told_once_in_the_time_of_the_host(
    hours: int, text: str
) -> None:
    """[ELE-7-3] [EVT-4-3]"""
    bench = Bench()
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    bench.sentinel = Sentinel(bench.state, facts=bench.facts, zone=zone)
    master = bench.master()
    master.objectively_down = True
    master.failover_start_time = NOW + 5500
    for _ in range(2):
        ctx = bench.ctx
        start_if_needed(ctx, master)
        bench.carry_out(ctx.out)
    told = f"Next failover delay: I will not start a failover before {text}"
    assert [line for line in logged(bench.done) if line.startswith("Next")] == [told]


# --- epochs ---


def epochs(bench: Bench) -> tuple[int, int, int, int]:
    """Current, leader, failover and configuration epoch."""
    master = bench.master()
    return (
        bench.state.current_epoch,
        master.leader_epoch,
        master.failover_epoch,
        master.config_epoch,
    )


def at_epoch_five() -> Bench:
    """A bench on which all four epochs are different."""
    bench = Bench(
        conf(
            "sentinel current-epoch 5",
            "sentinel leader-epoch mymaster 4",
            "sentinel config-epoch mymaster 3",
        )
    )
    bench.master().failover_epoch = 2
    return bench


def test_epochs_come_back_from_the_file() -> None:
    """[ELE-9-1] [ELE-9-2] [ELE-9-4]"""
    assert epochs(at_epoch_five()) == (5, 4, 2, 3)
    assert Bench(conf("sentinel config-epoch mymaster 8")).state.current_epoch == 8
    assert Bench(conf("sentinel leader-epoch mymaster 8")).state.current_epoch == 0


@pytest.mark.parametrize(
    ("epoch", "after"), [(4, (5, 4, 2, 3)), (5, (5, 5, 2, 3)), (6, (6, 6, 2, 3))]
)
def test_a_vote_request_raises_the_current_epoch_and_a_granted_vote_sets_the_leader_s(
    epoch: int, after: tuple[int, int, int, int]
) -> None:
    """[ELE-9-1] [ELE-9-2]"""
    bench = at_epoch_five()
    ask(bench, epoch, B)
    assert epochs(bench) == after


@pytest.mark.parametrize(
    ("epoch", "config_epoch", "after"),
    [
        (5, 3, (5, 4, 2, 3)),
        (6, 3, (6, 4, 2, 3)),
        (4, 2, (5, 4, 2, 3)),
        (5, 4, (5, 4, 2, 4)),
        (5, 9, (5, 4, 2, 9)),
    ],
)
def test_a_hello_raises_the_current_epoch_and_the_configuration_s_each_by_its_own_field(
    epoch: int, config_epoch: int, after: tuple[int, int, int, int]
) -> None:
    """[ELE-9-1] [ELE-9-4] [GOS-6.2-7]"""
    bench = at_epoch_five()
    bench.hello(epoch=epoch, config_epoch=config_epoch)
    assert epochs(bench) == after


def test_an_attempt_counts_the_current_epoch_up_and_takes_it_for_its_own() -> None:
    """[ELE-9-1] [ELE-9-3] [CFG-5-13]: saved only with the vote that follows."""
    bench = at_epoch_five()
    ctx = bench.ctx
    start(ctx, bench.master())
    assert epochs(bench) == (6, 4, 6, 3)
    assert not saves(ctx.out)


def test_a_reply_raises_no_epoch() -> None:
    """[ELE-9-1] [ELE-4-5]"""
    bench = at_epoch_five()
    on_ask_reply(bench.ctx, bench.master(), bench.peer("sentinel-2"), (1, B, 99))
    assert epochs(bench) == (5, 4, 2, 3)


def test_only_a_promotion_may_take_the_configuration_epoch_back() -> None:
    """[ELE-9-5] [ELE-9-4] [FAI-4.4-2]: it is not compared with what was adopted meanwhile."""
    bench = Bench(conf(quorum=1, peers=(2,)))
    bench.run(12_000)
    bench.peers["sentinel-2"].vote = "asker"
    bench.kill("redis-1")
    while bench.master().failover_state is not FailoverState.WAIT_PROMOTION:
        bench.run(100)
    bench.hello(epoch=7, config_epoch=7)
    assert epochs(bench) == (7, 1, 1, 7)
    while bench.master().failover_state is FailoverState.WAIT_PROMOTION:
        bench.run(100)
    assert epochs(bench) == (7, 1, 1, 1)


@pytest.mark.parametrize("words", [("RESET", "*"), ("FLUSHCONFIG",)])
def test_nothing_else_takes_an_epoch_back(words: tuple[str, ...]) -> None:
    """[ELE-9-5]"""
    bench = at_epoch_five()
    for number in (0, 1, 2):
        bench.hello(epoch=number, config_epoch=number)
        ask(bench, number, C)
    bench.command("SENTINEL", *words)
    assert epochs(bench) == (5, 4, 2, 3)
