"""Whether all is well again: what a run waits for after its last fault.

A fault that lasts (a pause, a block, a cut) is in the way of calm as long as it lasts, whether
anybody notices or not: somebody did it, and it will have an end. **Stalls** of a host are no
faults but the weather: the topology says that they come and go for ever, so waiting for their end
would never end. A stall by itself is therefore calm; what it leads to is not. While a Sentinel is
in TILT over it, holds the one who stalled to be down, or a replica has lost its link, all is not
well. So a world calms down if its stalls go unnoticed, or are noticed seldom enough to leave the
time that a run wants to see in between (``calm-for``). A world whose stalls reach down-after, or
the two seconds of TILT, every few seconds never calms down; a story of such a world says how long
to watch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.network.endpoint import Endpoint
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
    if not all(_follows(each, master) for each in replicas):
        return False
    living = [each for each in sentinels if each.state != "down"]
    replicas_at = {addresses[each.name] for each in replicas}
    return bool(living) and all(
        each.is_content(
            master_name,
            address,
            replicas_at,
            {addresses[peer.name] for peer in living if peer is not each},
            addresses[each.name],
        )
        for each in living
    )


def _follows(replica: RedisNode, master: RedisNode) -> bool:
    """Whether the link of `replica` leads to `master`, by whichever name or address."""
    upstream = replica.server.upstream
    connection = upstream.connection
    return upstream.is_up and isinstance(connection, Endpoint) and connection.peer.owner is master
