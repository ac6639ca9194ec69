"""Parameters, variants, and what a file may say of its topology."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.network.latency import Uniform
from sim.scenarios import (
    Expectation,
    Scenario,
    ScenarioError,
    find_scenario,
    read_scenario,
    run_scenario,
    with_changes,
)
from sim.scenarios.comparisons import Comparison
from sim.world.topology import Box, Link, NodeSettings, Site

STORY = """\
title = "x"

[deployment]
in-step = "$together"

[servers]
min-replicas-to-write = "$guards"

[parameters.freeze]
default = 3
about = "how long"

[parameters.guards]
default = 0
about = "how many"

[parameters.who]
default = "redis-2"
about = "whom"

[parameters.together]
default = false
about = "in step"

[[faults]]
at = 1
do = "pause"
node = "$who"
as = "it"

[[faults]]
after = "$freeze"
do = "command"
node = "it"
words = ["ECHO", "for $freeze s"]

[expect]
failovers = 0

[[variants]]
name = "guarded"
about = "with a guard"
set = { guards = 1, together = true }

[variants.expect]
failovers = 1

[[variants]]
name = "broken"
about = "with a bug"
profile = "vote-not-saved"
"""


def read(text: str = STORY, **options: object) -> Scenario:
    return read_scenario(text, name="story", path="story.toml", **options)  # type: ignore[arg-type]


def test_parameters_have_their_defaults_wherever_they_are_used() -> None:
    scenario = read()
    assert {each.name: each.value for each in scenario.parameters} == {
        "freeze": 3,
        "guards": 0,
        "who": "redis-2",
        "together": False,
    }
    assert scenario.faults[0].node == "redis-2"
    assert scenario.faults[1].after == 3.0
    assert scenario.faults[1].words == ("ECHO", "for 3 s")
    assert scenario.deployment.directives == (("min-replicas-to-write", "0"),)
    assert not scenario.deployment.topology.in_step


def test_parameters_can_be_changed_by_texts() -> None:
    scenario = read(changes={"freeze": "2.5", "who": "redis-3", "together": "true"})
    assert scenario.faults[0].node == "redis-3"
    assert scenario.faults[1].after == 2.5
    assert scenario.deployment.topology.in_step


def test_variant_has_its_own_values_rules_and_expectations() -> None:
    guarded, broken = read(variant="guarded"), read(variant="broken")
    assert (guarded.full_name, guarded.profile) == ("story/guarded", "modern")
    assert guarded.deployment.directives == (("min-replicas-to-write", "1"),)
    assert guarded.expectations == (Expectation("failovers", Comparison(1, 1)),)
    assert broken.profile == "vote-not-saved"
    assert broken.expectations == read().expectations, "where it has none of its own"
    assert [each.name for each in read().variants] == ["guarded", "broken"]


def test_change_goes_above_the_value_of_a_variant() -> None:
    scenario = read(variant="guarded", changes={"guards": "2"})
    assert scenario.deployment.directives == (("min-replicas-to-write", "2"),)


def test_variants_play_by_the_rules_of_their_profile() -> None:
    result = run_scenario(read(variant="broken"), duration=1.0)
    assert result.trace.header.settings["profile"] == "vote-not-saved"
    assert result.trace.header.scenario == "story/broken"


def test_header_tells_the_values_of_parameters() -> None:
    settings = run_scenario(read(), duration=0.5).trace.header.settings
    assert (settings["freeze"], settings["who"]) == (3, "redis-2")
    assert settings["min-replicas-to-write"] == "0"


def test_shipped_scenario_takes_parameters_and_settings_alike() -> None:
    scenario = with_changes("blip", {"freeze": "8", "quorum": "3"})
    assert scenario.faults[1].after == 8.0
    assert scenario.deployment.quorum == 3
    with pytest.raises(ScenarioError, match="unknown setting 'frieze'; expected one of: freeze, "):
        with_changes("blip", {"frieze": "8"})


TOPOLOGY = """\
title = "x"

[boxes]
one = ["redis-1", "sentinel-1", "redis-2"]

[sites]
here = ["one", "sentinel-2"]
there = ["redis-3"]

[[links]]
between = ["here", "there"]
milliseconds = [3, 4.5]

[nodes.sentinel-2]
quorum = 1
monitors = "redis-3"
conf = ["sentinel resolve-hostnames yes"]

[nodes.redis-3]
stands-alone = true
replica-priority = 7
"""


def test_topology_is_understood() -> None:
    topology = read(TOPOLOGY).deployment.topology
    assert topology.boxes == (Box("one", ("redis-1", "sentinel-1", "redis-2")),)
    assert topology.sites == (Site("here", ("one", "sentinel-2")), Site("there", ("redis-3",)))
    assert topology.links == (Link("here", "there", Uniform(3000, 4500)),)
    assert topology.groups["here"] == ("redis-1", "sentinel-1", "redis-2", "sentinel-2")
    assert topology.nodes == (
        NodeSettings(
            name="sentinel-2",
            quorum=1,
            monitors="redis-3",
            conf=("sentinel resolve-hostnames yes",),
        ),
        NodeSettings(name="redis-3", directives=(("replica-priority", "7"),), stands_alone=True),
    )


def test_deployment_may_come_from_real_files_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "sentinel.conf").write_text(
        "sentinel monitor cache 10.1.0.1 6380 2\nsentinel down-after-milliseconds cache 900\n"
    )
    (tmp_path / "redis.conf").write_text("# mine\nmin-replicas-to-write 1\nport 7777\n")
    path = tmp_path / "story.toml"
    path.write_text(
        'title = "x"\n[deployment]\nsentinel-conf = "sentinel.conf"\nredis-conf = "redis.conf"\n'
        "replicas = 1\n[settings]\nfailover-timeout = 7000\n"
    )
    deployment = find_scenario(str(path)).deployment
    assert (deployment.master_name, deployment.master_address) == ("cache", ("10.1.0.1", 6380))
    assert (deployment.down_after_milliseconds, deployment.failover_timeout) == (900, 7000)
    assert deployment.replicas == 1
    result = run_scenario(find_scenario(str(path)), duration=5.0)
    assert result.summary.nodes.by_name["redis-1"].address == ("10.1.0.1", 6380)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "sentinel-conf",
            "sentinel dance\n",
            r"line 3: deployment.sentinel-conf: its.conf, line 1",
        ),
        ("redis-conf", "min-replicas-to-write x\n", r"line 3: deployment.redis-conf: redis.conf"),
    ],
)
def test_wrong_real_file_is_named_with_its_own_line(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    (tmp_path / "its.conf").write_text(text)
    path = tmp_path / "story.toml"
    path.write_text(f'title = "x"\n[deployment]\n{name} = "its.conf"\n')
    with pytest.raises(ScenarioError, match=problem):
        find_scenario(str(path))


def test_machines_of_the_servers_are_described_in_megabytes() -> None:
    text = 'title = "x"\n[servers]\ndata-megabytes = 2\nload-megabytes-per-second = 3\n'
    machine = read(f"{text}memory-megabytes = 4\nappendonly = true\n").deployment.machine
    megabyte = 1024 * 1024
    assert machine.other_data_bytes == 2 * megabyte
    assert machine.load_bytes_per_second == 3 * megabyte
    assert machine.memory_bytes == 4 * megabyte


def test_several_masters_can_be_asked_for() -> None:
    text = 'title = "x"\n[deployment]\nmasters = 3\nclients = 0\n'
    text += '[[faults]]\nat = 1\ndo = "pause"\nnode = "masters"\n[expect]\n'
    scenario = read(f'{text}masters-at-the-end = 3\nmaster-at-the-end = "redis-9"\n')
    result = run_scenario(scenario, duration=0.5)
    verdicts = dict(result.verdicts)
    assert verdicts["masters-at-the-end 3"]
    paused = [entry.node for entry in result.trace.of_kind("fault")]
    assert paused == ["redis-1", "redis-4", "redis-7"]


def test_keys_and_forks_of_the_servers_are_described() -> None:
    text = 'title = "x"\n[servers]\ndata-keys = 7\nfork-milliseconds-per-gigabyte = 240\n'
    machine = read(text).deployment.machine
    assert machine.other_keys == 7
    assert machine.fork_us_per_gigabyte == 240_000
