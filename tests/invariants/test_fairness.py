"""Invariants that cried wolf in a long search: what looked like a breach, and what is one."""

from __future__ import annotations

import dataclasses

import pytest

from minisentinel.trace import (
    FailoverStateChanged,
    MasterSettings,
    OpinionGiven,
    ReplicaSelection,
    SentinelEvent,
)
from sim.invariants import Truth, find_invariant
from sim.invariants.liveness import why_not_due
from sim.trace import ClientStarted, FaultInjected, RunEnded
from tests.judge.stories import MASTER, Pen, deployment

SETTINGS = MasterSettings(
    master=MASTER, quorum=2, down_after_ms=2000, failover_timeout_ms=1000, parallel_syncs=1
)


def truth(name: str, pen: Pen) -> Truth:
    return find_invariant(name).judge(pen.trace()).truth


def about(name: str, master: str, subject: str, port: int) -> SentinelEvent:
    return SentinelEvent(
        level="warning",
        name=name,
        payload="",
        master=master,
        subject=subject,
        host="10.1.1.1",
        port=port,
    )


@pytest.mark.parametrize(("switches", "expected"), [("other", Truth.TRUE), ("alpha", Truth.FALSE)])
def test_switch_of_one_master_leaves_the_replicas_of_another_down(
    switches: str, expected: Truth
) -> None:
    pen = deployment()
    excluded = ("10.1.1.1", 7003, 100, 0, "", "subjectively down")
    chosen = ("10.1.1.1", 7002, 100, 0, "", "")
    selection = ReplicaSelection(
        master="alpha", epoch=1, host="10.1.1.1", port=7002, candidates=(chosen, excluded)
    )
    pen.at(20_000, "sentinel-1", about("+sdown", "alpha", "slave", 7003))
    pen.at(20_100, "sentinel-1", about("+switch-master", switches, "master", 7009))
    pen.at(20_200, "sentinel-1", selection)
    pen.at(20_300, "sentinel-1", about("+promoted-slave", "alpha", "slave", 7002))
    pen.at(20_400, "sentinel-1", about("+failover-end", "alpha", "master", 7001))
    assert truth("no-replica-left-behind", pen) is expected


@pytest.mark.parametrize(("asked_ms", "expected"), [(20_000, Truth.TRUE), (20_090, Truth.FALSE)])
def test_vote_counts_from_the_moment_of_the_question_and_not_of_the_slow_save(
    asked_ms: int, expected: Truth
) -> None:
    pen = deployment()
    host, port = pen.addresses["redis-1"]
    question = OpinionGiven(
        master=MASTER, host=host, port=port, down=True, epoch=3, asker="x", for_vote=True
    )
    pen.at(1_000, "sentinel-1", SETTINGS)
    pen.at(asked_ms, "sentinel-1", question)
    pen.vote(20_100, "sentinel-1", "sentinel-2", 3)
    pen.at(20_150, "sentinel-1", dataclasses.replace(question, epoch=4))
    start = FailoverStateChanged(
        master=MASTER, epoch=4, before="none", after="wait_start", why="objectively down"
    )
    pen.at(22_050, "sentinel-1", start)
    pen.event(22_050, "sentinel-1", "+try-failover", "master:redis-1")
    assert truth("attempts-are-spaced", pen) is expected


def client(rate: float = 1.0) -> Pen:
    """A run in which the network was whole again at 30 s, with a client that reads and writes."""
    pen = deployment()
    pen.role(1_000, "redis-1", "master")
    started = ClientStarted(client="textbook", rate=rate, period_us=1_000_000)
    pen.at(1_000, "client-1", started)
    pen.at(30_000, "network", FaultInjected(verb="heal", detail=""))
    pen.at(60_000, "world", RunEnded(reason="calm"))
    return pen


def get(pen: Pen, ms: float) -> None:
    pen.operation(ms - 1, ms, "client-1", "ok", target="redis-1")


def put(pen: Pen, ms: float, outcome: str) -> None:
    pen.operation(ms - 1, ms, "client-1", outcome, f"k{ms}=v", "redis-1")


WRITES = "clients-write-at-the-end"


def test_client_whose_last_turns_were_reads_has_written_when_it_last_tried() -> None:
    pen = client()
    put(pen, 50_000, "ok")
    for ms in (52_000, 55_000, 58_000):
        get(pen, ms)
    assert truth(WRITES, pen) is Truth.TRUE


def test_client_whose_last_try_failed_cannot_write_however_well_it_reads() -> None:
    pen = client()
    put(pen, 45_000, "ok")
    put(pen, 50_000, "failed")
    for ms in (52_000, 55_000, 58_000):
        get(pen, ms)
    assert truth(WRITES, pen) is Truth.FALSE


def test_client_that_has_not_tried_since_the_last_fault_tells_nothing() -> None:
    pen = client()
    put(pen, 25_000, "failed")
    for ms in (40_000, 55_000, 58_000):
        get(pen, ms)
    assert truth(WRITES, pen) is Truth.UNKNOWN


def test_client_that_does_nothing_for_long_hangs() -> None:
    pen = client()
    put(pen, 40_000, "ok")
    assert truth(WRITES, pen) is Truth.FALSE


@pytest.mark.parametrize(
    ("verb", "expected"), [("silence_names", Truth.TRUE), ("heal", Truth.FALSE)]
)
def test_sentinel_that_waits_for_a_name_is_not_late_with_its_failover(
    verb: str, expected: Truth
) -> None:
    pen = deployment()
    pen.at(1_000, "sentinel-1", SETTINGS)
    pen.at(15_000, "network", FaultInjected(verb=verb, detail=""))
    steps = (("wait_start", "select_slave", 20_000), ("select_slave", "none", 30_100))
    for before, after, ms in steps:
        step = FailoverStateChanged(master=MASTER, epoch=1, before=before, after=after, why="")
        pen.at(ms, "sentinel-1", step)
    pen.event(30_100, "sentinel-1", "-failover-abort-no-good-slave", "master:redis-1")
    assert truth("failover-ends-or-is-explained", pen) is expected


@pytest.mark.parametrize("repaired", ["network", "sentinel-1"])
def test_loss_of_packets_is_over_when_the_network_is_repaired_and_not_when_a_disk_is(
    repaired: str,
) -> None:
    pen = deployment()
    pen.at(10_000, "network", FaultInjected(verb="lose", detail=""))
    pen.at(12_000, repaired, FaultInjected(verb="repair", detail=""))
    pen.at(90_000, "world", RunEnded(reason="duration"))
    expected = "" if repaired == "network" else "lose of network lasts to the end"
    assert why_not_due(pen.trace()) == expected
