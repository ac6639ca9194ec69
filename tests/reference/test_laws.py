"""Every law can be broken: a recorded run that is changed a little breaks the one it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tools.compare_reference.laws import broken_laws
from tools.compare_reference.recordings import Moment, Run, read_all

ALL = {each.scenario: each for each in read_all()}

Change = Callable[[list[Moment]], list[Moment]]


def swap(first: str, second: str) -> Change:
    """Exchange the first `first` with the first `second` after it, in the same log."""

    def change(moments: list[Moment]) -> list[Moment]:
        one = next(k for k, each in enumerate(moments) if each.event == first and each.time_ms > 0)
        who = moments[one].who
        two = next(
            k
            for k, each in enumerate(moments)
            if k > one and each.event == second and each.who == who
        )
        moments[one], moments[two] = (
            replace(moments[two], time_ms=moments[one].time_ms),
            replace(moments[one], time_ms=moments[two].time_ms),
        )
        return moments

    return change


def drop(event: str) -> Change:
    """Leave out the last line of an event."""

    def change(moments: list[Moment]) -> list[Moment]:
        last = max(k for k, each in enumerate(moments) if each.event == event)
        return moments[:last] + moments[last + 1 :]

    return change


def repeat(event: str) -> Change:
    """Let the first line of an event stand twice."""

    def change(moments: list[Moment]) -> list[Moment]:
        first = next(k for k, each in enumerate(moments) if each.event == event)
        return moments[: first + 1] + moments[first:]

    return change


def delay(event: str, by_ms: int) -> Change:
    """Let every line of an event, and all that its Sentinel says later, come later."""

    def change(moments: list[Moment]) -> list[Moment]:
        since = {each.who: each.time_ms for each in reversed(moments) if each.event == event}
        late = [
            replace(each, time_ms=each.time_ms + by_ms)
            if each.time_ms >= since.get(each.who, 10**9) and each.event != "-sdown"
            else each
            for each in moments
        ]
        return sorted(late, key=lambda each: each.time_ms)

    return change


def crown_another(moments: list[Moment]) -> list[Moment]:
    """Let a follower be elected too, in the same epoch."""
    elected = next(each for each in moments if each.event == "+elected-leader")
    vote = max(
        k
        for k, each in enumerate(moments)
        if each.event == "+vote-for-leader" and each.who != elected.who
    )
    second = replace(elected, who=moments[vote].who, time_ms=moments[vote].time_ms)
    return [*moments[: vote + 1], second, *moments[vote + 1 :]]


CASES: list[tuple[str, Change, str]] = [
    ("a_kill9_master", swap("+elected-leader", "+selected-slave"), "out of its turn"),
    ("a_kill9_master", swap("+new-epoch", "+try-failover"), "not after +new-epoch"),
    ("a_kill9_master", drop("+failover-state-select-slave"), "not by +failover-state-select-slave"),
    ("a_kill9_master", drop("+switch-master"), "not by +switch-master"),
    ("a_kill9_master", swap("+config-update-from", "+switch-master"), "is followed by"),
    ("a_kill9_master", drop("+slave"), "+switch-master is followed by"),
    ("h_replica_priority", swap("+slave", "+slave"), ""),
    ("a_kill9_master", repeat("+vote-for-leader"), "epochs of +vote-for-leader do not grow"),
    ("a_kill9_master", repeat("+new-epoch"), "epochs of +new-epoch do not grow"),
    ("a_kill9_master", crown_another, "two leaders"),
    ("a_kill9_master", delay("+config-update-from", 5000), "switches after the leader"),
    ("k_replica_down", swap("+reboot", "-sdown"), "comes first"),
    ("f_no_good_slave", drop("-odown"), ""),
    ("f_no_good_slave", delay("-odown", 50), "-odown is not in the same tick"),
]


@pytest.mark.parametrize(("scenario", "change", "expected"), CASES)
def test_changed_run_breaks_its_law(scenario: str, change: Change, expected: str) -> None:
    recording = ALL[scenario]
    run = recording.runs[0]
    changed = Run(run.number, tuple(change(list(run.moments))))
    found = broken_laws(changed, servers=recording.replicas + 1)
    if expected:
        assert any(expected in each for each in found), found


def test_old_master_must_be_the_last_slave_after_a_switch() -> None:
    recording = ALL["a_timing"]
    moments = list(recording.runs[0].moments)
    last = max(k for k, each in enumerate(moments) if each.event == "+slave")
    before = max(k for k in range(last) if moments[k].event == "+slave")
    moments[last], moments[before] = moments[before], moments[last]
    found = broken_laws(Run(0, tuple(moments)), servers=3)
    assert any("old master is not the last" in each for each in found), found
