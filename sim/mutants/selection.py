"""Planted bugs in the choice of the replica to promote."""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import SelectionRules
from minisentinel.core.state import Master, Replica
from minisentinel.core.timing import Timing
from sim.mutants.mutant import Mutant

__all__ = ["SELECTION"]

NEVER_MS = 2**62


class OffsetIgnored(SelectionRules):
    """All replicas have the same data."""

    __slots__ = ()

    def preference(self, replica: Replica) -> tuple[int, int, bool, str]:
        """Priority, then the smallest run id."""
        return (replica.priority, 0, not replica.runid, replica.runid.lower())


class OffsetReversed(SelectionRules):
    """The replica with the least data is the best."""

    __slots__ = ()

    def preference(self, replica: Replica) -> tuple[int, int, bool, str]:
        """Priority, then the smallest offset."""
        priority, offset, nameless, runid = super().preference(replica)
        return (priority, -offset, nameless, runid)


class PriorityReversed(SelectionRules):
    """The larger number is the better priority."""

    __slots__ = ()

    def preference(self, replica: Replica) -> tuple[int, int, bool, str]:
        """The largest priority first."""
        priority, offset, nameless, runid = super().preference(replica)
        return (-priority, offset, nameless, runid)


class DownReplicaEligible(SelectionRules):
    """The dead may lead."""

    __slots__ = ()

    def why_excluded(self, master: Master, replica: Replica, now: int, timing: Timing) -> str:
        """Not for being down or out of reach."""
        why = super().why_excluded(master, replica, now, timing)
        return "" if why in ("subjectively down", "link disconnected", "ping too old") else why


class PriorityZeroEligible(SelectionRules):
    """Zero is a priority like any other."""

    __slots__ = ()

    def why_excluded(self, master: Master, replica: Replica, now: int, timing: Timing) -> str:
        """Not for its priority."""
        why = super().why_excluded(master, replica, now, timing)
        return "" if why == "priority zero" else why


class OldInfoEligible(SelectionRules):
    """What a replica once said still holds."""

    __slots__ = ()

    def why_excluded(self, master: Master, replica: Replica, now: int, timing: Timing) -> str:
        """Not for the age of its INFO."""
        why = super().why_excluded(master, replica, now, timing)
        return "" if why == "info too old" else why


class LongLostReplicaEligible(SelectionRules):
    """It does not matter since when a replica has nothing new."""

    __slots__ = ()

    def link_down_limit_ms(self, master: Master, now: int) -> int:
        """For ever."""
        return NEVER_MS


SELECTION = (
    Mutant(
        Profile("offset-ignored", selection=OffsetIgnored()),
        "Among replicas of one priority the run id decides, not the replication offset.",
        "Replication is asynchronous: replicas differ. The one that has read most loses least.",
        "promoted-is-the-right-replica",
        "lagging",
        "Redis 2.6.13 did not look at the offset (sentinel-2.6 §10).",
    ),
    Mutant(
        Profile("offset-reversed", selection=OffsetReversed()),
        "The replica with the smallest offset is preferred.",
        "Most of the time all offsets are equal, and nobody notices: the sign of a comparison "
        "shows only when something goes wrong in addition.",
        "promoted-is-the-right-replica",
        "lagging",
    ),
    Mutant(
        Profile("priority-reversed", selection=PriorityReversed()),
        "The replica with the largest priority is preferred.",
        "A priority is a rank: the smaller number goes first. The other way round the spare "
        "machine in the cellar becomes the master.",
        "promoted-is-the-right-replica",
        "replicas-differ",
    ),
    Mutant(
        Profile("priority-zero-eligible", selection=PriorityZeroEligible()),
        "A replica with priority 0 may be promoted.",
        "Zero does not mean first, but never: whoever sets it has a reason, such as a disk that "
        "is too slow or a site that is too far.",
        "promoted-is-the-right-replica",
        "replicas-differ",
    ),
    Mutant(
        Profile("down-replica-eligible", selection=DownReplicaEligible()),
        "A replica that is down may be selected.",
        "The master and a replica often fail together. Who selects the dead waits for them until "
        "the time is up, while a living replica stands by.",
        "promoted-is-the-right-replica",
        "replicas-differ",
    ),
    Mutant(
        Profile("old-info-eligible", selection=OldInfoEligible()),
        "A replica may be selected by what it said long ago.",
        "Offset and link are facts of a moment. Whoever chooses by old ones chooses by chance.",
        "promoted-is-the-right-replica",
        "slow-replicas",
    ),
    Mutant(
        Profile("long-lost-replica-eligible", selection=LongLostReplicaEligible()),
        "A replica may be selected however long it has had no link to its master.",
        "Its data are from the time when it lost its master. To promote it turns back the clock "
        "for everybody.",
        "promoted-is-the-right-replica",
        "long-lost",
    ),
)
"""The mutants of selection, the simplest first."""
