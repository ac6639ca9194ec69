"""A world that never becomes calm is excused only where all that is in its way is explained."""

from __future__ import annotations

from dataclasses import replace

from sim.mutants import find_mutant
from sim.scenarios import Expectation, Fault, Result, Scenario, find_scenario, run_scenario
from sim.scenarios.expectations import BECOMES_CALM, CONDITIONAL_NAMES
from sim.world import Deployment
from sim.world.topology import NodeSettings, Topology

TRUTHS = find_scenario("three-truths")
"""Three Sentinels whose files name three masters: a tie of epoch 0, which lasts for ever."""

NOBODY_DEMOTES = find_mutant("old-master-not-demoted").profile


def truths(*faults: Fault, deployment: Deployment = TRUTHS.deployment) -> Scenario:
    return replace(
        TRUTHS,
        deployment=deployment,
        faults=faults,
        expectations=(Expectation(BECOMES_CALM, True),),
        claims=(),
        watch_for=None,
        limit=5.0,
        invariants=CONDITIONAL_NAMES,
    )


def failed(result: Result) -> bool:
    assert result.trace.entries[-1].data.kind == "run-ended"
    return BECOMES_CALM in result.failures


def test_tie_that_lasts_for_ever_is_an_excuse() -> None:
    result = run_scenario(truths())
    assert result.peculiarities == ("equal-epochs",)
    assert BECOMES_CALM in result.forgiven
    assert not failed(result)


def test_client_that_a_tie_leads_to_a_replica_is_no_reason_to_fail() -> None:
    """It asks the one Sentinel that names a replica, again and again, as the guidelines say."""
    nodes = (NodeSettings(name="sentinel-2", monitors="redis-2"),)
    where = replace(TRUTHS.deployment, topology=Topology(nodes=nodes))
    story = replace(truths(deployment=where), limit=20.0)
    result = run_scenario(story)
    verdicts = {each.invariant.name: each.verdict for each in result.judgements}
    assert verdicts["clients-write-at-the-end"].reason == (
        "client-2 is led astray: sentinel-2 names redis-2, a replica"
    )
    assert BECOMES_CALM in result.forgiven
    assert not failed(result)


def test_tie_does_not_excuse_a_process_that_is_frozen() -> None:
    result = run_scenario(truths(Fault("pause", 15.0, node="redis-3")))
    assert BECOMES_CALM not in result.forgiven
    assert failed(result)


def test_tie_does_not_excuse_a_network_that_is_cut() -> None:
    cut = Fault("partition", 15.0, groups=(("client-1",),))
    assert failed(run_scenario(truths(cut)))


def test_tie_about_one_master_does_not_excuse_another_one() -> None:
    """An operator says that the first of two masters is elsewhere; of the second, all is well."""
    remove = ("SENTINEL", "REMOVE", "mymaster")
    monitor = ("SENTINEL", "MONITOR", "mymaster", "10.0.0.2", "6379", "2")
    tie = (
        Fault("command", 20.0, node="sentinel-1", words=remove),
        Fault("command", 20.1, node="sentinel-1", words=monitor),
    )
    nodes: tuple[NodeSettings, ...] = (NodeSettings(name="redis-2", stands_alone=True),)
    where = replace(TRUTHS.deployment, masters=2, topology=Topology(nodes=nodes))
    assert not failed(run_scenario(truths(*tie, deployment=where)))
    # A replica of the second master, which all Sentinels know, becomes a master that stays one.
    lawless = truths(
        *tie,
        Fault("command", 21.0, node="redis-5", words=("REPLICAOF", "NO", "ONE")),
        deployment=where,
    )
    assert failed(run_scenario(lawless, profile=NOBODY_DEMOTES))


def test_server_that_no_sentinel_knows_is_an_excuse() -> None:
    """It follows nobody from the beginning, so that no INFO of a master ever names it."""
    alone = Topology(nodes=(NodeSettings(name="redis-3", stands_alone=True),))
    result = run_scenario(truths(deployment=Deployment(topology=alone)))
    assert result.peculiarities == ("unwatched-server",)
    assert not failed(result)


def test_server_that_some_sentinel_knows_is_no_excuse() -> None:
    """It was found before it became a master, and nobody demotes it."""
    freed = Fault("command", 20.0, node="redis-3", words=("REPLICAOF", "NO", "ONE"))
    result = run_scenario(truths(freed, deployment=Deployment()), profile=NOBODY_DEMOTES)
    assert result.peculiarities == ()
    assert failed(result)


def test_group_that_a_name_has_led_astray_is_excused_although_nothing_happens_any_more() -> None:
    """All take the master of one group for that of two, and all its replicas follow it."""
    name = "redis-1.example"
    where = Deployment(
        sentinels=2,
        masters=2,
        replicas=1,
        quorum=3,
        down_after_milliseconds=5000,
        host_names=tuple((f"redis-{number}.example", f"redis-{number}") for number in range(1, 5)),
        resolve_hostnames=True,
    )
    faults = (
        Fault("kill", 15.0, node="redis-1"),
        Fault("point_name", 23.5, host_name=name, to="redis-3"),
        Fault("point_name", 30.0, host_name=name, to="redis-1"),
        Fault("restart", 30.0, node="redis-1"),
    )
    result = run_scenario(replace(truths(*faults, deployment=where), limit=240.0))
    assert BECOMES_CALM in result.forgiven


def test_nothing_is_excused_where_nothing_peculiar_happens() -> None:
    story = replace(
        find_scenario("kill-master"),
        faults=(Fault("pause", 15.0, node="redis-1"),),
        expectations=(Expectation(BECOMES_CALM, True),),
        claims=(),
        limit=1.0,
        watch_for=None,
    )
    result = run_scenario(story)
    assert result.peculiarities == ()
    assert failed(result)
