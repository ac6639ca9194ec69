"""Whether all is well again: what a run waits for after its last fault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.redis.node import RedisNode
from sim.sentinels import SentinelNode

__all__ = ["is_settled"]


def is_settled(
    master: RedisNode,
    servers: Iterable[RedisNode],
    sentinels: Iterable[SentinelNode],
    addresses: Mapping[str, tuple[str, int]],
    master_name: str,
) -> bool:
    """Whether the living agree on `master`, follow it, and see who lives and who is dead.

    Every living server must follow `master` over a link that is up. Every living Sentinel, one at
    least, must name it, know all that live, see them up, and hold the dead that it knows for down.
    `addresses` are those of all nodes, by name.
    """
    if master.state == "down" or master.server.is_replica or master.server.loading:
        return False
    address = addresses[master.name]
    replicas = [each for each in servers if each.state != "down" and each is not master]
    for replica in replicas:
        upstream = replica.server.upstream
        if not (upstream.target == address and upstream.is_up):
            return False
    living = [each for each in sentinels if each.state != "down"]
    replicas_at = {addresses[each.name] for each in replicas}
    return bool(living) and all(
        each.is_content(
            master_name,
            address,
            replicas_at,
            {addresses[peer.name] for peer in living if peer is not each},
        )
        for each in living
    )
