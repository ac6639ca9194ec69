"""What a file says about the network arrives in the deployment and in the faults."""

from __future__ import annotations

import pytest

from sim.network import Constant, Distances, Empirical, Latency, LogNormal, Uniform
from sim.scenarios import describe, read_scenario
from sim.scenarios.scenario import Scenario

LINK = """title = "x"
[sites]
a = ["redis-1"]
b = ["redis-2"]
c = ["redis-3"]
[[links]]
between = ["a", "b", "c"]
loss = 0.01
megabits-per-second = 8
milliseconds = """


def read(text: str) -> Scenario:
    return read_scenario(text, name="story", path="story.toml")


@pytest.mark.parametrize(
    ("value", "latency"),
    [
        ("3", Constant(3000)),
        ("[1, 2.5]", Uniform(1000, 2500)),
        ("{ median = 4, sigma = 0.7, floor = 1 }", LogNormal(4000, 0.7, 1000)),
        ("{ samples = [3, 1, 2] }", Empirical([1000, 2000, 3000])),
    ],
)
def test_a_link_has_any_distribution_between_every_two_sites(value: str, latency: Latency) -> None:
    links = read(LINK + value).deployment.topology.links
    assert [(each.one, each.other) for each in links] == [("a", "b"), ("a", "c"), ("b", "c")]
    for link in links:
        assert (link.latency, link.loss, link.bytes_per_second) == (latency, 0.01, 1_000_000)


def test_round_trips_are_twice_the_distance() -> None:
    text = 'title = "x"\n[network]\nround-trips = [5, 60]\nlookup-milliseconds = 2\n'
    deployment = read(text).deployment
    assert deployment.latency == Distances(2500, 30000)
    assert deployment.name_delay == Constant(2000)


def test_a_machine_and_its_names_are_described_in_words() -> None:
    text = """title = "x"
[settings]
resolve-hostnames = true
announce-hostnames = true
[names]
"db.example" = "redis-1"
[nodes.redis-2]
published-port = 7002
announce = true
clock-drift = -40
busy-milliseconds = 5
free-milliseconds = { median = 50 }
[[faults]]
at = 20
do = "lose"
groups = [["redis-1"], ["redis-2"]]
loss = 0.1
[[faults]]
after = 1
do = "silence_names"
name = "db.example"
"""
    scenario = read(text)
    node = scenario.deployment.topology.settings_of("redis-2")
    assert (node.published_port, node.announces, node.drift_ppm) == (7002, True, -40)
    assert (node.busy, node.free) == (Constant(5000), LogNormal(50000, 0.5))
    assert scenario.deployment.host_name_of("redis-1") == "db.example"
    assert scenario.faults[1].host_name == "db.example"
    told = "\n".join(describe(scenario))
    for words in ("reached at port 7002", "clock -40 ppm", "db.example", "0.1 of all packets"):
        assert words in told
