"""Invariants where Sentinels call servers by the names of their hosts."""

from __future__ import annotations

import pytest

from minisentinel.trace import Entry, MasterSettings, SentinelEvent
from sim.invariants import Truth, find_invariant
from sim.invariants.known import Cast
from sim.trace import FaultInjected, HostNamed, ProcessChanged, ReplicaLinkChanged, RunEnded
from tests.judge.stories import MASTER, Pen, deployment, held_down

PORT = 6379
SETTINGS = MasterSettings(
    master=MASTER, quorum=2, down_after_ms=5000, failover_timeout_ms=60_000, parallel_syncs=1
)


def truth(name: str, pen: Pen) -> Truth:
    return find_invariant(name).judge(pen.trace()).truth


def named(name: str, pen: Pen, node: str) -> HostNamed:
    return HostNamed(name=name, address=pen.addresses[node][0])


def with_names() -> Pen:
    """Three servers, which are db-1 to db-3 to everybody."""
    pen = deployment()
    for number in (1, 2, 3):
        pen.at(0, "network", named(f"db-{number}", pen, f"redis-{number}"))
    pen.at(1000, "sentinel-1", SETTINGS)
    return pen


def down(pen: Pen, ms: float, host: str) -> None:
    """sentinel-1 holds the master at that host to be down."""
    pen.at(ms, "sentinel-1", held_down(host, PORT))
    tell(pen, ms, "+sdown", host)


def tell(pen: Pen, ms: float, name: str, host: str, subject: str = "slave") -> None:
    """An event of sentinel-1 about the server at that host."""
    event = SentinelEvent(
        level="warning",
        name=name,
        payload="",
        master=MASTER,
        subject=subject,
        host=host,
        port=PORT,
    )
    pen.at(ms, "sentinel-1", event)


def test_a_server_is_found_by_the_name_of_its_host_unless_that_has_meant_several() -> None:
    pen = with_names()
    cast = Cast()
    for entry in pen.trace().entries:
        cast.note(entry)
    assert cast.place("DB-1", PORT) == "redis-1"
    assert cast.find("db-1", 1) is None
    assert cast.place("db-9", PORT) == f"db-9:{PORT}"
    moved = [HostNamed(name="db-1", address=""), named("db-1", pen, "redis-1")]
    for data in moved:
        cast.note(Entry(0, "network", data))
    assert cast.place("db-1", PORT) == "redis-1"
    for node in ("redis-2", "redis-1"):
        cast.note(Entry(0, "network", named("Db-1", pen, node)))
        assert cast.find("db-1", PORT) is None


def test_calm_is_disturbed_by_one_who_is_called_by_name() -> None:
    pen = with_names()
    down(pen, 20_000, "db-1")
    assert truth("calm-without-faults", pen) is Truth.FALSE


@pytest.mark.parametrize(
    ("verb", "expected"), [("restart", Truth.FALSE), ("silence_names", Truth.UNKNOWN)]
)
def test_living_server_is_held_to_be_down_by_its_name(verb: str, expected: Truth) -> None:
    pen = with_names()
    down(pen, 20_000, "db-1")
    pen.at(21_000, "network", FaultInjected(verb=verb, detail=""))
    pen.at(99_000, "world", RunEnded(reason="limit"))
    assert truth("life-is-noticed", pen) is expected


@pytest.mark.parametrize(("becomes", "expected"), [(True, Truth.TRUE), (False, Truth.FALSE)])
def test_promotion_is_looked_for_where_the_name_leads(becomes: bool, expected: Truth) -> None:
    pen = with_names()
    pen.role(10_000, "redis-2", "replica", "redis-1")
    tell(pen, 20_000, "+failover-state-wait-promotion", "db-2")
    if becomes:
        pen.role(20_500, "redis-2", "master")
    tell(pen, 21_000, "+promoted-slave", "db-2")
    assert truth("switch-after-promotion", pen) is expected


@pytest.mark.parametrize("told", ["db-2", "10.0.0.2"])
@pytest.mark.parametrize(("follows", "expected"), [("2", Truth.TRUE), ("1", Truth.FALSE)])
def test_link_leads_to_the_new_master_by_name_or_by_address(
    told: str, follows: str, expected: Truth
) -> None:
    pen = with_names()
    tell(pen, 20_000, "+promoted-slave", "db-2")
    tell(pen, 20_100, "+slave-reconf-sent", "db-3")
    link = ReplicaLinkChanged(up=True, master_host=f"{told[:-1]}{follows}", master_port=PORT)
    pen.at(20_500, "redis-3", link)
    tell(pen, 21_000, "+slave-reconf-done", "db-3")
    assert truth("reconfigured-means-following", pen) is expected


@pytest.mark.parametrize(
    ("verb", "expected"), [("silence_names", Truth.TRUE), ("heal", Truth.FALSE)]
)
def test_who_joins_while_names_are_not_answered_may_wait_for_one(
    verb: str, expected: Truth
) -> None:
    pen = with_names()
    pen.at(10_000, "network", FaultInjected(verb=verb, detail="db-2"))
    pen.node(20_000, "sentinel-9", "sentinel")
    pen.at(20_100, "sentinel-9", SETTINGS)
    pen.event(20_200, "sentinel-9", "+monitor", "master:redis-1")
    pen.at(30_000, "redis-1", ProcessChanged(change="killed"))
    for name in ("sentinel-1", "sentinel-2", "sentinel-3"):
        pen.event(35_500, name, "+sdown", "master:redis-1")
    pen.at(60_000, "world", RunEnded(reason="limit"))
    assert truth("silence-is-noticed", pen) is expected
