"""Messages that arrive minutes after everybody has gone on: an order, a request, a hello."""

from __future__ import annotations

from minisentinel.trace import SentinelEvent, Trace, VoteGranted, VoteRequested
from sim.invariants import SAFETY, broken_invariants, judge_all
from sim.scenarios import find_scenario, run_scenario
from sim.scenarios.reading import read_scenario
from sim.trace import FaultInjected
from sim.world import World

LATE_REQUEST = """
title = "A request for a vote arrives two minutes late"

[deployment]
clients = 0

[settings]
quorum = 1
down-after-milliseconds = 5000
failover-timeout = 10000

[nodes.sentinel-2]
conf = ["sentinel down-after-milliseconds mymaster 60000"]

[nodes.sentinel-3]
conf = ["sentinel down-after-milliseconds mymaster 60000"]

[[faults]]
at = 20
do = "kill"
node = "redis-1"

[[faults]]
after = 3
do = "hold"
node = "sentinel-1"
to = "sentinel-3"

[[faults]]
when = "+failover-end"
after = 120
do = "release"
node = "sentinel-1"
to = "sentinel-3"

[run]
watch-for = 20

[expect]
failovers = 1
attempts = 1
"""

LATE_HELLO = """
title = "A hello of the time before a failover arrives two minutes late"

[deployment]
clients = 0

[settings]
down-after-milliseconds = 1000
failover-timeout = 10000

[[faults]]
at = 20
do = "kill"
node = "redis-1"

[[faults]]
when = "+failover-end"
after = 120
do = "command"
node = "master"
words = ["PUBLISH", "__sentinel__:hello", "HELLO"]

[run]
watch-for = 20

[expect]
failovers = 1
attempts = 1
"""


def last_fault_us(trace: Trace) -> int:
    return max(entry.time_us for entry in trace.entries if isinstance(entry.data, FaultInjected))


def events_since(trace: Trace, moment_us: int) -> set[str]:
    return {
        entry.data.name
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.time_us >= moment_us
    }


def test_an_order_to_be_a_master_that_comes_minutes_late_is_obeyed_and_mended() -> None:
    """What was sent on a connection is delivered although the sender has given that up."""
    result = run_scenario(find_scenario("late-order"), seed=2)
    assert result.passed, result.failures
    assert broken_invariants(result.trace) == ()
    late = events_since(result.trace, last_fault_us(result.trace))
    assert "+convert-to-slave" in late
    assert not late & {"+try-failover", "+switch-master", "+new-epoch"}


def test_a_request_for_a_vote_that_comes_minutes_late_changes_nothing() -> None:
    """It names a master that nobody has any more, so that nobody votes. [ELE-3-1]"""
    result = run_scenario(read_scenario(LATE_REQUEST, name="late-request", path=""), seed=1)
    assert result.passed, result.failures
    trace = result.trace
    arrival_us = last_fault_us(trace)
    asked = [entry for entry in trace.entries if isinstance(entry.data, VoteRequested)]
    votes = [entry for entry in trace.entries if isinstance(entry.data, VoteGranted)]
    assert {entry.node for entry in asked} == {"sentinel-1"}
    assert {entry.node for entry in votes} == {"sentinel-1", "sentinel-2"}
    assert not events_since(trace, arrival_us)
    assert all(judge_all(trace, SAFETY))


def test_a_hello_that_comes_minutes_late_is_no_news() -> None:
    """Its config epoch is older than everybody's, so nobody goes back to the dead master."""
    deployment = read_scenario(LATE_HELLO, name="late-hello", path="").deployment
    myid = World(deployment, seed=1).plan.sentinels[0].myid
    hello = f"10.0.1.1,26379,{myid},0,mymaster,10.0.0.1,6379,0"
    scenario = read_scenario(LATE_HELLO.replace("HELLO", hello), name="late-hello", path="")
    result = run_scenario(scenario, seed=1)
    assert result.passed, result.failures
    assert not events_since(result.trace, last_fault_us(result.trace))
    assert broken_invariants(result.trace) == ()
