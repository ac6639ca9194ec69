"""Invariants that cried wolf in a long search: what looked like a breach, and what is one."""

from __future__ import annotations

import dataclasses

import pytest

from minisentinel.trace import (
    ConfigurationBelieved,
    FailoverStateChanged,
    MasterSettings,
    NodeStarted,
    OpinionGiven,
    ProcessChanged,
    ReplicaSelection,
    SentinelEvent,
    VotesCounted,
)
from sim.invariants import Truth, find_invariant
from sim.invariants.company import Company
from sim.invariants.liveness import why_not_due
from sim.trace import (
    ClientStarted,
    DataLost,
    FaultInjected,
    RunEnded,
    WriteAccepted,
    WriteApplied,
)
from tests.judge.stories import MASTER, Pen, deployment, held_down

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


@pytest.mark.parametrize(("monitors_ms", "expected"), [(60_000, Truth.TRUE), (1_000, Truth.FALSE)])
def test_who_begins_to_watch_after_an_election_was_not_there_to_be_asked(
    monitors_ms: int, expected: Truth
) -> None:
    pen = deployment(sentinels=1)
    pen.at(1_000, "sentinel-1", dataclasses.replace(SETTINGS, quorum=1))
    for number in (2, 3):
        pen.node(500, f"sentinel-{number}", "sentinel")
        pen.event(monitors_ms, f"sentinel-{number}", "+monitor", "master:redis-1")
    pen.at(
        20_000,
        "sentinel-1",
        VotesCounted(
            master=MASTER,
            epoch=1,
            votes=((pen.ids["sentinel-1"], 1),),
            voters=1,
            quorum=1,
            needed=1,
            winner=pen.ids["sentinel-1"],
        ),
    )
    elected = FailoverStateChanged(
        master=MASTER, epoch=1, before="wait_start", after="select_slave", why="elected"
    )
    promotes = FailoverStateChanged(
        master=MASTER, epoch=1, before="send_slaveof_noone", after="wait_promotion", why="sent"
    )
    pen.at(20_000, "sentinel-1", elected)
    pen.at(90_000, "sentinel-1", promotes)
    pen.event(90_000, "sentinel-1", "+failover-state-wait-promotion", "slave:redis-2")
    assert truth("minority-never-promotes", pen) is expected


@pytest.mark.parametrize(
    ("priority", "offset", "other_priority", "other_offset", "expected"),
    [
        (100, 50, 100, 80, Truth.FALSE),
        (50, 50, 100, 80, Truth.TRUE),
        (100, 50, 100, 40, Truth.TRUE),
        (100, 200, 100, 80, Truth.TRUE),
    ],
    ids=["known", "worse priority", "INFO too old", "another line of masters"],
)
def test_a_waited_write_counts_only_where_the_leader_could_know_it(
    priority: int, offset: int, other_priority: int, other_offset: int, expected: Truth
) -> None:
    pen = deployment(clients=1)
    write = "client-1:1=1"
    pen.at(50, "client-1", ClientStarted(wait_replicas=1))
    pen.at(10_000, "redis-1", WriteAccepted(write=write, offset=70))
    pen.at(10_001, "redis-3", WriteApplied(write=write, offset=70))
    pen.operation(9_999, 10_002, "client-1", "ok", write, "redis-1")
    chosen, other = pen.addresses["redis-2"], pen.addresses["redis-3"]
    candidates = (
        (*chosen, priority, offset, "a", ""),
        (*other, other_priority, other_offset, "b", ""),
    )
    selection = ReplicaSelection(
        master=MASTER, epoch=1, host=chosen[0], port=chosen[1], candidates=candidates
    )
    pen.at(20_000, "sentinel-1", selection)
    pen.role(20_100, "redis-2", "master")
    assert truth("waited-writes-survive", pen) is expected


@pytest.mark.parametrize(("role", "expected"), [("replica", Truth.TRUE), ("master", Truth.FALSE)])
def test_master_that_was_made_a_replica_may_be_held_to_be_down(role: str, expected: Truth) -> None:
    pen = deployment()
    pen.role(14_000, "redis-1", role, "redis-2" if role == "replica" else "")
    pen.at(15_000, "sentinel-1", held_down(*pen.addresses["redis-1"]))
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert truth("life-is-noticed", pen) is expected


@pytest.mark.parametrize(
    ("repairs", "expected"), [(1, "delay of network lasts to the end"), (2, "")]
)
def test_each_repair_of_the_network_ends_one_change_of_it(repairs: int, expected: str) -> None:
    pen = deployment()
    for ms in (10_000, 11_000):
        pen.at(ms, "network", FaultInjected(verb="delay", detail=""))
    for number in range(repairs):
        pen.at(12_000 + number, "network", FaultInjected(verb="repair", detail=""))
    pen.at(90_000, "world", RunEnded(reason="duration"))
    assert why_not_due(pen.trace()) == expected


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ((("network", "partition"), ("sentinel-1", "repair")), Truth.UNKNOWN),
        ((("network", "delay"), ("network", "heal")), Truth.UNKNOWN),
        ((("network", "partition"), ("network", "heal")), Truth.FALSE),
        ((("network", "delay"), ("network", "repair")), Truth.FALSE),
    ],
)
def test_network_is_whole_after_its_own_remedy_only(
    faults: tuple[tuple[str, str], ...], expected: Truth
) -> None:
    pen = deployment()
    pen.at(15_000, "sentinel-1", held_down(*pen.addresses["redis-1"]))
    for node, verb in faults:
        pen.at(16_000, node, FaultInjected(verb=verb, detail=""))
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert truth("life-is-noticed", pen) is expected


@pytest.mark.parametrize(
    ("host", "expected"), [("10.1.1.9", "break_disk of redis-3 lasts to the end"), ("", "")]
)
def test_nobody_waits_for_a_dead_node_whose_address_another_one_has_taken(
    host: str, expected: str
) -> None:
    pen = deployment()
    its_host, port = pen.addresses["redis-3"]
    pen.at(9_000, "redis-3", FaultInjected(verb="break_disk", detail=""))
    pen.at(10_000, "redis-3", FaultInjected(verb="power_off", detail=""))
    pen.at(10_000, "redis-3", ProcessChanged(change="killed"))
    started = NodeStarted(type="redis", host=host or its_host, port=port, runid="f" * 40)
    pen.at(11_000, "redis-9", started)
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert why_not_due(pen.trace()) == expected


@pytest.mark.parametrize(("forgets", "expected"), [(True, Truth.TRUE), (False, Truth.FALSE)])
def test_sentinel_whose_address_another_one_has_is_forgotten_with_every_master(
    forgets: bool, expected: Truth
) -> None:
    pen = deployment()
    host, port = pen.addresses["sentinel-2"]
    down = dataclasses.replace(held_down(host, port), subject="sentinel")
    pen.at(15_000, "sentinel-1", down)
    gone = dataclasses.replace(
        about("+sentinel-invalid-addr", "other", "sentinel", port), host=host
    )
    if forgets:
        pen.at(16_000, "sentinel-1", gone)
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert truth("life-is-noticed", pen) is expected


@pytest.mark.parametrize(("source", "expected"), [("promotion", "redis-1"), ("switch", "redis-2")])
def test_leader_watches_the_old_master_until_it_switches(source: str, expected: str) -> None:
    pen = deployment()
    for address, why in (("redis-1", "loaded"), ("redis-2", source)):
        host, port = pen.addresses[address]
        believed = ConfigurationBelieved(
            master=MASTER, host=host, port=port, config_epoch=1, before=0, source=why, peer=""
        )
        pen.at(10_000, "sentinel-1", believed)
    company = Company()
    for entry in pen.trace().entries:
        company.note(entry)
    assert company.watched(("sentinel-1", MASTER)) == expected


@pytest.mark.parametrize(("restarts", "expected"), [(True, Truth.TRUE), (False, Truth.FALSE)])
def test_old_master_that_is_still_named_may_lose_only_what_it_had_before_its_restart(
    restarts: bool, expected: Truth
) -> None:
    pen = deployment(clients=1)
    write, server = "client-1:1=1", "redis-1" if restarts else "redis-2"
    pen.role(5_000, "redis-2", "master")
    pen.at(6_000, server, WriteAccepted(write=write, offset=70))
    pen.operation(5_999, 6_001, "client-1", "ok", write, server)
    if restarts:
        pen.at(6_500, "redis-2", WriteApplied(write=write, offset=70))
    pen.at(7_000, "redis-1", DataLost(keys=1))
    assert truth("losses-are-explained", pen) is expected
