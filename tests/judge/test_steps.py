"""The states of an attempt as a table: without gaps, each left by its event."""

from __future__ import annotations

import pytest

from sim import Deployment, World
from sim.judge import find_attempts, find_nodes, steps_table
from sim.tables import Table

STATES = (
    "wait_start",
    "select_slave",
    "send_slaveof_noone",
    "wait_promotion",
    "reconf_slaves",
    "update_config",
)


def _table(deployment: Deployment, *gone: str) -> Table:
    world = World(deployment)
    world.run(15)
    for name in (*gone, "master"):
        world.kill(name)
    world.run(25)
    (attempt,) = find_attempts(world.trace)
    return steps_table(attempt, find_nodes(world.trace))


def test_a_completed_attempt_goes_through_every_state_without_a_gap() -> None:
    table = _table(Deployment())
    assert table.column("state") == STATES
    assert table.column("left by")[-2:] == ("+failover-end", "+switch-master")
    entered = [float(str(each)) for each in table.column("entered s")]
    lasted = [float(str(each)) for each in table.column("for ms")]
    for number in range(len(STATES) - 1):
        assert entered[number] + lasted[number] / 1e3 == pytest.approx(entered[number + 1])
    assert lasted[-1] == 0
    assert "in place of redis-1: completed" in table.caption


def test_an_attempt_that_is_not_elected_ends_in_its_first_state() -> None:
    deployment = Deployment(sentinels=5, quorum=2, failover_timeout=20_000)
    table = _table(deployment, "sentinel-3", "sentinel-4", "sentinel-5")
    assert table.column("state") == ("wait_start",)
    assert table.column("left by") == ("-failover-abort-not-elected",)


def test_an_attempt_without_a_replica_to_promote_ends_in_the_second_state() -> None:
    table = _table(Deployment(replicas=0))
    assert table.column("state") == STATES[:2]
    assert table.column("left by")[-1] == "-failover-abort-no-good-slave"
