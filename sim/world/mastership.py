"""Who is the master: what most Sentinels say, or what they last agreed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sim.redis.node import RedisNode
from sim.sentinels import SentinelNode
from sim.world.plan import Place

__all__ = ["present_master"]


def present_master(
    name: str,
    places: Sequence[Place],
    servers: Mapping[str, RedisNode],
    sentinels: Iterable[SentinelNode],
) -> str | None:
    """The server at one of `places` that most living Sentinels give for the master `name`.

    While no Sentinel lives it is the one that they agreed on last: that of the newest configuration
    which one of them had. If nobody names any of the places, it is the only one with a running
    server that is a master; None if there is no such server either.
    """
    sentinels = tuple(sentinels)
    votes = [
        each.names_as_master(name) for each in sentinels if each.state == "running" and each.ready
    ]
    if not votes:
        newest = max(each.config_epoch(name) for each in sentinels)
        votes = [s.names_as_master(name) for s in sentinels if s.config_epoch(name) == newest]
    counts = {each.name: votes.count((each.ip, each.port)) for each in places}
    if any(counts.values()):
        return max(counts, key=lambda each: counts[each])
    masters = [
        each.name
        for each in places
        if (node := servers[each.name]).state == "running" and not node.server.is_replica
    ]
    return masters[0] if len(masters) == 1 else None
