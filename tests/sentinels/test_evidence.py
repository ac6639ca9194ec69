"""What a learner asks of a run is on its trace: every doubt, opinion and vote, with its reasons."""

from __future__ import annotations

import pytest

from minisentinel.trace import (
    ObjectivelyDown,
    OpinionGiven,
    OpinionReceived,
    PingMissed,
    SentinelEvent,
    SubjectivelyDown,
    Trace,
    VoteGranted,
    VoteReceived,
    VoteRequested,
)
from sim.judge import find_nodes
from sim.world import Deployment, World

FAULT_US = 20_000_000


@pytest.fixture(scope="module")
def trace() -> Trace:
    world = World(Deployment(down_after_milliseconds=2000, clients=0), seed=3)
    world.run(20)
    world.kill("master")
    world.run(10)
    return world.trace


def test_every_sentinel_misses_pings_before_it_holds_the_master_for_down(trace: Trace) -> None:
    for number in (1, 2, 3):
        mine = [entry for entry in trace.entries if entry.node == f"sentinel-{number}"]
        down_us = next(
            entry.time_us
            for entry in mine
            if isinstance(entry.data, SubjectivelyDown) and entry.data.subject == "master"
        )
        missed = [
            entry.data.waiting_ms
            for entry in mine
            if isinstance(entry.data, PingMissed)
            and entry.data.subject == "master"
            and entry.time_us <= down_us
        ]
        assert missed == sorted(missed)
        assert missed
        assert missed[0] > 0


def test_nobody_misses_a_ping_while_all_is_well(trace: Trace) -> None:
    early = [each for each in trace.of_kind("ping-missed") if each.time_us < FAULT_US]
    assert not early


def test_a_subjectively_down_record_says_why_and_stands_beside_its_event(trace: Trace) -> None:
    records = [each.data for each in trace.entries if isinstance(each.data, SubjectivelyDown)]
    events = [
        each.data
        for each in trace.entries
        if isinstance(each.data, SentinelEvent) and each.data.name in ("+sdown", "-sdown")
    ]
    assert [(r.subject, r.port, r.down) for r in records] == [
        (e.subject, e.port, e.name == "+sdown") for e in events
    ]
    masters = [each for each in records if each.subject == "master"]
    assert {each.why for each in masters} == {"silence"}
    assert all(each.silent_ms > each.limit_ms == 2000 for each in masters)


def test_an_objectively_down_record_names_a_quorum_and_the_ages_of_its_opinions(
    trace: Trace,
) -> None:
    agreements = [
        each.data
        for each in trace.entries
        if isinstance(each.data, ObjectivelyDown) and each.data.down
    ]
    assert agreements
    known = {node.runid for node in find_nodes(trace).of_type("sentinel")}
    for agreement in agreements:
        assert len(agreement.reporters) + 1 >= agreement.quorum == 2
        for reporter, age_ms in agreement.reporters:
            assert reporter in known
            assert 0 <= age_ms <= 5000


def test_every_opinion_that_arrives_was_given_by_that_peer_before(trace: Trace) -> None:
    names = find_nodes(trace)
    given: set[tuple[str, bool]] = set()
    arrived = 0
    for entry in trace.entries:
        if isinstance(entry.data, OpinionGiven):
            given.add((entry.node, entry.data.down))
            assert entry.data.asker
            assert names.name_of_id(entry.data.asker) != entry.node
        elif isinstance(entry.data, OpinionReceived):
            arrived += 1
            assert (names.name_of_id(entry.data.peer), entry.data.down) in given
    assert arrived


def test_an_opinion_about_an_address_that_nobody_watches_is_given_too(trace: Trace) -> None:
    strangers = [
        each.data
        for each in trace.entries
        if isinstance(each.data, OpinionGiven) and not each.data.master
    ]
    assert strangers, "the leader asks about the old master after the others have switched"
    assert all(each.host and each.port and not each.down for each in strangers)


def test_votes_are_requested_granted_and_received_in_this_order(trace: Trace) -> None:
    names = find_nodes(trace)
    steps = [
        (type(each.data).__name__, each.time_us)
        for each in trace.entries
        if isinstance(each.data, VoteRequested | VoteGranted | VoteReceived)
    ]
    granted = [each for each in trace.entries if isinstance(each.data, VoteGranted)]
    others = [
        each
        for each in granted
        if isinstance(each.data, VoteGranted) and names.name_of_id(each.data.candidate) != each.node
    ]
    assert others
    first = {name: min(us for step, us in steps if step == name) for name, _ in steps}
    assert first["VoteRequested"] <= others[0].time_us <= first["VoteReceived"]
