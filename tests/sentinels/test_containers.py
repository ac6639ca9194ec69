"""Sentinels and servers in containers: who is looked for where, and what announcing mends."""

from __future__ import annotations

from random import Random

import pytest

from sim.kernel.kernel import Kernel
from sim.kernel.streams import Streams
from sim.network import Network
from sim.redis.node import RedisNode
from sim.sentinels import Disk, SentinelNode
from sim.trace.recorder import Recorder
from sim.world.redis_conf import server_settings

CONF = "port 26379\nsentinel monitor m 10.0.0.1 6379 1\nsentinel down-after-milliseconds m 1000\n"


def replica_seen_at(*, announced: bool) -> tuple[tuple[str, int], bool]:
    """Where a Sentinel looks for a replica that is mapped from port 6380, and whether it is up."""
    kernel, streams = Kernel(), Streams(1)
    network = Network(kernel, streams, recorder=Recorder(kernel))
    network.add_host("machine-1", "10.0.0.1")
    network.add_host("machine-2", "10.0.0.2")
    network.add_host("machine-3", "10.0.0.3")
    network.add_host("container", "172.17.0.2", behind="machine-2")
    network.map_port("machine-2", 6380, "container", 6379)
    announce = (("replica-announce-ip", "10.0.0.2"), ("replica-announce-port", "6380"))
    for host, replicaof in (("machine-1", None), ("container", ("10.0.0.1", 6379))):
        settings = server_settings(
            "",
            announce if announced and replicaof else (),
            port=6379,
            replicaof=replicaof,
            replica_priority=None,
        )
        node = RedisNode(
            host, network.host(host), network, random=streams.get(host), settings=settings
        )
        node.start()
    sentinel = SentinelNode(
        "sentinel", network.host("machine-3"), network, disk=Disk(CONF, Random(1)), random=Random(2)
    )
    sentinel.start()
    kernel.run_until(60_000_000)
    (replica,) = sentinel.sentinel.state.masters["m"].replicas.values()
    return (replica.address.ip, replica.address.port), not replica.subjectively_down


@pytest.mark.parametrize(
    ("announced", "seen"),
    [(False, (("10.0.0.2", 6379), False)), (True, (("10.0.0.2", 6380), True))],
)
def test_a_replica_behind_a_mapped_port_is_only_found_if_it_announces_it(
    announced: bool, seen: tuple[tuple[str, int], bool]
) -> None:
    assert replica_seen_at(announced=announced) == seen
