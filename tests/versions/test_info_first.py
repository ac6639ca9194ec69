"""The old rule in which a PING waits while INFO is due."""

from __future__ import annotations

import pytest

from minisentinel.core.rules import MonitoringRules
from sim.judge import find_clients
from sim.scenarios import find_scenario, run_scenario
from sim.scenarios.profiles import PROFILES
from sim.versions import INFO_FIRST, VERSIONS
from sim.world import Deployment, World


def sdowns_of_the_master(world: World) -> int:
    events = world.trace.of_kind("event")
    return sum(
        entry.data.name == "+sdown" and entry.data.subject == "master"  # type: ignore[attr-defined]
        for entry in events
    )


def vanished(seed: int, at: float) -> World:
    """The master's host loses its power at `at`; nine seconds later."""
    deployment = find_scenario("silent-drop").deployment
    world = World(deployment, seed=seed, profile=INFO_FIRST)
    world.run(at)
    world.power_off("redis-1")
    world.run(9)
    return world


def test_it_is_one_rule_of_todays_sentinel() -> None:
    changed = {
        name
        for name in dir(MonitoringRules)
        if not name.startswith("__")
        and getattr(type(INFO_FIRST.monitoring), name) is not getattr(MonitoringRules, name)
    }
    assert changed == {"should_send_ping"}
    assert type(INFO_FIRST.monitoring).__mro__[1] is MonitoringRules


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_silence_is_noticed_unless_info_was_the_next_thing_to_be_asked(seed: int) -> None:
    assert sdowns_of_the_master(vanished(seed, at=5)) == 3
    assert sdowns_of_the_master(vanished(seed, at=11)) == 0


def test_a_killed_master_is_replaced_as_ever() -> None:
    world = World(Deployment(clients=1), seed=1, profile=INFO_FIRST)
    world.run(20)
    world.kill("master")
    world.run(45)
    assert world.master != "redis-1"


def test_every_version_is_a_profile_that_scenarios_can_name() -> None:
    for version in VERSIONS:
        assert PROFILES[version.name] is version


def test_the_shipped_variant_leaves_clients_alone_for_a_quarter_of_an_hour() -> None:
    result = run_scenario(find_scenario("silent-drop", variant="info-first"))
    assert result.passed
    for client in find_clients(result.trace):
        last = max(each.ended_us for each in client.operations if each.outcome == "ok")
        assert result.trace.entries[-1].time_us - last > 900_000_000
