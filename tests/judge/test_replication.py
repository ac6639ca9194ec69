from __future__ import annotations

from sim.judge import replication_lag
from sim.judge.replication import LagPoint
from sim.trace import ReplicationOffset
from tests.judge.stories import Pen, deployment


def offset(pen: Pen, ms: float, node: str, value: int) -> None:
    pen.at(ms, node, ReplicationOffset(offset=value))


def lag_of(pen: Pen, replica: str) -> list[tuple[int, int | None]]:
    (series,) = [each for each in replication_lag(pen.trace()) if each.replica == replica]
    return [(point.time_us // 1000, point.lag_bytes) for point in series.points]


def test_lag_is_the_offset_of_the_master_minus_its_own() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1010, "redis-2", 100)
    offset(pen, 1020, "redis-1", 160)
    offset(pen, 1030, "redis-2", 130)
    assert lag_of(pen, "redis-2") == [(1010, 0), (1020, 60), (1030, 30)]


def test_of_several_samples_at_one_time_the_last_counts() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 100)
    offset(pen, 1000, "redis-2", 90)
    offset(pen, 1000, "redis-2", 100)
    assert lag_of(pen, "redis-2") == [(1000, 0)]


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
    pen.node(3000, "redis-2", "redis")
    offset(pen, 3100, "redis-2", 95)
    assert lag_of(pen, "redis-2") == [(1000, 10), (2000, None), (3100, 5)]


def test_a_returning_master_with_bytes_of_its_own_is_ahead() -> None:
    pen = deployment(replicas=1)
    offset(pen, 1000, "redis-1", 500)
    offset(pen, 1000, "redis-2", 90)
    pen.role(2000, "redis-2", "master")
    pen.role(3000, "redis-1", "replica", "redis-2")
    assert lag_of(pen, "redis-1") == [(3000, -410)]


def test_points_are_plain_values() -> None:
    assert LagPoint(1, 2) == LagPoint(1, 2)
