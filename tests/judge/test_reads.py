"""Stale reads: older than what somebody had been promised before."""

from __future__ import annotations

from sim.judge import StaleRead, find_stale_reads
from sim.trace import KeyRemoved, ValueRead, WriteAccepted
from tests.judge.stories import Pen, deployment


def write(pen: Pen, at: float, value: str, *, on: str = "redis-1", outcome: str = "ok") -> None:
    """Client 1 writes `value` at ``k``; it is acknowledged 1 ms after its execution."""
    pen.operation(at - 1, at + 1, "client-1", outcome, f"k={value}", on)
    pen.at(at, on, WriteAccepted(write=f"k={value}", offset=1, key="k", value=value))


def read(pen: Pen, at: float, value: str | None, *, of: str = "redis-2") -> None:
    """Client 2 reads ``k``; that takes 2 ms."""
    host, port = pen.addresses[of]
    started = round((at - 1) * 1000)
    seen = ValueRead(key="k", value=value, target=f"{host}:{port}", started_us=started)
    pen.at(at + 1, "client-2", seen)


def stale(pen: Pen) -> list[tuple[str | None, str, str]]:
    return [(each.value, each.missed, each.why) for each in find_stale_reads(pen.trace())]


def test_read_of_the_newest_value_is_not_stale() -> None:
    pen = deployment()
    write(pen, 1000, "a")
    write(pen, 2000, "b")
    read(pen, 3000, "b")
    assert stale(pen) == []


def test_read_of_a_value_older_than_one_that_was_acknowledged_is_stale() -> None:
    pen = deployment()
    write(pen, 1000, "a")
    write(pen, 2000, "b")
    write(pen, 3000, "c")
    read(pen, 5000, "a")
    assert find_stale_reads(pen.trace()) == (
        StaleRead(
            client="client-2",
            key="k",
            value="a",
            server="redis-2",
            started_us=4_999_000,
            ended_us=5_001_000,
            missed="k=c",
            behind_us=1_998_000,
            why="replica",
        ),
    )


def test_nothing_is_stale_where_something_was_acknowledged() -> None:
    pen = deployment()
    read(pen, 500, None)
    write(pen, 1000, "a")
    read(pen, 2000, None)
    assert stale(pen) == [(None, "k=a", "replica")]


def test_key_that_expired_or_was_deleted_since_is_rightly_not_there() -> None:
    pen = deployment()
    write(pen, 1000, "a")
    pen.at(1500, "redis-1", KeyRemoved(key="k", reason="expired", offset=2))
    read(pen, 2000, None)
    write(pen, 3000, "b")
    read(pen, 3500, None)
    pen.at(4000, "redis-1", WriteAccepted(write="del k", offset=3, key="k"))
    read(pen, 5000, None)
    assert stale(pen) == [(None, "k=b", "replica")]


def test_read_that_began_before_the_acknowledgement_may_see_either() -> None:
    pen = deployment()
    write(pen, 1000, "a")
    write(pen, 2000, "b")
    read(pen, 2001, "a")
    assert stale(pen) == []


def test_write_whose_outcome_is_unknown_promises_nothing() -> None:
    pen = deployment()
    write(pen, 1000, "a")
    write(pen, 2000, "b", outcome="unknown")
    read(pen, 3000, "a")
    assert stale(pen) == []


def test_value_that_is_newer_than_the_promise_is_not_stale() -> None:
    pen = deployment()
    write(pen, 1000, "a")
    write(pen, 2000, "b", outcome="unknown")
    read(pen, 3000, "b")
    assert stale(pen) == []


def test_reason_is_the_role_of_the_server_or_that_nobody_has_the_write_any_more() -> None:
    pen = deployment()
    write(pen, 1000, "a")
    write(pen, 2000, "b")
    pen.role(3000, "redis-2", "master")
    write(pen, 3500, "c", on="redis-2")
    read(pen, 4000, "b", of="redis-1")
    read(pen, 4000, "a", of="redis-3")
    read(pen, 4000, "a", of="redis-2")
    assert stale(pen) == [
        ("b", "k=c", "old master"),
        ("a", "k=c", "replica"),
        ("a", "k=c", "lost"),
    ]
