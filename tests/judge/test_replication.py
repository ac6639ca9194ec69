"""Replication lag over time."""

from __future__ import annotations

from sim.judge import replication_lag
from sim.trace import FullSyncLoaded, ReplicationOffset, WriteAccepted, WriteApplied
from tests.judge.stories import Pen, deployment


def offset(pen: Pen, ms: float, node: str, value: int) -> None:
    pen.at(ms, node, ReplicationOffset(offset=value))


def lag_of(pen: Pen, replica: str) -> list[tuple[int, int | None]]:
    """The steps of a lag after the first synchronisation, which ends at 9 ms."""
    (series,) = [each for each in replication_lag(pen.trace()) if each.replica == replica]
    points = [(point.time_us // 1000, point.lag_bytes) for point in series.points]
    assert points[0] == (9, 0) or replica == "redis-1"
    return [point for point in points if point[0] > 9]


def test_lag_is_the_offset_of_the_master_minus_its_own() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1010, "redis-2", 100)
    offset(pen, 1020, "redis-1", 160)
    offset(pen, 1030, "redis-2", 130)
    assert lag_of(pen, "redis-2") == [(1000, 100), (1010, 0), (1020, 60), (1030, 30)]


def test_of_several_samples_at_one_time_the_last_counts() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1000, "redis-2", 90)
    offset(pen, 1000, "redis-2", 95)
    assert lag_of(pen, "redis-2") == [(1000, 5)]


def test_a_promoted_replica_has_no_lag() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1000, "redis-2", 90)
    pen.role(2000, "redis-2", "master")
    assert lag_of(pen, "redis-2") == [(1000, 10), (2000, None)]


def test_lag_is_measured_against_the_server_that_is_followed() -> None:
    pen = deployment(replicas=2)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1000, "redis-2", 90)
    offset(pen, 1000, "redis-3", 80)
    pen.role(2000, "redis-2", "master")
    pen.role(3000, "redis-3", "replica", "redis-2")
    assert lag_of(pen, "redis-3") == [(1000, 20), (3000, 10)]


def test_a_replica_that_is_down_has_no_lag() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1000, "redis-2", 90)
    pen.fault(2000, "redis-2", "kill", "killed")
    pen.fault(3000, "redis-2", "restart", "started")
    offset(pen, 3100, "redis-2", 95)
    assert lag_of(pen, "redis-2") == [(1000, 10), (2000, None), (3100, 5)]


def test_a_returning_master_with_bytes_of_its_own_is_ahead() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 500)
    offset(pen, 1000, "redis-2", 90)
    pen.role(2000, "redis-2", "master")
    pen.role(3000, "redis-1", "replica", "redis-2")
    assert lag_of(pen, "redis-1") == [(3000, -410)]


def test_what_a_linked_replica_has_its_master_has_sent() -> None:
    """The sample of the replica is newer than that of its master, not ahead of it."""
    pen = deployment(replicas=2)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1000, "redis-3", 90)
    offset(pen, 1050, "redis-2", 140)
    offset(pen, 1100, "redis-1", 140)
    assert lag_of(pen, "redis-2") == [(1000, 100), (1050, 0)]
    assert lag_of(pen, "redis-3") == [(1000, 10), (1050, 50)]


def test_writes_tell_offsets_too() -> None:
    pen = deployment(replicas=1)
    pen.at(1000, "redis-1", WriteAccepted(write="a=1", offset=50))
    pen.at(1003, "redis-2", WriteApplied(write="a=1", offset=50))
    assert lag_of(pen, "redis-2") == [(1000, 50), (1003, 0)]


def test_a_snapshot_replaces_the_offset_of_another_history() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 500)
    offset(pen, 1000, "redis-2", 90)
    pen.role(2000, "redis-2", "master")
    pen.role(3000, "redis-1", "replica", "redis-2")
    pen.at(4000, "redis-1", FullSyncLoaded(sync="s", offset=80))
    assert lag_of(pen, "redis-1") == [(3000, -410), (4000, 10)]
