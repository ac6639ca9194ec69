"""Each invariant is kept by good traces, and names the entry that breaks it."""

from __future__ import annotations

import pytest

from minisentinel.trace import ConfigurationSaved, FailoverStateChanged, MasterSettings, Trace
from sim.invariants import (
    ATTEMPTS_ARE_SPACED,
    CLIENTS_WRITE_AT_THE_END,
    EPOCHS_NEVER_GO_BACK,
    INVARIANTS,
    ONE_LEADER_PER_EPOCH,
    ONE_MASTER_AT_THE_END,
    ONE_VOTE_PER_EPOCH,
    Truth,
    find_invariant,
    judge_all,
)
from sim.invariants.liveness import ORDER_AT_THE_END
from sim.trace import Operation, RunEnded
from tests.judge.stories import MASTER, Pen, deployment, failover_story


@pytest.mark.parametrize("fault", ["kill", "pause"])
@pytest.mark.parametrize("failed_election", [False, True])
def test_a_proper_failover_keeps_all_invariants(fault: str, failed_election: bool) -> None:
    trace = failover_story(fault=fault, failed_election=failed_election)
    assert [str(each) for each in judge_all(trace) if each.verdict.truth is Truth.FALSE] == []


def test_nothing_is_known_of_a_trace_without_sentinels() -> None:
    trace = deployment(sentinels=0).trace()
    assert [each.invariant.name for each in judge_all(trace) if each.is_broken] == []
    for name in ("one-leader-per-epoch", "leader-has-the-votes", "one-vote-per-epoch"):
        assert find_invariant(name).judge(trace).truth is Truth.UNKNOWN


def test_an_unknown_verdict_is_not_true() -> None:
    assert not ONE_LEADER_PER_EPOCH.judge(Trace())


def test_names_are_unique_and_sentences_are_sentences() -> None:
    assert len({invariant.name for invariant in INVARIANTS}) == len(INVARIANTS)
    for invariant in INVARIANTS:
        assert invariant.statement.endswith(".")
        assert invariant.why.endswith(".")
        assert find_invariant(invariant.name) is invariant


def elect(pen: Pen, ms: float, sentinel: str, epoch: int) -> None:
    pen.epoch(ms, sentinel, epoch)
    pen.event(ms, sentinel, "+try-failover", "master:redis-1")
    pen.event(ms + 50, sentinel, "+elected-leader", "master:redis-1")


def test_two_leaders_in_one_epoch_break_the_first_and_both_are_evidence() -> None:
    pen = deployment()
    elect(pen, 1000, "sentinel-1", 1)
    elect(pen, 1010, "sentinel-2", 1)
    verdict = ONE_LEADER_PER_EPOCH.judge(pen.trace())
    assert verdict.truth is Truth.FALSE
    assert [entry.node for entry in verdict.evidence] == ["sentinel-1", "sentinel-2"]
    assert "epoch 1" in verdict.reason


def test_leaders_of_different_epochs_are_fine() -> None:
    pen = deployment()
    elect(pen, 1000, "sentinel-1", 1)
    elect(pen, 2000, "sentinel-2", 2)
    assert ONE_LEADER_PER_EPOCH.judge(pen.trace())


def test_the_epoch_of_a_leader_is_that_of_its_attempt_not_a_later_one() -> None:
    pen = deployment()
    pen.epoch(1000, "sentinel-1", 1)
    pen.event(1000, "sentinel-1", "+try-failover", "master:redis-1")
    pen.epoch(1010, "sentinel-1", 2)
    pen.event(1050, "sentinel-1", "+elected-leader", "master:redis-1")
    elect(pen, 1010, "sentinel-2", 2)
    assert ONE_LEADER_PER_EPOCH.judge(pen.trace())


def test_a_second_vote_after_a_restart_breaks_one_vote_per_epoch() -> None:
    pen = deployment()
    pen.vote(1000, "sentinel-1", "sentinel-2", 3)
    pen.fault(1100, "sentinel-1", "kill", "killed")
    pen.node(1200, "sentinel-1", "sentinel")
    pen.vote(1300, "sentinel-1", "sentinel-3", 3)
    verdict = ONE_VOTE_PER_EPOCH.judge(pen.trace())
    assert verdict.truth is Truth.FALSE
    assert [entry.time_us for entry in verdict.evidence] == [1_000_000, 1_300_000]


def test_votes_of_different_sentinels_and_epochs_are_fine() -> None:
    pen = deployment()
    for epoch in (1, 2):
        for voter in ("sentinel-1", "sentinel-2"):
            pen.vote(1000 * epoch, voter, "sentinel-3", epoch)
    assert ONE_VOTE_PER_EPOCH.judge(pen.trace())


def test_who_is_told_to_forget_a_master_may_vote_again() -> None:
    pen = deployment()
    pen.vote(1000, "sentinel-1", "sentinel-2", 3)
    pen.event(1100, "sentinel-1", "-monitor", "master:redis-1")
    pen.vote(1300, "sentinel-1", "sentinel-3", 3)
    assert ONE_VOTE_PER_EPOCH.judge(pen.trace())


def test_an_epoch_that_goes_back_over_a_restart_is_broken() -> None:
    pen = deployment()
    pen.epoch(1000, "sentinel-1", 5)
    pen.at(2000, "sentinel-1", ConfigurationSaved(current_epoch=4, error=""))
    verdict = EPOCHS_NEVER_GO_BACK.judge(pen.trace())
    assert verdict.truth is Truth.FALSE
    assert [entry.time_us for entry in verdict.evidence] == [1_000_000, 2_000_000]


def test_epochs_of_different_sentinels_are_not_compared() -> None:
    pen = deployment()
    pen.epoch(1000, "sentinel-1", 5)
    pen.epoch(1500, "sentinel-2", 4)
    assert EPOCHS_NEVER_GO_BACK.judge(pen.trace())


def test_a_group_at_rest_has_one_master() -> None:
    assert ONE_MASTER_AT_THE_END.judge(deployment().trace())


def test_sentinels_that_name_different_masters_break_the_last() -> None:
    pen = deployment()
    pen.role(1000, "redis-2", "master")
    pen.switch(2000, "sentinel-2", "redis-1", "redis-2")
    verdict = ONE_MASTER_AT_THE_END.judge(pen.trace())
    assert verdict.truth is Truth.FALSE
    assert verdict.reason == "sentinel-1 names redis-1, sentinel-2 names redis-2"


def test_a_sentinel_that_is_down_may_think_what_it_likes() -> None:
    pen = deployment()
    pen.fault(500, "sentinel-1", "kill", "killed")
    pen.fault(500, "redis-1", "kill", "killed")
    pen.role(1000, "redis-2", "master")
    pen.role(1100, "redis-3", "replica", "redis-2")
    pen.link(1200, "redis-3", True, "redis-2")
    for name in ("sentinel-2", "sentinel-3"):
        pen.switch(2000, name, "redis-1", "redis-2")
    trace = pen.trace()
    assert all(judge(trace) for judge in ORDER_AT_THE_END)
    assert ONE_MASTER_AT_THE_END.judge(trace).reason == "sentinel-1 never came back"


@pytest.mark.parametrize(
    ("mischief", "reason"),
    [
        (lambda pen: pen.role(1000, "redis-2", "master"), "redis-2 is a master too"),
        (lambda pen: pen.role(1000, "redis-3", "replica", "redis-2"), "redis-3 follows redis-2"),
        (
            lambda pen: pen.link(1000, "redis-3", False, "redis-1"),
            "the link of redis-3 to redis-1 is down",
        ),
        (
            lambda pen: pen.fault(1000, "redis-1", "kill", "killed"),
            "redis-1, the master of mymaster, is not running",
        ),
        (
            lambda pen: pen.role(1000, "redis-1", "replica", "redis-2"),
            "redis-1, the master of mymaster, is replica",
        ),
    ],
)
def test_what_is_wrong_at_the_end_is_told(mischief: object, reason: str) -> None:
    pen = deployment()
    assert callable(mischief)
    mischief(pen)
    trace = pen.trace()
    verdict = next(each for judge in ORDER_AT_THE_END if not (each := judge(trace)))
    assert (verdict.truth, verdict.reason) == (Truth.FALSE, reason)
    assert verdict.evidence[-1].time_us == 1_000_000


def test_epochs_do_not_go_back_where_sentinels_opened_none() -> None:
    pen = deployment(sentinels=1, replicas=0, clients=0)
    assert EPOCHS_NEVER_GO_BACK.judge(pen.trace())


def two_attempts(pen: Pen, apart_ms: float) -> Truth:
    """Of sentinel-1, which has to wait for twice three seconds between them."""
    settings = MasterSettings(
        master=MASTER,
        quorum=2,
        down_after_ms=1000,
        failover_timeout_ms=3000,
        parallel_syncs=1,
    )
    pen.at(1000, "sentinel-1", settings)
    for epoch, ms in ((1, 20_000), (2, 20_000 + apart_ms)):
        begun = FailoverStateChanged(
            master=MASTER, epoch=epoch, before="none", after="wait_start", why="objectively down"
        )
        pen.at(ms, "sentinel-1", begun)
        pen.event(ms, "sentinel-1", "+try-failover", "master:redis-1")
    return ATTEMPTS_ARE_SPACED.judge(pen.trace()).truth


@pytest.mark.parametrize(
    ("node", "is_neighbour", "expected"),
    [
        ("sentinel-1", False, Truth.TRUE),
        ("redis-1", True, Truth.TRUE),
        ("redis-1", False, Truth.FALSE),
        ("redis-2", True, Truth.FALSE),
    ],
)
@pytest.mark.parametrize("verb", ["drift_clock", "step_clock"])
def test_clock_of_a_machine_is_that_of_all_who_run_on_it(
    verb: str, node: str, is_neighbour: bool, expected: Truth
) -> None:
    """A neighbour of redis-1, and of nobody else, waits by the clock of redis-1."""
    pen = deployment()
    if is_neighbour:
        pen.addresses["sentinel-1"] = (pen.addresses["redis-1"][0], 26379)
        pen.node(500, "sentinel-1", "sentinel")
    pen.fault(10_000, node, verb)
    assert two_attempts(pen, 5_960) is expected


def test_clock_that_is_right_excuses_no_early_attempt() -> None:
    assert two_attempts(deployment(), 5_960) is Truth.FALSE
    assert two_attempts(deployment(), 6_000) is Truth.TRUE


def sent_to(server: str, *, role: str = "replica", problem: str = "no master") -> Truth:
    """A client hears of redis-1 or redis-2 as the master; sentinel-1 alone names redis-2."""
    pen = deployment(clients=1)
    pen.role(5000, "redis-2", role, "" if role == "master" else "redis-1")
    pen.switch(5000, "sentinel-1", "redis-1", "redis-2")
    return write_in_vain(pen, server, problem)


def write_in_vain(
    pen: Pen, server: str, problem: str = "no master", *, end: str = "limit"
) -> Truth:
    host, port = pen.addresses[server]
    for ms in range(50_000, 60_000, 100):
        failed = Operation(
            name="SET",
            write=f"k=v{ms}",
            target="",
            started_us=(ms - 1) * 1000,
            outcome="failed",
            error=f"{host}:{port}: {problem}",
        )
        pen.at(ms, "client-1", failed)
    pen.at(60_000, "world", RunEnded(reason=end))
    return CLIENTS_WRITE_AT_THE_END.judge(pen.trace()).truth


def test_client_of_a_sentinel_that_names_a_replica_alone_is_led_astray() -> None:
    assert sent_to("redis-2") is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("server", "role", "problem"),
    [
        ("redis-1", "replica", "no master"),
        ("redis-3", "replica", "no master"),
        ("redis-2", "master", "no master"),
        ("redis-2", "replica", "timed out"),
    ],
)
def test_sentinels_that_disagree_excuse_no_other_failure_of_a_client(
    server: str, role: str, problem: str
) -> None:
    assert sent_to(server, role=role, problem=problem) is Truth.FALSE


@pytest.mark.parametrize("are_agreed_on", ["redis-1", "redis-2"])
def test_where_all_sentinels_agree_no_client_is_led_astray(are_agreed_on: str) -> None:
    pen = deployment(clients=1)
    if are_agreed_on == "redis-2":
        for number in (1, 2, 3):
            pen.switch(5000, f"sentinel-{number}", "redis-1", "redis-2")
    assert write_in_vain(pen, "redis-2") is Truth.FALSE


def test_sentinel_that_is_dead_leads_nobody_astray() -> None:
    pen = deployment(clients=1)
    pen.switch(5000, "sentinel-1", "redis-1", "redis-2")
    pen.fault(6000, "sentinel-1", "kill", "killed")
    assert write_in_vain(pen, "redis-2", end="calm") is Truth.FALSE
