"""The wrong rules, one class each. What is right is said in the class that each one replaces."""

from __future__ import annotations

from minisentinel.core.rules import ElectionRules, HelloRules, MonitoringRules
from minisentinel.core.state import Master, Replica
from minisentinel.core.timing import Timing

__all__ = [
    "EpochNotCompared",
    "MajorityIgnored",
    "OldMasterNotDemoted",
    "OldNewsBelieved",
    "VoteNotSaved",
]


class MajorityIgnored(ElectionRules):
    """Whoever has `quorum` votes leads."""

    __slots__ = ()

    def votes_needed(self, voters: int, quorum: int) -> int:
        """The quorum alone."""
        return quorum


class VoteNotSaved(ElectionRules):
    """A vote is answered, but not written down."""

    __slots__ = ()

    def must_save_vote(self) -> bool:
        """Never."""
        return False


class EpochNotCompared(ElectionRules):
    """A voter does not look whether it has voted in this epoch already."""

    __slots__ = ()

    def is_unused_epoch(self, master: Master, epoch: int) -> bool:
        """Always."""
        return True


class OldMasterNotDemoted(MonitoringRules):
    """A server that comes back as a master stays one."""

    __slots__ = ()

    def should_demote(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Never."""
        return False


class OldNewsBelieved(HelloRules):
    """Another configuration is taken over whether it is newer or older."""

    __slots__ = ()

    def is_newer_configuration(self, master: Master, config_epoch: int) -> bool:
        """Whenever it is another one."""
        return master.config_epoch != config_epoch
