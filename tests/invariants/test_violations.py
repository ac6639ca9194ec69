"""Each invariant is broken by some trace, and names the entry that breaks it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from minisentinel.trace import (
    AttemptsDelayed,
    ConfigurationBelieved,
    ConfigurationSaved,
    Data,
    Entry,
    FailoverStateChanged,
    MasterSettings,
    ObjectivelyDown,
    ReplicaSelection,
    SentinelEvent,
    Trace,
    VoteGranted,
)
from sim.invariants import INVARIANTS, Truth, find_invariant, first_violation, judge_all
from sim.scenarios import find_scenario, run_scenario
from sim.trace import ClientStarted, Operation, RoleChanged, WriteApplied

D = TypeVar("D", bound=Data)
Change = Callable[[list[Entry]], object]


@pytest.fixture(scope="module")
def whole() -> Trace:
    return run_scenario(find_scenario("kill-master"), seed=1).trace


def where(entries: list[Entry], kind: type[D], **fields: Any) -> int:
    """The place of the first record of this kind with these fields."""
    for place, entry in enumerate(entries):
        if isinstance(entry.data, kind) and all(
            getattr(entry.data, name) == value for name, value in fields.items()
        ):
            return place
    raise LookupError(f"no {kind.__name__} with {fields}")


def alter(kind: type[D], wrong: dict[str, Any], **fields: Any) -> Change:
    """The first such record says something else."""

    def change(entries: list[Entry]) -> None:
        place = where(entries, kind, **fields)
        entry = entries[place]
        data = dataclasses.replace(entry.data, **wrong)  # type: ignore[type-var]
        entries[place] = dataclasses.replace(entry, data=data)

    return change


def drop(kind: type[D], **fields: Any) -> Change:
    """The first such record is missing."""
    return lambda entries: entries.pop(where(entries, kind, **fields))


def repeat(kind: type[D], after_ms: int, wrong: dict[str, Any], **fields: Any) -> Change:
    """The first such record comes a second time, later and otherwise."""

    def change(entries: list[Entry]) -> None:
        entry = entries[where(entries, kind, **fields)]
        data = dataclasses.replace(entry.data, **wrong)  # type: ignore[type-var]
        later = Entry(entry.time_us + after_ms * 1000, entry.node, data)
        place = next(n for n, each in enumerate(entries) if each.time_us > later.time_us)
        entries.insert(place, later)

    return change


def all_of(kind: type[D], wrong: dict[str, Any]) -> Change:
    """Every record of this kind says something else."""

    def change(entries: list[Entry]) -> None:
        for place, entry in enumerate(entries):
            if isinstance(entry.data, kind):
                data = dataclasses.replace(entry.data, **wrong)  # type: ignore[type-var]
                entries[place] = dataclasses.replace(entry, data=data)

    return change


def forget_sdown_of_the_master(entries: list[Entry]) -> None:
    """One Sentinel never says that it holds the old master to be down."""
    entries[:] = [
        each
        for each in entries
        if not (
            each.node == "sentinel-1"
            and isinstance(each.data, SentinelEvent)
            and (each.data.name in ("+sdown", "+switch-master", "+slave"))
            and each.time_us > 20_000_000
        )
    ]


def tilt_before_the_agreement(entries: list[Entry]) -> None:
    place = where(entries, SentinelEvent, name="+odown")
    entry = entries[place]
    tilt = SentinelEvent(level="warning", name="+tilt", payload="#tilt mode entered")
    entries.insert(place, Entry(entry.time_us, entry.node, tilt))


def a_hole_in_the_replication(entries: list[Entry]) -> None:
    """The replica that is promoted later has missed a write in the middle."""
    place = next(
        n
        for n, each in enumerate(entries)
        if isinstance(each.data, WriteApplied) and each.time_us > 18_000_000
    )
    write = entries[place].data.write  # type: ignore[attr-defined]
    entries[:] = [
        each
        for each in entries
        if not (isinstance(each.data, WriteApplied) and each.data.write == write)
    ]


def a_client_that_waited_in_vain(entries: list[Entry]) -> None:
    """It says that it waits for two replicas, and is told ok before any has the write."""
    place = where(entries, Operation, outcome="ok")
    entry = entries[place]
    entries.insert(place, Entry(entry.time_us, entry.node, ClientStarted(wait_replicas=2)))
    write = entry.data.write  # type: ignore[attr-defined]
    entries[:] = [
        each
        for each in entries
        if not (isinstance(each.data, WriteApplied) and each.data.write == write)
    ]


def another_naming(entries: list[Entry]) -> None:
    place = next(
        n
        for n in reversed(range(len(entries)))
        if getattr(entries[n].data, "name", "") == "+switch-master"
    )
    entry = entries[place]
    payload = "mymaster 10.0.0.1 6379 10.0.0.3 6379"
    data = dataclasses.replace(entry.data, payload=payload)  # type: ignore[type-var]
    entries[place] = dataclasses.replace(entry, data=data)


def nobody_writes_any_more(entries: list[Entry]) -> None:
    entries[:] = [
        each
        for each in entries
        if not (
            isinstance(each.data, Operation)
            and each.data.outcome == "ok"
            and each.node == "client-1"
            and each.time_us > 30_000_000
        )
    ]


def a_late_start(role: str, host: str) -> Change:
    def change(entries: list[Entry]) -> None:
        data = RoleChanged(role=role, master_host=host, master_port=6379 if host else 0)
        entries.insert(len(entries) - 1, Entry(entries[-1].time_us, "redis-3", data))

    return change


BELIEVED = {"source": "hello"}
BREAKS: dict[str, Change] = {
    "one-leader-per-epoch": repeat(SentinelEvent, 50, {}, name="+elected-leader"),
    "leader-has-the-votes": all_of(VoteGranted, {"epoch": 9}),
    "one-vote-per-epoch": repeat(VoteGranted, 50, {"candidate": "x"}),
    "epochs-never-go-back": repeat(ConfigurationSaved, 9000, {"current_epoch": 0}, current_epoch=1),
    "one-address-per-config-epoch": alter(ConfigurationBelieved, {"host": "10.0.0.3"}, **BELIEVED),
    "no-older-configuration": repeat(ConfigurationBelieved, 90, {"config_epoch": 0}, **BELIEVED),
    "saved-before-sent": all_of(ConfigurationSaved, {"epochs": (("mymaster", 0, 0),)}),
    "odown-has-a-quorum": alter(ObjectivelyDown, {"reporters": ()}, down=True),
    "no-acting-in-tilt": tilt_before_the_agreement,
    "silence-is-noticed": forget_sdown_of_the_master,
    "failover-only-from-odown": drop(SentinelEvent, name="+odown"),
    "attempts-are-spaced": repeat(
        FailoverStateChanged, 500, {}, after="wait_start", why="objectively down"
    ),
    "desynchronised": alter(AttemptsDelayed, {"random_ms": 5000}),
    "promotion-only-by-a-leader": drop(SentinelEvent, name="+elected-leader"),
    "minority-never-promotes": all_of(MasterSettings, {"quorum": 4}),
    "switch-after-promotion": drop(SentinelEvent, name="+config-update-from"),
    "promoted-is-the-right-replica": alter(ReplicaSelection, {"host": "10.0.0.3"}),
    "parallel-syncs-kept": all_of(MasterSettings, {"parallel_syncs": 0}),
    "losses-are-explained": a_hole_in_the_replication,
    "waited-writes-survive": a_client_that_waited_in_vain,
    "failover-ends-or-is-explained": all_of(MasterSettings, {"failover_timeout_ms": -3000}),
    "one-master-at-the-end": another_naming,
    "old-master-is-demoted": a_late_start("master", ""),
    "replicas-follow-at-the-end": a_late_start("replica", "10.0.0.1"),
    "clients-write-at-the-end": nobody_writes_any_more,
    "calm-without-faults": lambda entries: entries.__setitem__(
        slice(None), [each for each in entries if each.kind not in ("fault", "process")]
    ),
}
"""What is done to the trace of an ordinary failover, to break each invariant."""


@pytest.mark.parametrize("name", BREAKS)
def test_a_wrong_trace_breaks_the_invariant_and_shows_where(name: str, whole: Trace) -> None:
    invariant = find_invariant(name)
    assert invariant.judge(whole).truth is not Truth.FALSE
    entries = list(whole.entries)
    BREAKS[name](entries)
    assert entries != whole.entries
    verdict = invariant.judge(Trace(whole.header, entries))
    assert verdict.truth is Truth.FALSE, str(verdict)
    first = verdict.violations[0]
    assert first.reason == verdict.reason
    assert all(each.time_us <= first.entry.time_us for each in first.against)


@pytest.mark.parametrize("name", [n for n in BREAKS if find_invariant(n).kind.value == "safety"])
def test_a_violation_is_seen_on_the_prefix_that_ends_with_it(name: str, whole: Trace) -> None:
    invariant = find_invariant(name)
    entries = list(whole.entries)
    BREAKS[name](entries)
    first = invariant.judge(Trace(whole.header, entries)).violations[0]
    if first.entry not in entries or name == "losses-are-explained":
        return
    place = entries.index(first.entry)
    before = invariant.judge(Trace(whole.header, entries[:place]))
    assert before.truth is not Truth.FALSE
    upto = invariant.judge(Trace(whole.header, entries[: place + 1]))
    assert upto.violations[0].reason == first.reason


def test_the_first_violation_of_all_is_the_earliest(whole: Trace) -> None:
    assert first_violation(whole) is None
    entries = list(whole.entries)
    BREAKS["one-leader-per-epoch"](entries)
    BREAKS["no-older-configuration"](entries)
    found = first_violation(Trace(whole.header, entries))
    assert found is not None
    assert found[0].name == "one-leader-per-epoch"


def test_one_pass_for_all_gives_what_each_one_gives_alone(whole: Trace) -> None:
    together = {each.invariant.name: each.verdict for each in judge_all(whole)}
    assert together == {each.name: each.judge(whole) for each in INVARIANTS}
