"""Where evidence is missing the answer is unknown, never that something is broken."""

from __future__ import annotations

import pytest

from minisentinel.trace import Trace
from sim.invariants import INVARIANTS, Truth, find_invariant, judge_all
from sim.scenarios import find_scenario, run_scenario
from tests.invariants.foreign import from_recording, thinned
from tools.compare_reference.recordings import Recording, read_all

RECORDINGS = {each.scenario: each for each in read_all()}


@pytest.mark.parametrize("recording", RECORDINGS.values(), ids=RECORDINGS)
def test_nothing_is_broken_in_what_real_sentinels_did(recording: Recording) -> None:
    for run in recording.runs:
        found = judge_all(from_recording(run))
        assert [str(each) for each in found if each.verdict.truth is Truth.FALSE] == []


def test_of_a_log_alone_what_its_events_tell_is_known_and_the_rest_is_unknown() -> None:
    trace = from_recording(RECORDINGS["a_kill9_master"].runs[0])
    found = {each.invariant.name: each.verdict.truth for each in judge_all(trace)}
    known = {name for name, truth in found.items() if truth is Truth.TRUE}
    assert {"one-leader-per-epoch", "epochs-never-go-back", "no-acting-in-tilt"} <= known
    unknown = {name for name, truth in found.items() if truth is Truth.UNKNOWN}
    assert {
        "leader-has-the-votes",
        "odown-has-a-quorum",
        "one-address-per-config-epoch",
        "saved-before-sent",
        "silence-is-noticed",
        "promoted-is-the-right-replica",
        "attempts-are-spaced",
        "losses-are-explained",
        "failover-ends-or-is-explained",
        "calm-without-faults",
    } <= unknown


@pytest.fixture(scope="module")
def whole() -> Trace:
    return run_scenario(find_scenario("kill-master"), seed=1).trace


NEEDS = {
    "leader-has-the-votes": "votes-counted",
    "one-address-per-config-epoch": "configuration-believed",
    "no-older-configuration": "configuration-believed",
    "saved-before-sent": "configuration-saved",
    "odown-has-a-quorum": "objectively-down",
    "silence-is-noticed": "node-started",
    "attempts-are-spaced": "failover-state",
    "desynchronised": "attempts-delayed",
    "minority-never-promotes": "failover-state",
    "promoted-is-the-right-replica": "replica-selection",
    "parallel-syncs-kept": "master-settings",
    "losses-are-explained": "operation",
    "waited-writes-survive": "client-started",
    "failover-ends-or-is-explained": "failover-state",
    "one-master-at-the-end": "event",
    "old-master-is-demoted": "role",
    "replicas-follow-at-the-end": "role",
    "clients-write-at-the-end": "operation",
    "one-leader-per-epoch": "event",
    "failover-only-from-odown": "event",
    "promotion-only-by-a-leader": "event",
    "switch-after-promotion": "event",
    "no-acting-in-tilt": "event",
    "enough-votes-elect": "votes-counted",
    "agreement-is-reached": "node-started",
    "attempts-begin": "master-settings",
    "dead-master-is-replaced": "master-settings",
    "nobody-gives-up-early": "event",
    "promotion-is-noticed": "role",
    "stuck-replicas-are-passed-over": "event",
    "followers-keep-up": "write-accepted",
    "strays-are-demoted": "role",
    "calm-without-faults": "node-started",
}
"""A kind of record without which nothing can be said."""


@pytest.mark.parametrize("name", NEEDS)
def test_without_its_evidence_an_invariant_answers_unknown(name: str, whole: Trace) -> None:
    verdict = find_invariant(name).judge(thinned(whole, NEEDS[name]))
    assert verdict.truth is Truth.UNKNOWN, str(verdict)


def test_no_single_kind_of_record_is_so_needed_that_its_lack_looks_like_a_bug(
    whole: Trace,
) -> None:
    """Except the records that are the life of the world itself, which no log ever has in part."""
    world = {"process", "node-started", "role", "replica-link", "full-sync-loaded", "event"}
    kinds = {entry.kind for entry in whole.entries}
    found = []
    for kind in sorted(kinds - world):
        for each in judge_all(thinned(whole, kind)):
            if each.verdict.truth is Truth.FALSE:
                found.append((kind, each.invariant.name, each.verdict.reason))
    assert found == []


def test_the_trace_of_one_sentinel_alone_breaks_nothing(whole: Trace) -> None:
    """As a live Sentinel writes it: it knows of the others by what they tell it."""
    for name in ("sentinel-1", "sentinel-2", "sentinel-3"):
        alone = Trace(whole.header, [each for each in whole.entries if each.node == name])
        found = [str(each) for each in judge_all(alone) if each.verdict.truth is Truth.FALSE]
        assert found == []


def test_every_invariant_says_something_of_a_whole_trace(whole: Trace) -> None:
    kinds = {each.invariant.name for each in judge_all(whole) if each.verdict}
    silent = {each.name for each in INVARIANTS} - kinds
    assert silent <= {"desynchronised", "waited-writes-survive", "guard-stops-writes"}
