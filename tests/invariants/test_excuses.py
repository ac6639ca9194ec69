"""A peculiarity excuses what follows from it, and nothing else that is wrong in the same run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import cache

import pytest

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Data,
    Entry,
    FailoverStateChanged,
    NodeStarted,
    OpinionGiven,
    ProcessChanged,
    SentinelEvent,
    Trace,
    VoteGranted,
    VotesCounted,
)
from sim.invariants import (
    MINORITY_NEVER_PROMOTES,
    OLD_MASTER_IS_DEMOTED,
    ONE_ADDRESS_PER_CONFIG_EPOCH,
    ONE_MASTER_AT_THE_END,
    ONE_VOTE_PER_EPOCH,
    REPLICAS_FOLLOW_AT_THE_END,
    SAVED_BEFORE_SENT,
    Invariant,
    judge_all,
)
from sim.invariants.elections import LEADER_HAS_THE_VOTES
from sim.invariants.liveness import CLIENTS_WRITE_AT_THE_END
from sim.invariants.views import NOBODY_IS_ITS_OWN_PEER
from sim.scenarios import find_scenario, run_scenario
from sim.trace import ClientStarted, HostNamed, Operation, RoleChanged, RunEnded
from tests.judge.stories import MASTER, Pen, deployment


@cache
def run(name: str) -> Trace:
    return run_scenario(find_scenario(name), seed=1).trace


def broken(trace: Trace, invariant: Invariant) -> list[str]:
    """What nothing explains, in words."""
    (judgement,) = judge_all(trace, [invariant])
    return [violation.reason for violation in judgement.unexplained]


def excuses(trace: Trace, invariant: Invariant) -> set[str]:
    (judgement,) = judge_all(trace, [invariant])
    return {each.name for each in judgement.peculiarities}


def with_more(trace: Trace, *added: Entry) -> Trace:
    """The same run, with more entries in the order of time, before the one that ends it."""
    *entries, last = trace.entries
    return Trace(trace.header, [*sorted([*entries, *added], key=lambda e: e.time_us), last])


def end_us(trace: Trace) -> int:
    return trace.entries[-1].time_us


def changed(trace: Trace, change: Callable[[Entry], Entry | None]) -> Trace:
    return Trace(trace.header, [new for e in trace.entries if (new := change(e)) is not None])


def _first(trace: Trace, kind: type[Data]) -> Entry:
    return next(entry for entry in trace.entries if isinstance(entry.data, kind))


def alone(count: VotesCounted) -> VotesCounted:
    """The count of somebody who counts nobody but itself."""
    return dataclasses.replace(count, votes=((count.votes[0][0], 1),), voters=1, quorum=1, needed=1)


def counts_alone(trace: Trace) -> Trace:
    def change(entry: Entry) -> Entry:
        data = entry.data
        return (
            dataclasses.replace(entry, data=alone(data))
            if isinstance(data, VotesCounted)
            else entry
        )

    return changed(trace, change)


def who_counts(trace: Trace) -> str:
    return _first(trace, VotesCounted).node


def test_counting_fewer_than_one_has_met_is_no_ignorance() -> None:
    trace = counts_alone(run("kill-master"))
    assert broken(trace, MINORITY_NEVER_PROMOTES) != []


def test_counting_all_that_one_can_have_met_is() -> None:
    leader = who_counts(run("kill-master"))

    def change(entry: Entry) -> Entry | None:
        data = entry.data
        met = isinstance(data, SentinelEvent) and data.name == "+sentinel"
        return None if met and entry.node == leader else entry

    trace = changed(counts_alone(run("kill-master")), change)
    assert broken(trace, MINORITY_NEVER_PROMOTES) == []
    assert excuses(trace, MINORITY_NEVER_PROMOTES) == {"unknown-sentinels"}


def whose_disk_fails(trace: Trace) -> tuple[str, int]:
    """A Sentinel that cannot save, and when that was seen first."""
    for entry in trace.entries:
        if isinstance(entry.data, ConfigurationSaved) and entry.data.error:
            return entry.node, entry.time_us
    raise AssertionError("expected a save that failed")


def votes_twice(save: ConfigurationSaved, between: Iterable[Data]) -> Trace:
    """A run with a broken disk, at the end of which its Sentinel votes twice in one epoch."""
    trace = run("config-not-saved")
    node, _ = whose_disk_fails(trace)
    vote = VoteGranted(master="mymaster", candidate="somebody", epoch=99)
    deeds = [save, vote, *between, dataclasses.replace(vote, candidate="else")]
    at_us = end_us(trace) - len(deeds)
    return with_more(trace, *(Entry(at_us + n, node, data) for n, data in enumerate(deeds)))


SAVE = ConfigurationSaved(current_epoch=99, error="", epochs=(("mymaster", 0, 99),))
FAILED = dataclasses.replace(SAVE, error="no space left")
DEATH = ProcessChanged(change="killed")


@pytest.mark.parametrize(
    ("save", "between", "is_excused"),
    [
        (FAILED, (DEATH,), True),
        (FAILED, (), False),
        (FAILED, (SAVE, DEATH), False),
        (SAVE, (FAILED, DEATH), False),
    ],
    ids=["lost in a crash", "still in memory", "saved after all", "saved at once"],
)
def test_broken_disk_excuses_a_second_vote_only_if_the_first_was_lost(
    save: ConfigurationSaved, between: tuple[Data, ...], is_excused: bool
) -> None:
    trace = votes_twice(save, between)
    assert (broken(trace, ONE_VOTE_PER_EPOCH) == []) is is_excused
    assert (excuses(trace, ONE_VOTE_PER_EPOCH) == {"disk-failed"}) is is_excused


def belief(node: str, master: str, port: int, epoch: int, at_us: int) -> list[Entry]:
    name = SentinelEvent(
        level="warning",
        name="+monitor",
        payload=f"master {master} 10.9.9.9 {port} quorum 2",
        master=master,
        subject="master",
        host="10.9.9.9",
        port=port,
    )
    believed = ConfigurationBelieved(
        master=master, host="10.9.9.9", port=port, config_epoch=epoch, before=0, source="loaded"
    )
    return [Entry(at_us, node, name), Entry(at_us, node, believed)]


@pytest.mark.parametrize(("epochs", "is_excused"), [((7, 7), True), ((7, 8), False)])
def test_tie_about_one_master_excuses_no_dispute_about_another(
    epochs: tuple[int, int], is_excused: bool
) -> None:
    trace = run("three-truths")
    assert broken(trace, ONE_MASTER_AT_THE_END) == []
    two = [e.node for e in trace.entries if isinstance(e.data, NodeStarted)]
    sentinels = [node for node in dict.fromkeys(two) if node.startswith("sentinel")][:2]
    added: list[Entry] = []
    for number, (node, epoch) in enumerate(zip(sentinels, epochs, strict=True)):
        added += belief(node, "other", 7001 + number, epoch, end_us(trace) - 10 + number)
    reasons = broken(with_more(trace, *added), ONE_MASTER_AT_THE_END)
    assert (reasons == []) is is_excused
    assert all("10.9.9.9:7002" in reason for reason in reasons)


def test_overtaken_leader_excuses_its_own_epoch_only() -> None:
    trace = run("overtaken-leader")
    assert broken(trace, ONE_ADDRESS_PER_CONFIG_EPOCH) == []
    late = end_us(trace) - 10
    added = [
        *belief("sentinel-1", "mymaster", 7001, 99, late),
        *belief("sentinel-2", "mymaster", 7002, 99, late + 1),
    ]
    (reason,) = broken(with_more(trace, *added), ONE_ADDRESS_PER_CONFIG_EPOCH)
    assert "config epoch 99" in reason


def test_own_address_excuses_nobody_who_finds_itself_where_others_reach_it() -> None:
    trace = run("own-address")
    assert broken(trace, NOBODY_IS_ITS_OWN_PEER) == []
    entry = next(e for e in trace.entries if e.node == "sentinel-2" and e.kind == "node-started")
    start = entry.data
    assert isinstance(start, NodeStarted)
    found = SentinelEvent(
        level="notice",
        name="+sentinel",
        payload=f"sentinel {start.runid} {start.host} {start.port} @ mymaster 10.0.0.1 6379",
        master="mymaster",
        subject="sentinel",
        host=start.host,
        port=start.port,
    )
    added = Entry(end_us(trace) - 1, "sentinel-2", found)
    assert len(broken(with_more(trace, added), NOBODY_IS_ITS_OWN_PEER)) == 1


def test_own_address_gives_one_vote_and_no_more() -> None:
    trace = run("own-address")
    assert broken(trace, LEADER_HAS_THE_VOTES) == []

    def change(entry: Entry) -> Entry:
        data = entry.data
        if not isinstance(data, VotesCounted):
            return entry
        votes = tuple((runid, count + 1) for runid, count in data.votes)
        return dataclasses.replace(entry, data=dataclasses.replace(data, votes=votes))

    assert len(broken(changed(trace, change), LEADER_HAS_THE_VOTES)) == 1


@pytest.mark.parametrize(
    ("saves", "is_excused"), [((FAILED,), True), ((), False)], ids=["save failed", "never saved"]
)
def test_broken_disk_excuses_a_request_only_if_its_epoch_was_to_be_saved(
    saves: tuple[Data, ...], is_excused: bool
) -> None:
    """A candidate tells of its new epoch, saves, and asks for votes when that is done."""
    trace = run("config-not-saved")
    node, _ = whose_disk_fails(trace)
    starts = {e.node: e.data for e in trace.entries if isinstance(e.data, NodeStarted)}
    other = next(n for n, start in starts.items() if start.type == "sentinel" and n != node)
    good = dataclasses.replace(SAVE, current_epoch=98)
    new = SentinelEvent(level="warning", name="+new-epoch", payload="99", master="mymaster")
    asked = OpinionGiven(
        master="mymaster",
        host="10.0.0.1",
        port=6379,
        down=False,
        epoch=99,
        asker=starts[node].runid,
        for_vote=True,
    )
    deeds = [(node, good), (node, new), *((node, each) for each in saves), (other, asked)]
    at_us = end_us(trace) - len(deeds)
    added = (Entry(at_us + n, who, data) for n, (who, data) in enumerate(deeds))
    found = with_more(trace, *added)
    assert ("request" in " ".join(broken(found, SAVED_BEFORE_SENT))) is not is_excused


RESET = "reset-in-a-failover"
"""redis-2 is a second master: no Sentinel has it in its lists since it was reset at 25.4 s."""

FORGET = SentinelEvent(
    level="warning", name="+reset-master", payload="", master="mymaster", host="10.0.0.1", port=6379
)


def found(sentinel: str, at_us: int, host: str = "10.0.0.2") -> Entry:
    """A Sentinel finds a server in the INFO of its master."""
    payload = f"slave {host}:6379 {host} 6379 @ mymaster 10.0.0.1 6379"
    data = SentinelEvent(
        level="notice", name="+slave", payload=payload, master="mymaster", host=host, port=6379
    )
    return Entry(at_us, sentinel, data)


def test_server_that_one_running_sentinel_knows_must_be_demoted() -> None:
    trace = run(RESET)
    assert excuses(trace, OLD_MASTER_IS_DEMOTED) == {"unwatched-server"}
    known = with_more(trace, found("sentinel-3", 60_000_000))
    assert broken(known, OLD_MASTER_IS_DEMOTED) == ["redis-2 is a master too"]


def test_only_those_who_are_still_there_watch_a_server() -> None:
    trace = run(RESET)
    known = found("sentinel-3", 60_000_000)
    froze = Entry(70_000_000, "sentinel-3", ProcessChanged(change="paused"))
    forgot = Entry(70_000_000, "sentinel-3", FORGET)
    assert broken(with_more(trace, known, froze), OLD_MASTER_IS_DEMOTED)
    assert not broken(with_more(trace, known, forgot), OLD_MASTER_IS_DEMOTED)


@pytest.mark.parametrize(("error", "is_known"), [("", True), ("No space left on device", False)])
def test_sentinel_that_was_restarted_watches_whom_it_had_saved(error: str, is_known: bool) -> None:
    """RESET is not saved by itself: who is killed then knows again what it was to forget."""
    trace = run(RESET)
    start = next(
        entry
        for entry in trace.entries
        if entry.node == "sentinel-3" and isinstance(entry.data, NodeStarted)
    )
    after = [
        found("sentinel-3", 60_000_000),
        Entry(60_000_001, "sentinel-3", ConfigurationSaved(current_epoch=1, error=error)),
        Entry(70_000_000, "sentinel-3", FORGET),
        Entry(70_000_001, "sentinel-3", ProcessChanged(change="started")),
        dataclasses.replace(start, time_us=70_000_001),
    ]
    restarted = with_more(trace, *after)
    assert bool(broken(restarted, OLD_MASTER_IS_DEMOTED)) is is_known


def test_second_server_that_is_known_is_not_excused_beside_one_that_is_not() -> None:
    """redis-3 becomes a master by itself, and all Sentinels know redis-3."""
    trace = run(RESET)
    freed = with_more(
        trace,
        Entry(80_000_000, "redis-3", RoleChanged(role="master", master_host="", master_port=0)),
    )
    assert broken(freed, OLD_MASTER_IS_DEMOTED) == ["redis-3 is a master too"]
    astray = with_more(
        trace,
        Entry(
            80_000_000,
            "redis-3",
            RoleChanged(role="replica", master_host="10.0.0.2", master_port=6379),
        ),
    )
    assert broken(astray, REPLICAS_FOLLOW_AT_THE_END) == ["redis-3 follows redis-2"]


def test_unwatched_server_that_follows_another_one_is_excused() -> None:
    trace = run(RESET)
    chained = with_more(
        trace,
        Entry(
            80_000_000,
            "redis-2",
            RoleChanged(role="replica", master_host="10.0.0.3", master_port=6379),
        ),
    )
    assert excuses(chained, REPLICAS_FOLLOW_AT_THE_END) == {"unwatched-server"}
    assert not broken(chained, REPLICAS_FOLLOW_AT_THE_END)


def test_address_of_which_nobody_knows_who_is_there_excuses_nobody() -> None:
    trace = run(RESET)
    named = with_more(trace, found("sentinel-1", 60_000_000, host="some.where"))
    assert broken(named, OLD_MASTER_IS_DEMOTED)


def moved(pen: Pen, *hosts: str) -> None:
    """A name that means one host after the other."""
    for number, host in enumerate(hosts):
        pen.at(20_000 + number, "network", HostNamed(name="a.example", address=host))


@pytest.mark.parametrize(("where", "expected"), [("redis-1", {"stale-name"}), ("redis-3", set())])
def test_a_name_that_has_led_elsewhere_excuses_a_second_master_at_its_own_hosts_only(
    where: str, expected: set[str]
) -> None:
    pen = deployment()
    moved(pen, pen.addresses[where][0], "10.9.9.9")
    pen.role(21_000, "redis-2", "master")
    for name in ("sentinel-1", "sentinel-2", "sentinel-3"):
        pen.switch(21_100, name, "redis-1", "redis-2")
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert broken(pen.trace(), OLD_MASTER_IS_DEMOTED) == (
        [] if expected else ["redis-1 is a master too"]
    )
    assert excuses(pen.trace(), OLD_MASTER_IS_DEMOTED) == expected


@pytest.mark.parametrize(("host", "excused"), [("10.0.0.1", True), ("10.0.0.2", False)])
def test_a_name_that_has_led_elsewhere_excuses_votes_about_a_master_by_that_address(
    host: str, excused: bool
) -> None:
    pen = deployment()
    moved(pen, "10.0.0.1", "10.9.9.9")
    believed = ConfigurationBelieved(
        master=MASTER, host=host, port=6379, config_epoch=0, before=0, source="loaded"
    )
    pen.at(21_000, "sentinel-1", believed)
    own = pen.ids["sentinel-1"]
    pen.vote(22_000, "sentinel-1", "sentinel-1", 1)
    count = VotesCounted(
        master=MASTER, epoch=1, votes=((own, 2),), voters=3, quorum=2, needed=2, winner=own
    )
    pen.at(22_000, "sentinel-1", count)
    elected = FailoverStateChanged(
        master=MASTER, epoch=1, before="wait_start", after="select_slave", why="elected"
    )
    pen.at(22_000, "sentinel-1", elected)
    assert bool(broken(pen.trace(), LEADER_HAS_THE_VOTES)) is not excused


@pytest.mark.parametrize(("host", "excused"), [("10.0.0.3", True), ("10.0.0.2", False)])
def test_a_name_that_has_led_elsewhere_excuses_a_client_that_was_sent_there(
    host: str, excused: bool
) -> None:
    pen = deployment()
    moved(pen, "10.0.0.3", "10.9.9.9")
    pen.at(1_000, "client-1", ClientStarted(client="textbook", rate=1.0, period_us=1_000_000))
    for ms in range(30_000, 99_000, 1_000):
        failed = Operation(
            name="SET",
            write=f"a={ms}",
            target="",
            started_us=ms * 1000,
            outcome="failed",
            error=f"{host}:6379: no master",
        )
        pen.at(ms, "client-1", failed)
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert bool(broken(pen.trace(), CLIENTS_WRITE_AT_THE_END)) is not excused
