"""The five nodes, and what is varied: the Sentinel, a setting of the servers, or the clients."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.core import MODERN, Profile
from sim.versions import REDIS_2_6
from sim.world.deployment import Deployment
from sim.world.topology import Box, NodeSettings, Topology

__all__ = ["NODES", "VARIANTS", "Variant", "find_variant"]

NODES = 5
QUORUM = 3
DOWN_AFTER_MS = 5_000
FAILOVER_TIMEOUT_MS = 900_000
PARALLEL_SYNCS = 5


@dataclass(frozen=True, slots=True)
class Variant:
    """One column of the table.

    `directives` are those of every server; after each write a client waits for `wait_replicas` to
    have it, if that is not 0. With `own_node` each Sentinel's file names its own node as the
    master, as in 2013, when they found the real one by themselves.
    """

    name: str
    sentence: str
    profile: Profile = MODERN
    directives: tuple[tuple[str, str], ...] = ()
    wait_replicas: int = 0
    own_node: bool = False

    @property
    def deployment(self) -> Deployment:
        """Five nodes with a server and a Sentinel each; the clients come extra."""
        numbers = range(1, NODES + 1)
        return Deployment(
            sentinels=NODES,
            replicas=NODES - 1,
            clients=0,
            quorum=QUORUM,
            down_after_milliseconds=DOWN_AFTER_MS,
            failover_timeout=FAILOVER_TIMEOUT_MS,
            parallel_syncs=PARALLEL_SYNCS,
            directives=self.directives,
            topology=Topology(
                boxes=tuple(Box(f"n{n}", (f"redis-{n}", f"sentinel-{n}")) for n in numbers),
                nodes=tuple(
                    NodeSettings(name=f"sentinel-{n}", monitors=f"redis-{n}")
                    for n in numbers
                    if self.own_node
                ),
            ),
        )


def _min_replicas(count: int) -> tuple[tuple[str, str], ...]:
    return (("min-replicas-to-write", str(count)), ("min-replicas-max-lag", "10"))


VARIANTS = (
    Variant("2.6.13", "the Sentinel of 2013", REDIS_2_6, own_node=True),
    Variant("today", "today's protocol, same quorum and times"),
    Variant("min-replicas-1", "today's, min-replicas-to-write 1", directives=_min_replicas(1)),
    Variant("min-replicas-2", "today's, min-replicas-to-write 2", directives=_min_replicas(2)),
    Variant("wait-2", "today's, WAIT 2 1000 after every write", wait_replicas=2),
)
"""All of them, the published experiment first."""


def find_variant(name: str) -> Variant:
    """The variant of that name; raises ValueError, which names those that there are."""
    for variant in VARIANTS:
        if variant.name == name:
            return variant
    known = ", ".join(variant.name for variant in VARIANTS)
    raise ValueError(f"no variant is called {name!r}; expected one of: {known}")
