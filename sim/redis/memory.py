"""How much memory a server uses, and what it does when that is too much.

With ``maxmemory`` set, keys are evicted before a command runs that may need more memory; if that is
impossible (policy ``noeviction``, or nothing left to evict) the command is refused. Replicas do not
evict (``replica-ignore-maxmemory yes``): they get a DEL from their master. Without ``maxmemory`` a
server grows until the operating system kills it; the copies that a fork causes count there too.

*Simplified:* ``lfu`` policies choose by the last use, as ``lru`` does.
"""

from __future__ import annotations

from random import Random

from sim.redis.keyspace import Keyspace
from sim.redis.settings import Settings

__all__ = ["EMPTY_SERVER_BYTES", "KEY_BYTES", "evict"]

EMPTY_SERVER_BYTES = 900_000
"""What a real server without data uses."""

KEY_BYTES = 64
"""What each key takes beside its own text and its value."""


def evict(keyspace: Keyspace, settings: Settings, excess: int, random: Random) -> bool:
    """Remove keys, as the policy says, until `excess` bytes are free; False if that is impossible.

    Of a sample of ``maxmemory-samples`` keys the best one goes, so what goes is not always the best
    of all.
    """
    pool, _, order = settings.maxmemory_policy.partition("-")
    if pool == "noeviction":
        return excess <= 0
    while excess > 0:
        keys = [
            key
            for key in keyspace.all_keys()
            if pool == "allkeys" or keyspace.expires_at(key) is not None
        ]
        if not keys:
            return False
        before = keyspace.size
        keyspace.remove_by_itself(_choose(keyspace, keys, order, settings, random), "evicted")
        excess -= before - keyspace.size + KEY_BYTES
    return True


def _choose(
    keyspace: Keyspace, keys: list[str], order: str, settings: Settings, random: Random
) -> str:
    if order == "random":
        return keys[random.randrange(len(keys))]
    sample = random.sample(keys, min(settings.maxmemory_samples, len(keys)))
    if order == "ttl":
        return min(sample, key=lambda key: keyspace.expires_at(key) or 0)
    used_at = keyspace.used_at or {}
    return min(sample, key=lambda key: used_at.get(key, 0))
