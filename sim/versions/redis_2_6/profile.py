"""The profile by which a world runs the first Sentinel."""

from __future__ import annotations

from sim.sentinels.machine import MachineProfile
from sim.versions.redis_2_6.machine import OldSentinel
from sim.versions.redis_2_6.rules import (
    OldElection,
    OldFailover,
    OldHello,
    OldMonitoring,
    OldSelection,
)
from sim.versions.redis_2_6.service import OldService

__all__ = ["REDIS_2_6"]

REDIS_2_6 = MachineProfile(
    "redis-2.6",
    monitoring=OldMonitoring(),
    hello=OldHello(),
    election=OldElection(),
    selection=OldSelection(),
    failover=OldFailover(),
    sentinel=OldSentinel,
    service=OldService,
)
