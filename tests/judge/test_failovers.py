"""Failovers and their phases, computed from a trace."""

from __future__ import annotations

import pytest

from minisentinel.trace import SentinelEvent, Trace
from sim.judge import Failover, find_attempts, find_corrections, find_failovers
from tests.judge.stories import FAULT_MS, MASTER, Pen, deployment, failover_story


def times(trace: Trace, name: str, *, master: bool = True) -> list[int]:
    return [
        entry.time_us
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent)
        and entry.data.name == name
        and (not master or entry.data.subject == "master")
    ]


def only(trace: Trace) -> Failover:
    (failover,) = find_failovers(trace)
    return failover


def attempt(pen: Pen, sentinel: str, start: float, epoch: int, old: str = "redis-1") -> None:
    pen.epoch(start, sentinel, epoch)
    pen.event(start, sentinel, "+try-failover", f"master:{old}")


def win(pen: Pen, sentinel: str, start: float, new: str, old: str = "redis-1") -> None:
    """Elected after 100 ms, promotion seen after 1 s, finished after 2 s."""
    pen.event(start + 100, sentinel, "+elected-leader", f"master:{old}")
    pen.event(start + 150, sentinel, "+selected-slave", f"slave:{new}")
    pen.event(start + 200, sentinel, "+failover-state-wait-promotion", f"slave:{new}")
    pen.event(start + 1000, sentinel, "+promoted-slave", f"slave:{new}")
    pen.event(start + 2000, sentinel, "+failover-end", f"master:{old}")
    pen.switch(start + 2000, sentinel, old, new)


def test_phases_are_cut_at_the_events_that_define_them() -> None:
    trace = failover_story()
    failover = only(trace)
    leader = failover.winner.sentinel if failover.winner else ""
    switch = next(each.time_us for each in failover.switches if each.sentinel == leader)
    sdown, odown = times(trace, "+sdown")[0], times(trace, "+odown")[0]
    tried, elected = times(trace, "+try-failover")[0], times(trace, "+elected-leader")[0]
    promoted = times(trace, "+promoted-slave", master=False)[0]
    expected = [
        ("detection", FAULT_MS * 1000, sdown),
        ("agreement", sdown, odown),
        ("election", tried, elected),
        ("promotion", elected, promoted),
        ("reconfiguration", promoted, switch),
    ]
    assert [(phase.name, phase.start_us, phase.end_us) for phase in failover.phases] == expected


@pytest.mark.parametrize(
    "trace",
    [failover_story(), failover_story(failed_election=True), failover_story(fault="pause")],
    ids=["kill", "election fails first", "pause"],
)
def test_phases_follow_each_other_without_a_gap(trace: Trace) -> None:
    phases = only(trace).phases
    assert [phase.end_us for phase in phases[:-1]] == [phase.start_us for phase in phases[1:]]


def test_every_sentinel_switches_and_the_leader_last() -> None:
    failover = only(failover_story(sentinels=5, replicas=5))
    assert failover.winner is not None
    switched = sorted(switch.sentinel for switch in failover.switches)
    assert switched == [f"sentinel-{number}" for number in range(1, 6)]
    assert failover.switches[-1].sentinel == failover.winner.sentinel


def test_an_election_that_fails_first_is_a_phase_of_its_own() -> None:
    failover = only(failover_story(failed_election=True))
    names = [phase.name for phase in failover.phases]
    assert names[2:5] == ["failed attempt", "waiting", "election"]
    assert failover.phases[2].detail == "not-elected"
    outcomes = [each.outcome for each in failover.attempts]
    assert outcomes == ["not-elected", "not-elected", "completed"]


def test_reconfigurations_tell_what_the_leader_saw() -> None:
    failover = only(failover_story(replicas=3))
    assert failover.winner is not None
    for each in failover.winner.reconfigurations:
        assert each.in_progress_us is not None
        assert each.done_us is not None
        assert each.sent_us < each.in_progress_us <= each.done_us


def test_two_failovers_in_one_trace_are_told_apart() -> None:
    pen = deployment(clients=0)
    for start, old, new in ((1000, "redis-1", "redis-2"), (20_000, "redis-2", "redis-3")):
        pen.fault(start, old, "kill", "killed")
        for number in (1, 2, 3):
            pen.event(start + 2000 + number, f"sentinel-{number}", "+sdown", f"master:{old}")
        pen.event(start + 2100, "sentinel-1", "+odown", f"master:{old}")
        attempt(pen, "sentinel-1", start + 2100, start // 1000, old)
        win(pen, "sentinel-1", start + 2100, new, old)
        for number in (2, 3):
            pen.switch(start + 3200, f"sentinel-{number}", old, new)
    first, second = find_failovers(pen.trace())
    assert (first.old, first.new) == (pen.addresses["redis-1"], pen.addresses["redis-2"])
    assert (second.old, second.new) == (pen.addresses["redis-2"], pen.addresses["redis-3"])
    assert (first.cause_us, second.cause_us) == (1_000_000, 20_000_000)
    assert len(first.switches) == len(second.switches) == 3


def test_a_manual_failover_has_neither_detection_nor_agreement() -> None:
    pen = deployment(clients=0)
    attempt(pen, "sentinel-1", 1000, 1)
    win(pen, "sentinel-1", 1000, "redis-2")
    failover = only(pen.trace())
    assert [phase.name for phase in failover.phases] == ["election", "promotion", "reconfiguration"]
    assert failover.cause_us is failover.first_sdown_us is None


def test_attempts_in_separate_episodes_are_separate_failovers() -> None:
    pen = deployment(clients=0)
    for start, epoch in ((1000, 1), (50_000, 2)):
        pen.event(start, "sentinel-1", "+sdown", "master:redis-1")
        pen.event(start + 50, "sentinel-1", "+odown", "master:redis-1")
        attempt(pen, "sentinel-1", start + 50, epoch)
        pen.event(start + 100, "sentinel-1", "-failover-abort-no-good-slave", "master:redis-1")
        pen.event(start + 500, "sentinel-1", "-sdown", "master:redis-1")
        pen.event(start + 500, "sentinel-1", "-odown", "master:redis-1")
    failovers = find_failovers(pen.trace())
    assert [failover.winner for failover in failovers] == [None, None]
    assert [failover.attempts[0].outcome for failover in failovers] == ["no-good-slave"] * 2


def test_a_loser_that_hears_of_the_result_is_superseded() -> None:
    pen = deployment(clients=0)
    for name in ("sentinel-1", "sentinel-2"):
        attempt(pen, name, 1000, 1)
    win(pen, "sentinel-1", 1000, "redis-2")
    pen.switch(2100, "sentinel-2", "redis-1", "redis-2")
    outcomes = {each.sentinel: each.outcome for each in find_attempts(pen.trace())}
    assert outcomes == {"sentinel-1": "completed", "sentinel-2": "superseded"}


def test_an_election_with_a_rival_begins_with_the_first_of_the_two() -> None:
    pen = deployment(clients=0)
    pen.event(800, "sentinel-3", "+sdown", "master:redis-1")
    attempt(pen, "sentinel-2", 900, 1)
    attempt(pen, "sentinel-1", 1000, 1)
    win(pen, "sentinel-1", 1000, "redis-2")
    pen.switch(2100, "sentinel-2", "redis-1", "redis-2")
    election = only(pen.trace()).phases[0]
    assert (election.name, election.start_us, election.end_us) == ("election", 900_000, 1_100_000)


def test_a_leader_that_dies_leaves_a_phase_incomplete() -> None:
    pen = deployment(clients=0)
    attempt(pen, "sentinel-1", 1000, 1)
    pen.event(1100, "sentinel-1", "+elected-leader", "master:redis-1")
    pen.event(1150, "sentinel-1", "+selected-slave", "slave:redis-2")
    pen.event(2000, "sentinel-1", "+promoted-slave", "slave:redis-2")
    pen.fault(2500, "sentinel-1", "kill", "killed")
    pen.switch(2600, "sentinel-2", "redis-1", "redis-2")
    failover = only(pen.trace())
    last = failover.phases[-1]
    assert (last.name, last.complete, last.detail, last.end_us) == (
        "reconfiguration",
        False,
        "crashed",
        2_500_000,
    )
    assert [switch.sentinel for switch in failover.switches] == ["sentinel-2"]
    assert not failover.completed


@pytest.mark.parametrize("reason", ["not-elected", "no-good-slave", "slave-timeout"])
def test_the_abort_event_names_the_outcome(reason: str) -> None:
    pen = deployment(clients=0)
    attempt(pen, "sentinel-1", 1000, 7)
    pen.event(2000, "sentinel-1", f"-failover-abort-{reason}", "master:redis-1")
    (found,) = find_attempts(pen.trace())
    assert (found.outcome, found.failed, found.epoch, found.master) == (reason, True, 7, MASTER)


def test_detection_starts_with_the_outage_not_with_a_fault_of_somebody_else() -> None:
    pen = deployment(clients=0)
    pen.fault(500, "redis-1", "pause", "paused")
    pen.fault(900, "redis-3", "kill", "killed")
    pen.event(2600, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(2700, "sentinel-1", "+odown", "master:redis-1")
    attempt(pen, "sentinel-1", 2700, 1)
    win(pen, "sentinel-1", 2700, "redis-2")
    assert only(pen.trace()).cause_us == 500_000


def test_a_partition_is_the_cause_if_the_process_was_up() -> None:
    pen = deployment(clients=0)
    pen.fault(500, "network", "partition", detail="redis-1 | rest")
    pen.event(2600, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(2700, "sentinel-1", "+odown", "master:redis-1")
    attempt(pen, "sentinel-1", 2700, 1)
    win(pen, "sentinel-1", 2700, "redis-2")
    assert only(pen.trace()).cause_us == 500_000


def test_a_sentinel_with_older_troubles_does_not_count_as_detection() -> None:
    pen = deployment(clients=0)
    pen.event(100, "sentinel-3", "+sdown", "master:redis-1")
    pen.fault(500, "redis-1", "kill", "killed")
    pen.event(2600, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(2700, "sentinel-1", "+odown", "master:redis-1")
    attempt(pen, "sentinel-1", 2700, 1)
    win(pen, "sentinel-1", 2700, "redis-2")
    failover = only(pen.trace())
    assert (failover.cause_us, failover.first_sdown_us) == (500_000, 2_600_000)


def test_a_trace_without_attempts_has_no_failovers() -> None:
    assert find_failovers(deployment().trace()) == ()


def test_corrections_are_told_by_their_event() -> None:
    pen = deployment()
    pen.event(1000, "sentinel-2", "+convert-to-slave", "slave:redis-1")
    (correction,) = find_corrections(pen.trace())
    assert (correction.sentinel, correction.server, correction.event) == (
        "sentinel-2",
        pen.addresses["redis-1"],
        "+convert-to-slave",
    )
