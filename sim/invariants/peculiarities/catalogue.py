"""Every peculiarity that we know of."""

from __future__ import annotations

from sim.invariants.peculiarities.addresses import OWN_ADDRESS, STALE_NAME
from sim.invariants.peculiarities.configurations import (
    ADOPTED_EPOCH_UNSAVED,
    ASSIGNED_EPOCH,
    DISK_FAILED,
    EQUAL_EPOCHS,
    OVERTAKEN_LEADER,
)
from sim.invariants.peculiarities.elections import FORCED_FAILOVER, MIXED_EPOCHS, UNKNOWN_SENTINELS
from sim.invariants.peculiarities.opinions import OPINIONS_FREEZE
from sim.invariants.peculiarities.peculiarity import Peculiarity
from sim.invariants.peculiarities.reconfigurations import DONE_ELSEWHERE
from sim.invariants.peculiarities.servers import UNWATCHED_SERVER

__all__ = ["PECULIARITIES", "find_peculiarity"]

PECULIARITIES: tuple[Peculiarity, ...] = (
    UNKNOWN_SENTINELS,
    FORCED_FAILOVER,
    MIXED_EPOCHS,
    OVERTAKEN_LEADER,
    EQUAL_EPOCHS,
    ASSIGNED_EPOCH,
    ADOPTED_EPOCH_UNSAVED,
    DISK_FAILED,
    OPINIONS_FREEZE,
    DONE_ELSEWHERE,
    OWN_ADDRESS,
    STALE_NAME,
    UNWATCHED_SERVER,
)
"""All of them; the first one that explains a violation is named."""

_BY_NAME = {each.name: each for each in PECULIARITIES}


def find_peculiarity(name: str) -> Peculiarity:
    """The peculiarity of that name; raises ValueError, which names those that there are."""
    found = _BY_NAME.get(name)
    if found is None:
        known = ", ".join(_BY_NAME)
        raise ValueError(f"no peculiarity is called {name!r}; expected one of: {known}")
    return found
