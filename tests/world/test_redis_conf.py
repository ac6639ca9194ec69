"""Directives of a ``redis.conf`` in a deployment."""

from __future__ import annotations

import pytest

from sim.world import Deployment, DeploymentError, World
from sim.world.topology import Box, NodeSettings, Topology


def test_directives_of_a_file_of_all_and_of_one_go_above_each_other() -> None:
    own = Topology(nodes=(NodeSettings(name="redis-2", directives=(("repl-timeout", "9"),)),))
    deployment = Deployment(
        redis_conf="repl-timeout 7\nmin-replicas-max-lag 3\n",
        directives=(("repl-timeout", "8"),),
        topology=own,
    )
    servers = World(deployment).servers
    assert servers["redis-1"].disk.config.repl_timeout == 8
    assert servers["redis-2"].disk.config.repl_timeout == 9
    assert servers["redis-2"].disk.config.min_replicas_max_lag == 3


@pytest.mark.parametrize(
    ("deployment", "problem"),
    [
        ({"redis_conf": "repl-timeout soon\n"}, r"redis.conf, line 1: "),
        ({"directives": (("port", "1"),)}, r"port is not simulated; expected one of: "),
        ({"directives": (("repl-timeout", "soon"),)}, r"repl-timeout soon: argument"),
    ],
)
def test_wrong_directive_is_refused(deployment: dict[str, object], problem: str) -> None:
    with pytest.raises(DeploymentError, match=problem):
        Deployment(**deployment)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("topology", "problem"),
    [
        (Topology(boxes=(Box("a", ("redis-9",)),)), r"unknown node 'redis-9'; expected one of"),
        (
            Topology(boxes=(Box("a", ("redis-1", "redis-2")), Box("b", ("redis-2",)))),
            r"redis-2 cannot be in both a and b",
        ),
        (
            Topology(nodes=(NodeSettings(name="sentinel-1", monitors="redis-9"),)),
            r"unknown node 'redis-9'",
        ),
    ],
)
def test_node_that_is_nowhere_or_twice_is_refused(topology: Topology, problem: str) -> None:
    with pytest.raises(DeploymentError, match=problem):
        World(Deployment(topology=topology))


def test_servers_in_one_box_have_ports_of_their_own() -> None:
    box = Topology(boxes=(Box("a", ("redis-3", "redis-1", "sentinel-1")),))
    places = {place.name: place for place in World(Deployment(topology=box)).plan.places}
    assert (places["redis-1"].ip, places["redis-1"].port) == ("10.0.0.1", 6379)
    assert (places["redis-3"].ip, places["redis-3"].port) == ("10.0.0.1", 6380)
    assert (places["sentinel-1"].ip, places["sentinel-1"].port) == ("10.0.0.1", 26379)
