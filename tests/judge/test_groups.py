"""Several masters, each with servers, an office and losses of its own."""

from __future__ import annotations

import dataclasses

from minisentinel.trace import SentinelEvent
from sim.judge import Group, account_for_writes, find_groups, find_stale_reads
from sim.trace import ValueRead, WriteAccepted, WriteApplied
from tests.judge.stories import Pen

SERVERS = {"mymaster": ("redis-1", "redis-2"), "other": ("redis-3", "redis-4")}


def two_masters() -> Pen:
    """Two masters with a replica each, watched by one Sentinel; client-1 and client-2 write."""
    pen = Pen()
    for number in range(1, 5):
        pen.node(0, f"redis-{number}", "redis")
    pen.node(10, "sentinel-1", "sentinel")
    for master, (first, second) in SERVERS.items():
        pen.role(0, first, "master")
        pen.role(0, second, "replica", first)
        event(pen, 20, "+monitor", master, f"master:{first}")
        event(pen, 30, "+slave", master, f"slave:{second}")
    for number in (1, 2):
        pen.node(40, f"client-{number}", "client")
    return pen


def event(pen: Pen, at: float, name: str, master: str, target: str, payload: str = "") -> None:
    pen.event(at, "sentinel-1", name, target, payload)
    entry = pen.entries[-1]
    assert isinstance(entry.data, SentinelEvent)
    data = dataclasses.replace(entry.data, master=master)
    pen.entries[-1] = dataclasses.replace(entry, data=data)


def switch(pen: Pen, at: float, master: str, old: str, new: str) -> None:
    old_host, new_host = pen.addresses[old][0], pen.addresses[new][0]
    payload = f"{master} {old_host} 6379 {new_host} 6379"
    event(pen, at, "+switch-master", master, f"master:{old}", payload)


def write(pen: Pen, at: float, what: str, client: str, *, on: str, to: str = "") -> None:
    key, _, value = what.partition("=")
    pen.operation(at - 1, at + 1, client, "ok", what, on)
    pen.at(at, on, WriteAccepted(write=what, offset=1, key=key, value=value))
    if to:
        pen.at(at + 0.5, to, WriteApplied(write=what, offset=1))


def fail_over(pen: Pen, at: float, master: str) -> None:
    first, second = SERVERS[master]
    pen.fault(at, first, "kill", "killed")
    pen.role(at + 10, second, "master")
    switch(pen, at + 20, master, first, second)


def test_servers_belong_to_the_name_under_which_a_sentinel_knows_them() -> None:
    assert find_groups(two_masters().trace()) == (
        Group(("mymaster",), ("redis-1", "redis-2")),
        Group(("other",), ("redis-3", "redis-4")),
    )


def test_names_that_share_a_server_are_one_group_with_all_servers() -> None:
    pen = two_masters()
    event(pen, 50, "+slave", "other", "slave:redis-2")
    (group,) = find_groups(pen.trace())
    assert group.masters == ("mymaster", "other")
    assert sorted(group.servers) == ["redis-1", "redis-2", "redis-3", "redis-4"]


def test_the_losses_of_each_master_are_counted_on_its_own_successor() -> None:
    pen = two_masters()
    write(pen, 1000, "a=1", "client-1", on="redis-1", to="redis-2")
    write(pen, 1100, "a=2", "client-1", on="redis-1")
    write(pen, 1000, "b=1", "client-2", on="redis-3", to="redis-4")
    write(pen, 1100, "b=2", "client-2", on="redis-3")
    fail_over(pen, 2000, "mymaster")
    fail_over(pen, 5000, "other")
    writes = account_for_writes(pen.trace())
    assert writes.final_masters == ("redis-2", "redis-4")
    assert writes.final_master is None
    lost = {each.write: each.cause for each in writes.lost or ()}
    assert set(lost) == {"a=2", "b=2"}
    assert {write: cause and cause.server for write, cause in lost.items()} == {
        "a=2": "redis-2",
        "b=2": "redis-4",
    }


def test_a_master_that_stays_loses_nothing_while_another_is_replaced() -> None:
    pen = two_masters()
    write(pen, 1000, "b=1", "client-2", on="redis-3")
    fail_over(pen, 2000, "mymaster")
    write(pen, 3000, "b=2", "client-2", on="redis-3")
    writes = account_for_writes(pen.trace())
    assert (writes.lost, writes.split_brain) == ((), ())


def test_a_master_without_a_known_successor_makes_only_its_own_writes_unknown() -> None:
    pen = two_masters()
    write(pen, 1000, "b=1", "client-2", on="redis-3")
    pen.node(50, "sentinel-2", "sentinel")
    entry_count = len(pen.entries)
    pen.event(60, "sentinel-2", "+monitor", "master:redis-2")
    assert len(pen.entries) == entry_count + 1
    assert account_for_writes(pen.trace()).lost == ()
    write(pen, 1000, "a=1", "client-1", on="redis-1")
    writes = account_for_writes(pen.trace())
    assert writes.lost is None
    assert writes.why_unknown == "mymaster: the Sentinels do not name one master at the end"


def test_a_stale_read_is_explained_by_the_office_of_its_own_group() -> None:
    pen = two_masters()
    write(pen, 1000, "b=1", "client-2", on="redis-3")
    fail_over(pen, 2000, "mymaster")
    host, port = pen.addresses["redis-3"]
    read = ValueRead(key="b", value=None, target=f"{host}:{port}", started_us=3_000_000)
    pen.at(3001, "client-1", read)
    (stale,) = find_stale_reads(pen.trace())
    assert (stale.server, stale.why) == ("redis-3", "lost")
