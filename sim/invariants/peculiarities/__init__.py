"""Where the true protocol does not keep its promises: each exception by its precise condition."""

from sim.invariants.peculiarities.addresses import OWN_ADDRESS, STALE_NAME
from sim.invariants.peculiarities.catalogue import PECULIARITIES, find_peculiarity
from sim.invariants.peculiarities.configurations import (
    ADOPTED_EPOCH_UNSAVED,
    ASSIGNED_EPOCH,
    DISK_FAILED,
    EQUAL_EPOCHS,
    OVERTAKEN_LEADER,
)
from sim.invariants.peculiarities.elections import FORCED_FAILOVER, MIXED_EPOCHS, UNKNOWN_SENTINELS
from sim.invariants.peculiarities.opinions import OPINIONS_FREEZE
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity
from sim.invariants.peculiarities.reconfigurations import DONE_ELSEWHERE
from sim.invariants.peculiarities.servers import UNWATCHED_SERVER

__all__ = [
    "ADOPTED_EPOCH_UNSAVED",
    "ASSIGNED_EPOCH",
    "DISK_FAILED",
    "DONE_ELSEWHERE",
    "EQUAL_EPOCHS",
    "FORCED_FAILOVER",
    "MIXED_EPOCHS",
    "OPINIONS_FREEZE",
    "OVERTAKEN_LEADER",
    "OWN_ADDRESS",
    "PECULIARITIES",
    "STALE_NAME",
    "UNKNOWN_SENTINELS",
    "UNWATCHED_SERVER",
    "Occurrences",
    "Peculiarity",
    "find_peculiarity",
]
