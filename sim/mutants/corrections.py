"""Planted bugs in the correction of servers that are in the wrong place."""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import MonitoringRules
from minisentinel.core.state import Master, Replica
from minisentinel.core.timing import Timing
from sim.mutants.mutant import Mutant

__all__ = ["CORRECTIONS"]


class OldMasterNotDemoted(MonitoringRules):
    """A server that comes back as a master stays one."""

    __slots__ = ()

    def should_demote(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Never."""
        return False


class LostReplicaLeft(MonitoringRules):
    """A replica of another master may stay with it."""

    __slots__ = ()

    def should_repoint(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Never."""
        return False


class CorrectedAtOnce(MonitoringRules):
    """Whoever is in the wrong place is corrected at the first look."""

    __slots__ = ()

    def should_demote(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Without waiting."""
        return not replica.promoted and self.is_sane(master, now, timing)


class RepointedAtOnce(MonitoringRules):
    """A replica of another master is corrected at the first look."""

    __slots__ = ()

    def should_repoint(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Without waiting."""
        return self.is_sane(master, now, timing)


class AnyModelWillDo(MonitoringRules):
    """A master need not be well to be followed."""

    __slots__ = ()

    def is_sane(self, master: Master, now: int, timing: Timing) -> bool:
        """Always."""
        return True


class PromotionTakenBack(MonitoringRules):
    """The leader takes the replica that it has promoted for a stray master."""

    __slots__ = ()

    def should_demote(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Also the promoted one."""
        wait = 4 * timing.publish_period
        return (
            self.is_sane(master, now, timing)
            and self.no_down_event_for(replica, wait, now)
            and now - replica.role_reported_time > wait
        )


CORRECTIONS = (
    Mutant(
        Profile("old-master-not-demoted", monitoring=OldMasterNotDemoted()),
        "A failed master that comes back is left to be a master.",
        "The one who returns cannot know what it has missed; somebody must tell it, or clients "
        "that still know its address write to it, and lose what they write.",
        "old-master-is-demoted",
    ),
    Mutant(
        Profile("lost-replica-left", monitoring=LostReplicaLeft()),
        "A replica that follows the wrong master is not corrected.",
        "A leader that dies half-way leaves replicas behind. Everybody else repairs that, later, "
        "without knowing what happened.",
        "replicas-follow-at-the-end",
        public_bug="Redis 2.6.13 had no such rule; replicas that followed somebody else were lost "
        "from view (sentinel-2.6 §12, §13).",
    ),
    Mutant(
        Profile("demoted-at-once", monitoring=CorrectedAtOnce()),
        "A replica that reports to be a master is converted at once.",
        "For a moment only the leader knows that this is the new master. Who does not wait until "
        "the news has reached it undoes the failover.",
        "corrections-are-patient",
    ),
    Mutant(
        Profile("repointed-at-once", monitoring=RepointedAtOnce()),
        "A replica that follows another master is corrected at once.",
        "In a failover replicas are moved one after the other. Who does not wait moves those back "
        "that are done.",
        "corrections-are-patient",
    ),
    Mutant(
        Profile("any-model-will-do", monitoring=AnyModelWillDo()),
        "Servers are told to follow a master that is itself down.",
        "Only a master that is well can be the model for others. Who repairs by a picture of "
        "before breaks what a failover has done.",
        "corrections-follow-a-sane-master",
        "stray",
    ),
    Mutant(
        Profile("promotion-taken-back", monitoring=PromotionTakenBack()),
        "During a failover the leader converts the replica that it has promoted, like any stray "
        "master.",
        "In a failover that an operator asked for, the old master is well, and a rule that was "
        "made for other times begins to work against the leader.",
        "promotion-is-kept",
        "commanded",
    ),
)
"""The mutants of corrections, the simplest first."""
