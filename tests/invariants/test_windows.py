"""How much may be lost: replicas keep up, and a guarded master stops writing."""

from __future__ import annotations

from sim.invariants import Verdict, find_invariant
from sim.scenarios import Fault, Scenario, find_scenario, run_scenario
from sim.search import Story, play
from sim.trace import (
    ProcessChanged,
    ReplicationOffset,
    RunEnded,
    WriteAccepted,
    WriteApplied,
    WriteGuard,
    WriteRefused,
)
from sim.world.deployment import Deployment
from tests.judge.stories import Pen, deployment

KEEP_UP = find_invariant("followers-keep-up")
GUARD = find_invariant("guard-stops-writes")


def write(pen: Pen, ms: float, number: int, *replicas: str, of: str = "redis-1") -> None:
    """A write that the master accepts, and that these replicas have at once."""
    name, offset = f"k={number}", 100 * number
    pen.at(ms, of, WriteAccepted(write=name, offset=offset, key="k", value=str(number)))
    for replica in replicas:
        pen.at(ms + 1, replica, WriteApplied(write=name, offset=offset, key="k", value=str(number)))


def judged(pen: Pen, invariant: object = KEEP_UP, end_ms: float = 60_000) -> Verdict:
    pen.at(end_ms, "world", RunEnded(reason="duration"))
    found = KEEP_UP if invariant is KEEP_UP else GUARD
    return found.judge(pen.trace())


def test_replica_that_lacks_a_write_of_three_seconds_ago_is_behind() -> None:
    pen = deployment()
    write(pen, 10_000, 1, "redis-2")
    write(pen, 14_000, 2, "redis-2", "redis-3")
    verdict = judged(pen)
    assert verdict.reason == (
        "redis-3 follows redis-1 and has not got k=1, which was written 4.0 s ago"
    )
    assert [entry.time_us for entry in verdict.evidence] == [10_000_000, 14_000_000]


def test_replica_that_has_all_or_says_so_keeps_up() -> None:
    pen = deployment()
    write(pen, 10_000, 1, "redis-2")
    pen.at(10_100, "redis-3", ReplicationOffset(offset=100))
    write(pen, 14_000, 2, "redis-2", "redis-3")
    assert judged(pen)


def test_replica_that_sleeps_or_has_lost_its_link_or_is_cut_off_need_not_keep_up() -> None:
    def asleep(pen: Pen) -> None:
        pen.at(9_000, "redis-3", ProcessChanged(change="paused"))

    def awake_again(pen: Pen) -> None:
        asleep(pen)
        pen.at(13_500, "redis-3", ProcessChanged(change="resumed"))

    def unlinked(pen: Pen) -> None:
        pen.link(9_000, "redis-3", False, "redis-1")

    def cut(pen: Pen) -> None:
        pen.fault(9_000, "network", "partition", detail="redis-3")

    def cut_before(pen: Pen) -> None:
        pen.fault(200, "network", "partition", detail="redis-3")
        pen.fault(9_000, "network", "heal")

    for trouble in (asleep, awake_again, unlinked, cut, cut_before):
        pen = deployment()
        trouble(pen)
        write(pen, 10_000, 1, "redis-2")
        write(pen, 14_000, 2, "redis-2")
        assert judged(pen), trouble.__name__


def test_link_that_was_made_anew_after_a_cut_has_no_excuse() -> None:
    pen = deployment()
    pen.fault(200, "network", "partition", detail="redis-3")
    pen.fault(8_000, "network", "heal")
    pen.link(9_000, "redis-3", False, "redis-1")
    pen.link(9_100, "redis-3", True, "redis-1")
    write(pen, 10_000, 1, "redis-2")
    write(pen, 14_000, 2, "redis-2")
    assert judged(pen).violations


def guarded(needed: int = 1, *, replicas: int = 2) -> Pen:
    """A master that needs so many replicas, each heard of in the last two seconds."""
    pen = deployment(replicas=replicas)
    pen.at(0, "redis-1", WriteGuard(min_replicas=needed, max_lag_seconds=2))
    return pen


def sleeps(pen: Pen, ms: float, *replicas: str) -> None:
    for replica in replicas:
        pen.at(ms, replica, ProcessChanged(change="paused"))


def test_guarded_master_may_write_for_as_long_as_the_lag_allows() -> None:
    pen = guarded()
    sleeps(pen, 10_000, "redis-2", "redis-3")
    write(pen, 14_900, 1)
    assert judged(pen, GUARD)


def test_guarded_master_stops_writing_when_its_replicas_sleep() -> None:
    pen = guarded()
    sleeps(pen, 10_000, "redis-2", "redis-3")
    write(pen, 15_100, 1)
    verdict = judged(pen, GUARD)
    assert verdict.reason == (
        "redis-1 writes k=1 and must not: it can have heard of 0 replicas in the last 2 s, and "
        "needs 1"
    )
    assert [entry.node for entry in verdict.evidence] == [
        "redis-1",
        "redis-2",
        "redis-3",
        "redis-1",
    ]


def test_one_replica_of_two_is_enough_for_one_and_not_for_two() -> None:
    for needed, is_good in ((1, True), (2, False)):
        pen = guarded(needed)
        sleeps(pen, 10_000, "redis-3")
        write(pen, 15_100, 1)
        assert bool(judged(pen, GUARD)) is is_good


def test_partition_makes_a_replica_silent_in_words_of_the_fault() -> None:
    for detail, is_silent in (
        ("redis-1 | redis-2, redis-3", True),
        ("redis-1, sentinel-1", True),
        ("redis-1 -> redis-2, redis-3", False),
        ("sentinel-1 | redis-2, redis-3", False),
        ("redis-1, redis-2 | redis-3", False),
    ):
        pen = guarded()
        pen.fault(10_000, "network", "partition", detail=detail)
        write(pen, 15_100, 1)
        assert bool(judged(pen, GUARD)) is not is_silent, detail


def test_network_that_is_healed_brings_what_was_sent_before() -> None:
    pen = guarded()
    pen.fault(10_000, "network", "partition", detail="redis-1 | redis-2, redis-3")
    pen.fault(15_000, "network", "heal")
    write(pen, 15_100, 1)
    assert judged(pen, GUARD)


def test_replica_that_leaves_counts_for_a_while_and_then_no_longer() -> None:
    for at_ms, is_good in ((14_900, True), (15_100, False)):
        pen = guarded(replicas=1)
        pen.role(10_000, "redis-2", "master")
        write(pen, at_ms, 1)
        assert bool(judged(pen, GUARD)) is is_good


def test_master_that_has_just_woken_up_may_find_old_news() -> None:
    pen = guarded()
    pen.at(9_000, "redis-1", ProcessChanged(change="paused"))
    sleeps(pen, 10_000, "redis-2", "redis-3")
    pen.at(20_000, "redis-1", ProcessChanged(change="resumed"))
    write(pen, 20_100, 1)
    assert judged(pen, GUARD)


def test_master_that_slept_and_was_busy_then_has_not_seen_its_replicas_leave() -> None:
    for at_ms, is_good in ((22_100, True), (27_100, False)):
        pen = guarded(replicas=1)
        for ms, change in ((9_000, "paused"), (20_000, "resumed"), (20_000, "blocked")):
            pen.at(ms, "redis-1", ProcessChanged(change=change))
            if change == "paused":
                pen.role(10_000, "redis-2", "master")
        pen.at(22_000, "redis-1", ProcessChanged(change="unblocked"))
        write(pen, at_ms, 1)
        assert bool(judged(pen, GUARD)) is is_good


def test_guard_that_is_taken_away_guards_nothing() -> None:
    pen = guarded()
    pen.at(5_000, "redis-1", WriteGuard(min_replicas=0, max_lag_seconds=0))
    sleeps(pen, 10_000, "redis-2", "redis-3")
    write(pen, 20_000, 1)
    assert judged(pen, GUARD)


def test_without_a_guard_nothing_is_known_of_it() -> None:
    pen = deployment()
    write(pen, 10_000, 1)
    assert judged(pen, GUARD).truth.value == "unknown"


def test_servers_say_that_they_are_guarded_and_others_say_nothing() -> None:
    whole = run_scenario(find_scenario("minority-master"), seed=1).trace
    assert not whole.of_kind("write-guard")
    trace = run_scenario(find_scenario("minority-master", variant="guarded"), seed=1).trace
    said = [entry.data for entry in trace.of_kind("write-guard")]
    assert set(said) == {WriteGuard(min_replicas=1, max_lag_seconds=3)}
    assert GUARD.judge(trace)


def test_guard_may_be_set_at_run_time() -> None:
    def told(at: float, count: str) -> Fault:
        words = ("CONFIG", "SET", "min-replicas-to-write", count)
        return Fault("command", at, node="redis-1", words=words)

    where = Deployment(sentinels=1, replicas=1, clients=0)
    faults = (told(5.0, "1"), told(6.0, "1"), told(7.0, "0"))
    scenario = Scenario("s", "S", "Data", "", where, faults=faults, expectations=(), watch_for=1.0)
    said = [entry.data for entry in play(Story(scenario, 1)).of_kind("write-guard")]
    assert said == [
        WriteGuard(min_replicas=1, max_lag_seconds=10),
        WriteGuard(min_replicas=0, max_lag_seconds=0),
    ]


def refused(pen: Pen, ms: float, number: int, reason: str = "NOREPLICAS") -> None:
    pen.at(ms, "redis-1", WriteRefused(write=f"k={number}", reason=reason))


def test_verdict_counts_what_was_judged_and_when_the_guard_was_put_to_the_test() -> None:
    pen = guarded()
    write(pen, 9_000, 1)
    sleeps(pen, 10_000, "redis-2", "redis-3")
    refused(pen, 14_900, 2)  # it is free to
    refused(pen, 15_100, 3)
    refused(pen, 15_200, 4, "READONLY")
    assert judged(pen, GUARD).reason == (
        "1 writes, each with as many replicas as are needed, and 1 refused since there were too few"
    )


def test_of_a_guard_behind_a_slow_network_nothing_is_known() -> None:
    pen = guarded()
    pen.fault(9_000, "network", "delay")
    sleeps(pen, 10_000, "redis-2", "redis-3")
    write(pen, 15_100, 1)
    verdict = judged(pen, GUARD)
    assert verdict.truth.value == "unknown"
    assert verdict.reason.startswith("nobody can tell of whom a master hears")
