"""The first Sentinel, as shipped in Redis 2.6.13 (April 2013): no epochs, no votes, no memory.

Reading order: `rules` (the decisions), `memory` (what it remembers beyond today's state), `timer`
(what a tick does), then `links`, `hello`, `leader`, `selection`,
`failover`, `info`, `switch`; `machine` and
`service` put them behind the same objects that drive today's Sentinel, and `profile` names them.

Spec: the page sentinel-2.6, which says what differs from today's rules.
"""

from sim.versions.redis_2_6.profile import REDIS_2_6

__all__ = ["REDIS_2_6"]
