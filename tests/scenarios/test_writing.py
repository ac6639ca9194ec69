"""A scenario that is written to a file and read again is the same scenario."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sim.clients import ClientGroup, Workload
from sim.network.latency import Constant, Distances, Empirical, LogNormal, Uniform
from sim.redis.settings import Machine
from sim.scenarios import (
    Claim,
    Expectation,
    Fault,
    Repetition,
    Scenario,
    ScenarioError,
    find_scenario,
    read_scenario,
    stock_conf,
)
from sim.scenarios.catalogue import shipped_names
from sim.scenarios.comparisons import Comparison
from sim.scenarios.writing import as_written, companion_files, to_toml, write_scenario
from sim.search import KINDS, Dice
from sim.world import Deployment
from sim.world.deployment import DEPLOYMENT_SETTINGS
from sim.world.topology import Link, NodeSettings, Site, Topology

PLAIN = Scenario("plain", "A title", "A theme", "", Deployment(), (), ())


def read_again(scenario: Scenario) -> Scenario:
    written = as_written(scenario)
    files = companion_files(scenario)
    return read_scenario(
        to_toml(scenario),
        name=scenario.name,
        path="again.toml",
        variant=written.variant,
        read_file=lambda name: files[name],
    )


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_scenario_survives_with_each_of_its_variants(name: str) -> None:
    scenario = find_scenario(name)
    for variant in ("", *(each.name for each in scenario.variants)):
        story = find_scenario(name, variant=variant)
        assert read_again(story) == as_written(story)


@pytest.mark.parametrize("kind", KINDS)
def test_random_story_survives(kind: str) -> None:
    for number in range(150):
        scenario = KINDS[kind](Dice(number)).scenario
        assert as_written(scenario) == scenario
        assert read_again(scenario) == scenario


FULL_FAULT = Fault(
    "restart",
    after=1.5,
    when="+odown",
    nodes=("redis-1", "redis-2"),
    alias="the-return",
    keep_data=False,
    by="sentinel-1",
    about="redis-1",
    nth=2,
    at_once=True,
    within=4.5,
    repeat=Repetition(2.5, jitter=0.5, times=3, until=90.0),
)
RICH = dataclasses.replace(
    PLAIN,
    about='Two lines,\nwith "quotes", a \\ and an ä.',
    notice="One.",
    helps="Nothing.\n\nReally.",
    deployment=Deployment(
        masters=2,
        clients=3,
        groups=(
            ClientGroup(
                kind="static-address",
                count=2,
                first_sentinel=2,
                sentinel_auth=("gate",),
                server_auth=("app", "vault"),
            ),
            ClientGroup(workload=Workload(rate=0.5, reads=0.25, wait_replicas=1, keys="zipf")),
        ),
        directives=(("appendonly", "yes"), ("repl-backlog-size", "16384"), ("save", "")),
        machine=Machine(memory_bytes=512 * 1024 * 1024, fork_us_per_gigabyte=3000),
        replica_priorities=(10, 0),
        topology=Topology(
            nodes=(
                NodeSettings(name="sentinel-1", quorum=1, monitors="redis-2", conf=("a 1",)),
                NodeSettings(name="redis-2", stands_alone=True, directives=(("maxclients", "9"),)),
                NodeSettings(
                    name="redis-3",
                    follows="redis-2",
                    published_port=7001,
                    announces=True,
                    drift_ppm=12.5,
                    busy=Uniform(1000, 2000),
                    free=Constant(9000),
                ),
                NodeSettings(name="sentinel-2", master_name="other"),
            ),
            in_step=True,
            sites=(Site("a", ("redis-1", "sentinel-1")), Site("b", ("redis-2",))),
            links=(
                Link("a", "b", Empirical((900, 1100)), bytes_per_second=62_500.0, loss=0.125),
                Link("a", "a", Constant(700)),
            ),
        ),
        latency=Distances(400, 800),
        host_names=(("db.example", "redis-1"),),
        resolve_hostnames=True,
        announce_hostnames=True,
        name_delay=Constant(2500),
    ),
    faults=(
        Fault("block", at=7.25, node="redis-1", seconds=0.1),
        FULL_FAULT,
        Fault(
            "delay",
            after=0.0,
            groups=(("redis-1",), ("redis-2",)),
            milliseconds=(1.5, 2.0),
            latency=Uniform(1500, 2000),
        ),
        Fault("lose", after=0.0, groups=(("redis-1",),), loss=0.25, seconds=2.0),
        Fault("narrow", after=0.0, groups=(("redis-1",),), megabits_per_second=0.5),
        Fault("stall", after=0.0, node="redis-1", busy=Constant(5000), free=LogNormal(9000, 0.25)),
        Fault("drift_clock", after=0.0, node="redis-1", parts_per_million=-50.5),
        Fault("slow_disk", after=0.0, node="sentinel-1", factor=20.0),
        Fault("point_name", after=0.0, host_name="db.example", to="redis-2"),
        Fault("partition", after=1.0, groups=(("redis-1",),), one_way=True),
        Fault("hold", when="calm", node="redis-1", to="redis-2"),
        Fault("command", after=1.0, node="redis-1", words=("SET", "a b", 'c"d')),
        Fault("kill", after=1.0, node="redis-1", repeat=Repetition(3.0, random=True, until=80.0)),
    ),
    expectations=(
        Expectation("failovers", Comparison(2, 5)),
        Expectation("breaks", ("one-vote-per-epoch",)),
        Expectation("one-master-at-the-end", False),
        Expectation("failovers-at-least", 1),
        Expectation("master-at-the-end", "redis-2"),
    ),
    claims=(
        Claim(True, event="+sdown", by=("sentinel-1",), about="redis-1", count=Comparison(1, 2)),
        Claim(True, state="no-master", lasting=1.5, since="the-return", within=20.0),
        Claim(False, answer="NOQUORUM", by=("sentinel-1",), since=12.5),
        Claim(False, event="+tilt", text="#tilt", since="+odown"),
    ),
    calm_for=1.0,
    limit=77.5,
    watch_for=30.0,
    invariants=("one-master-at-the-end", "calm-without-faults"),
)


def test_everything_that_a_file_can_say_survives() -> None:
    assert read_again(RICH) == RICH


def test_rules_of_a_mutant_are_written_as_a_variant() -> None:
    mutant = dataclasses.replace(PLAIN, profile="majority-ignored")
    again = read_again(mutant)
    assert again.profile == "majority-ignored"
    assert again.variant == "majority-ignored"


def test_parameters_are_written_with_their_values_in_their_places() -> None:
    scenario = find_scenario("phantom-sentinels", variant="tidied")
    assert scenario.parameters
    text = to_toml(scenario)
    assert "$" not in text
    assert 'words = ["SENTINEL", "RESET", "mymaster"]' in text
    assert read_again(scenario).faults == scenario.faults


def test_claims_of_what_never_is_stand_last() -> None:
    never, eventually = Claim(False, event="+tilt"), Claim(True, event="+sdown")
    mixed = dataclasses.replace(PLAIN, claims=(never, eventually))
    assert read_again(mixed).claims == (eventually, never)


def test_configuration_files_are_written_beside_it(tmp_path: Path) -> None:
    where = Deployment.from_conf(stock_conf(), path="/etc/sentinel.conf")
    where = dataclasses.replace(where, redis_conf="appendonly yes\n", down_after_milliseconds=777)
    scenario = PLAIN.with_deployment(where)
    path = tmp_path / "plain.toml"
    write_scenario(scenario, path)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "plain.toml",
        "redis.conf",
        "sentinel.conf",
    ]
    assert find_scenario(str(path)) == scenario


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"loopback": Constant(5)}, "deployment.loopback"),
        ({"master_address": ("10.1.1.1", 6379)}, "deployment.master_address"),
        ({"master_name": "other"}, "deployment.master_name"),
        ({"sentinel_port": 5000}, "deployment.sentinel_port"),
    ],
)
def test_what_no_file_can_say_is_an_error_that_names_it(
    change: dict[str, object], field: str
) -> None:
    where = dataclasses.replace(Deployment(), **change)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match=f"plain: a scenario file cannot say what {field} is"):
        to_toml(PLAIN.with_deployment(where))


def test_range_of_milliseconds_is_a_distribution() -> None:
    delay = Fault("delay", at=1.0, groups=(("redis-1",),), milliseconds=(1.0, 2.0))
    again = read_again(dataclasses.replace(PLAIN, faults=(delay,)))
    assert again.faults == (dataclasses.replace(delay, latency=Uniform(1000, 2000)),)


def test_example_with_everything_leaves_no_field_at_its_default() -> None:
    """Whoever adds a field adds it above, and to what is written."""
    from_files = {"master_address", "sentinel_port", "known_replicas", "known_sentinels", "conf"}
    from_files |= {"conf_name", "names", "redis_conf", "master_name", "loopback"}
    other = {"name", "parameters", "variants", "variant", "source", "profile"}

    def unused(example: Any, usual: Any) -> set[str]:
        names = {each.name for each in dataclasses.fields(usual)}
        return {name for name in names if getattr(example, name) == getattr(usual, name)}

    assert unused(RICH, PLAIN) - other == {"title", "theme"}
    assert unused(RICH.deployment, Deployment()) <= from_files | {"sentinels", "replicas"} | {
        setting.attribute for setting in DEPLOYMENT_SETTINGS.values()
    }
    for examples, usual in (
        (RICH.faults, Fault("")),
        (RICH.claims, Claim(True)),
        (RICH.deployment.topology.nodes, NodeSettings(name="")),
        (RICH.deployment.topology.links, Link("", "")),
    ):
        always = set.intersection(*(unused(each, usual) for each in examples))
        assert always == set(), usual
