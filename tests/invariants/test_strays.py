"""An old master that is back is told to be a replica, and in time.

In every story redis-2 has been the master since 20 s, and redis-1, which comes back at 60 s, was it
before. The periods are those of the specification, so that 34 s are allowed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minisentinel.trace import ConfigurationBelieved, MasterSettings
from sim.invariants import STRAYS_ARE_DEMOTED, Verdict
from sim.trace import ProcessChanged, RunEnded
from tests.judge.stories import MASTER, Pen, deployment

IN_TIME_MS, LATE_MS = 93_900, 95_000


def world() -> Pen:
    """A Sentinel that watches redis-2 and knows redis-1, which comes back at 60 s."""
    pen = deployment(sentinels=1, replicas=1, clients=0)
    host, port = pen.addresses["redis-2"]
    settings = MasterSettings(
        master=MASTER, quorum=1, down_after_ms=2000, failover_timeout_ms=10_000, parallel_syncs=1
    )
    believed = ConfigurationBelieved(
        master=MASTER, host=host, port=port, config_epoch=1, before=0, source="switch"
    )
    pen.fault(10_000, "redis-1", "kill", "killed")
    pen.role(20_000, "redis-2", "master")
    pen.at(21, "sentinel-1", settings)
    pen.at(21_000, "sentinel-1", believed)
    pen.switch(21_000, "sentinel-1", "redis-1", "redis-2")
    pen.event(21_000, "sentinel-1", "+slave", "slave:redis-1")
    pen.event(23_500, "sentinel-1", "+sdown", "slave:redis-1")
    pen.node(60_000, "redis-1", "redis")
    pen.role(60_000, "redis-1", "master")
    pen.event(60_000, "sentinel-1", "-sdown", "slave:redis-1")
    return pen


def judged(pen: Pen, end_ms: float = LATE_MS) -> Verdict:
    pen.at(end_ms, "world", RunEnded(reason="duration"))
    return STRAYS_ARE_DEMOTED.judge(pen.trace())


def test_old_master_that_nobody_tells_anything_is_a_stray() -> None:
    verdict = judged(world())
    assert verdict.reason == (
        "sentinel-1 knows redis-1, a master beside redis-2, and should have told it to be a "
        "replica by 94.0 s"
    )


def test_sentinel_has_its_time() -> None:
    assert judged(world(), IN_TIME_MS)


def obeys(pen: Pen) -> None:
    pen.role(72_000, "redis-1", "replica", "redis-2")


def is_told(pen: Pen) -> None:
    """It refuses, which is not the fault of the Sentinel."""
    pen.event(72_000, "sentinel-1", "+convert-to-slave", "slave:redis-1")


def is_cut_off(pen: Pen) -> None:
    pen.fault(65_000, "network", "partition", detail="redis-1")


def is_down(pen: Pen) -> None:
    pen.event(80_000, "sentinel-1", "+sdown", "slave:redis-1")


def new_master_is_down(pen: Pen) -> None:
    pen.event(80_000, "sentinel-1", "+sdown", "master:redis-2")


def new_master_pauses(pen: Pen) -> None:
    pen.at(80_000, "redis-2", ProcessChanged(change="paused"))
    pen.at(81_000, "redis-2", ProcessChanged(change="resumed"))


def sentinel_is_in_tilt(pen: Pen) -> None:
    pen.event(80_000, "sentinel-1", "+tilt")


def sentinel_forgets(pen: Pen) -> None:
    pen.event(80_000, "sentinel-1", "+reset-master", "master:redis-2")


EXCUSES = (
    obeys,
    is_told,
    is_cut_off,
    is_down,
    new_master_is_down,
    new_master_pauses,
    sentinel_is_in_tilt,
    sentinel_forgets,
)


@pytest.mark.parametrize("excuse", EXCUSES, ids=lambda each: each.__name__)
def test_nothing_is_due_where_it_was_done_or_something_else_is_wrong(
    excuse: Callable[[Pen], None],
) -> None:
    pen = world()
    excuse(pen)
    assert judged(pen)


def test_being_told_once_is_not_enough_for_ever() -> None:
    pen = world()
    is_told(pen)
    assert judged(pen, 110_000).violations
