"""Running scenarios: the schedule of faults, how a run ends, and what is judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from minisentinel.core import Profile
from minisentinel.trace import SentinelEvent, Trace
from sim.invariants import SAFETY, Truth
from sim.scenarios import Expectation, Fault, Result, Scenario, find_scenario, run_scenario
from sim.scenarios.expectations import EXPECTATIONS, Cast
from sim.trace import FaultInjected, RunEnded
from sim.world import Deployment, ImpossibleFault, UnknownNode

SMALL = Deployment(
    sentinels=3, replicas=2, clients=0, down_after_milliseconds=1000, failover_timeout=5000
)
KILL = Fault("kill", at=15.0, node="master", alias="old")


def story(
    *faults: Fault, expect: dict[str, bool | int] | None = None, **changes: float
) -> Scenario:
    expectations = tuple(Expectation(name, value) for name, value in (expect or {}).items())
    scenario = Scenario("story", "A story", "", "", SMALL, faults, expectations, calm_for=1.0)
    return replace(scenario, **changes)  # type: ignore[arg-type]


def faults_of(trace: Trace) -> list[tuple[float, str, str]]:
    return [
        (entry.time_us / 1e6, entry.data.verb, entry.node)
        for entry in trace.entries
        if isinstance(entry.data, FaultInjected)
    ]


def end_of(trace: Trace) -> tuple[float, str]:
    entry = trace.entries[-1]
    assert isinstance(entry.data, RunEnded)
    return entry.time_us / 1e6, entry.data.reason


def first(trace: Trace, event: str, after: float = 0.0) -> float:
    return next(
        entry.time_us / 1e6
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent)
        and entry.data.name == event
        and entry.time_us >= after * 1e6
    )


# When faults happen


def test_fault_happens_at_its_time() -> None:
    trace = run_scenario(story(Fault("pause", at=2.25, node="redis-2")), duration=1.0).trace
    assert faults_of(trace) == [(2.25, "pause", "redis-2")]


def test_fault_happens_after_the_one_before() -> None:
    pause, resume = (
        Fault("pause", at=2.0, node="redis-2"),
        Fault("resume", after=1.5, node="redis-2"),
    )
    trace = run_scenario(story(pause, resume), duration=5.0).trace
    assert faults_of(trace) == [(2.0, "pause", "redis-2"), (3.5, "resume", "redis-2")]


def test_fault_waits_for_the_first_sentinel_that_says_so() -> None:
    restart = Fault("restart", when="+odown", after=0.5, node="old")
    trace = run_scenario(story(KILL, restart), duration=5.0).trace
    (_, _, killed), (at, verb, restarted) = faults_of(trace)
    assert (verb, restarted) == ("restart", killed)
    said = first(trace, "+odown")
    assert said <= at - 0.5 < said + 0.11, "looked at every tenth of a second"


def test_only_events_after_the_fault_before_count() -> None:
    """Every Sentinel says +monitor at its start, and again in the instant of its restart."""
    again = Fault("restart", after=1.0, node="sentinel-1")
    waits = Fault("pause", when="+monitor", node="redis-2")
    trace = run_scenario(
        story(Fault("kill", at=3.0, node="sentinel-1"), again, waits), duration=9.0
    ).trace
    assert faults_of(trace)[-1][:2] == (4.0, "pause")


def test_fault_whose_event_never_comes_fails_the_run_and_what_follows_is_left_out() -> None:
    never = Fault("kill", when="+tilt", node="redis-2")
    result = run_scenario(story(KILL, never, Fault("kill", after=1.0, node="redis-3"), limit=5.0))
    assert [node for _, _, node in faults_of(result.trace)] == ["redis-1"]
    assert not result.passed
    assert result.failures == ("fault 2 (kill redis-2)",)
    verdict = dict(result.verdicts)["fault 2 (kill redis-2)"]
    assert verdict.truth is Truth.FALSE
    assert verdict.reason == "never happened: no Sentinel said +tilt within 21 s"


def test_fault_that_the_end_of_the_duration_prevents_is_no_failure() -> None:
    for late in (Fault("heal", when="+tilt"), Fault("heal", after=9.0)):
        assert run_scenario(story(KILL, late), duration=4.0).passed


def test_fault_is_missed_within_a_duration_that_is_longer_than_the_patience() -> None:
    result = run_scenario(story(KILL, Fault("heal", when="+tilt"), limit=5.0), duration=60.0)
    assert result.failures == ("fault 2 (heal)",)
    assert end_of(result.trace) == (75.0, "duration")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("kill", at=1.0, node="master", alias="it"), "kill master"),
        (Fault("partition", groups=(("a", "b"), ("c",))), "partition a, b | c"),
        (Fault("heal"), "heal"),
    ],
)
def test_fault_is_told_in_the_words_of_the_file(fault: Fault, words: str) -> None:
    assert str(fault) == words


def test_power_and_clocks_can_fail_too() -> None:
    off = Fault("power_off", at=15.0, node="master", alias="old")
    on = Fault("power_on", when="+switch-master", after=1.0, node="old")
    back = Fault("restart", after=1.0, node="old")
    jump = Fault("step_clock", after=1.0, node="sentinel-1", seconds=-5.0)
    result = run_scenario(story(off, on, back, jump, expect={"one-master-at-the-end": True}))
    assert [verb for _, verb, _ in faults_of(result.trace)] == [
        "power_off",
        "power_on",
        "restart",
        "step_clock",
    ]
    assert {node for _, _, node in faults_of(result.trace)[:3]} == {"redis-1"}
    assert first(result.trace, "+tilt") > first(result.trace, "+switch-master")
    assert result.passed
    assert end_of(result.trace)[1] == "calm"


def test_alias_is_the_node_that_was_hit_whoever_is_master_now() -> None:
    faults = (KILL, Fault("restart", when="+switch-master", after=1.0, node="old"))
    trace = run_scenario(
        story(*faults, Fault("block", after=3.0, node="master", seconds=0.1))
    ).trace
    (_, _, killed), (_, _, restarted), (_, _, blocked) = faults_of(trace)
    assert killed == restarted == "redis-1"
    assert blocked in ("redis-2", "redis-3")


def test_alias_can_stand_in_a_partition() -> None:
    mark = Fault("block", at=2.0, node="master", alias="it", seconds=0.0)
    cut = Fault("partition", at=3.0, groups=(("it",), ("redis-2",)))
    trace = run_scenario(story(mark, cut), duration=3.0).trace
    details = [e.data.detail for e in trace.entries if isinstance(e.data, FaultInjected)]
    assert details[-1] == "redis-1 | redis-2"


def test_partition_is_silent_until_it_is_healed() -> None:
    cut = Fault("partition", at=15.0, groups=(("redis-1",),))
    trace = run_scenario(story(cut, Fault("heal", after=20.0))).trace
    assert first(trace, "+sdown") > 15.9
    assert end_of(trace)[1] == "calm"
    assert "-sdown" in {e.data.name for e in trace.entries if isinstance(e.data, SentinelEvent)}


def test_unknown_node_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNode, match=r"unknown node 'redis-9'; expected master or one of: "):
        run_scenario(story(Fault("kill", at=1.0, node="redis-9")))


def test_node_cannot_be_on_both_sides_of_a_partition() -> None:
    cut = Fault("partition", at=1.0, groups=(("master",), ("redis-1",)))
    with pytest.raises(ImpossibleFault, match=r"host 'redis-1' is on two sides"):
        run_scenario(story(cut))


# How a run ends


def test_run_without_faults_ends_as_soon_as_it_has_been_calm() -> None:
    at, reason = end_of(run_scenario(story()).trace)
    assert reason == "calm"
    assert at < 15.0


def test_run_ends_at_the_limit_after_the_last_fault_if_it_does_not_become_calm() -> None:
    """What the settings allow comes on top: down-after and three times failover-timeout."""
    frozen = Fault("pause", at=15.0, node="redis-2")
    at, reason = end_of(run_scenario(story(frozen, limit=10.0)).trace)
    assert reason == "limit"
    assert at == pytest.approx(15.0 + 10.0 + 1.0 + 15.0)


def test_run_that_leaves_somebody_dead_ends_when_the_others_are_calm() -> None:
    result = run_scenario(story(KILL, expect={"failovers": 1, "one-master-at-the-end": True}))
    at, reason = end_of(result.trace)
    assert result.passed
    assert reason == "calm"
    assert at > first(result.trace, "+switch-master") + 1.0
    assert at > first(result.trace, "+sdown", after=first(result.trace, "+switch-master"))


def test_duration_counts_from_the_first_fault_and_leaves_out_later_faults() -> None:
    late = Fault("restart", after=9.0, node="old")
    trace = run_scenario(story(KILL, late), duration=4.0).trace
    assert end_of(trace) == (19.0, "duration")
    assert len(faults_of(trace)) == 1


def test_duration_without_faults_counts_from_the_start() -> None:
    assert end_of(run_scenario(story(), duration=4.0).trace) == (4.0, "duration")


def test_duration_ends_the_wait_for_an_event() -> None:
    waits = Fault("heal", when="+tilt")
    assert end_of(run_scenario(story(KILL, waits), duration=4.0).trace) == (19.0, "duration")


# What is judged


@pytest.fixture(scope="module")
def failover() -> Result:
    return run_scenario(find_scenario("kill-master"), seed=1)


def test_failover_passes(failover: Result) -> None:
    assert failover.passed
    assert failover.failures == ()
    assert failover.summary.failovers[0].completed


@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("failovers", 1, 0),
        ("failovers-at-least", 1, 2),
        ("one-master-at-the-end", True, False),
        ("master-changed", True, False),
        ("clients-write-at-the-end", True, False),
    ],
)
def test_expectation_tells_true_from_false(
    failover: Result, name: str, true: int, false: int
) -> None:
    judge = EXPECTATIONS[name].judge
    assert judge(failover.trace, true, Cast()).truth is Truth.TRUE
    assert judge(failover.trace, false, Cast()).truth is Truth.FALSE


def test_lost_writes_are_counted_against_their_limit() -> None:
    """Without its data a quickly restarted master is taken for the same one: all is lost."""
    wiped = Fault("restart", after=0.2, node="old", keep_data=False)
    scenario = replace(story(KILL, wiped), deployment=replace(SMALL, clients=1, replicas=1))
    trace = run_scenario(scenario, duration=10.0).trace
    judge = EXPECTATIONS["lost-writes-at-most"].judge
    assert judge(trace, 10, Cast()).truth is Truth.FALSE
    assert judge(trace, 100_000, Cast()).truth is Truth.TRUE


def test_failed_expectation_is_named() -> None:
    result = run_scenario(story(expect={"failovers": 1, "master-changed": False}))
    assert result.failures == ("failovers 1",)
    assert not result.passed
    assert dict(result.verdicts)["not master-changed"]


@pytest.mark.parametrize(
    "build", [lambda: story(), lambda: story(KILL, limit=1.0)], ids=["quiet", "with a fault"]
)
def test_invariants_are_judged_whatever_is_expected(build: Callable[[], Scenario]) -> None:
    names = [name for name, _ in run_scenario(build(), duration=8.0).verdicts]
    assert names == [each.name for each in SAFETY]
    assert {"one-leader-per-epoch", "one-vote-per-epoch", "epochs-never-go-back"} <= set(names)


# What the header says


def test_header_tells_all_that_is_in_force() -> None:
    header = run_scenario(story(KILL), seed=3, duration=1.5).trace.header
    assert (header.scenario, header.seed) == ("story", 3)
    assert header.settings == {**SMALL.settings, "profile": "modern", "duration": 1.5}
    assert json.loads(json.dumps(header.settings)) == header.settings


def test_header_tells_the_profile() -> None:
    profile = Profile("another")
    header = run_scenario(story(), duration=1.0, profile=profile, settings={"x": 1}).trace.header
    assert (header.settings["profile"], header.settings["x"]) == ("another", 1)
