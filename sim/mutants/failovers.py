"""Planted bugs in the failover machine: promotion, reconfiguration, end."""

from __future__ import annotations

from collections.abc import Iterable

from minisentinel.core import Profile
from minisentinel.core.rules import FailoverRules
from minisentinel.core.state import FailoverState, Master, Replica, Role
from sim.mutants.mutant import Mutant

__all__ = ["FAILOVERS"]


class PromotionNotConfirmed(FailoverRules):
    """The promoted replica is a master because it was told to be one."""

    __slots__ = ()

    def is_promotion(self, master: Master, replica: Replica, role: Role) -> bool:
        """Whatever role it reports."""
        return super().is_promotion(master, replica, Role.MASTER)


class PromotedFlagNotChecked(FailoverRules):
    """Any replica that reports to be a master is the one that was promoted."""

    __slots__ = ()

    def is_promotion(self, master: Master, replica: Replica, role: Role) -> bool:
        """Whoever reports it."""
        awaited = master.failover_state is FailoverState.WAIT_PROMOTION
        return role is Role.MASTER and master.failover_in_progress and awaited


class ParallelSyncsIgnored(FailoverRules):
    """All replicas are reconfigured at once."""

    __slots__ = ()

    def may_reconfigure_another(self, in_progress: int, master: Master) -> bool:
        """Always."""
        return True


class ArrivalNotAwaited(FailoverRules):
    """A replica that has begun to follow has arrived."""

    __slots__ = ()

    def has_arrived(self, replica: Replica) -> bool:
        """With or without a link."""
        return replica.reconf_inprog


class ReplicasLeftBehind(FailoverRules):
    """A failover is over when there is a new master."""

    __slots__ = ()

    def unfinished(self, replicas: Iterable[Replica]) -> int:
        """None, ever."""
        return 0


class FailoverTimeoutIgnored(FailoverRules):
    """A step of a failover takes as long as it takes."""

    __slots__ = ()

    def state_timed_out(self, master: Master, now: int) -> bool:
        """Never."""
        return False


FAILOVERS = (
    Mutant(
        Profile("promotion-not-confirmed", failover=PromotionNotConfirmed()),
        "The promotion counts as observed with the next INFO, whatever role that reports.",
        "To have told somebody is not to know that it was done: a server that loads its data, or "
        "that a script keeps busy, refuses. Nobody may be sent to a master that is none.",
        "switch-after-promotion",
        "slow-replicas",
    ),
    Mutant(
        Profile("promoted-flag-not-checked", failover=PromotedFlagNotChecked()),
        "Any replica that reports to be a master is taken for the promoted one.",
        "A stray master of before may speak up at the wrong moment. The leader must hear it from "
        "the one that it has chosen.",
        "switch-after-promotion",
        "stray",
    ),
    Mutant(
        Profile("parallel-syncs-ignored", failover=ParallelSyncsIgnored()),
        "All replicas are told to follow the new master at the same time.",
        "A replica that loads a full copy cannot serve reads. The setting keeps some of them in "
        "service while the others are busy.",
        "parallel-syncs-kept",
        "parted-replicas",
    ),
    Mutant(
        Profile("arrival-not-awaited", failover=ArrivalNotAwaited()),
        "A replica counts as reconfigured when it names its new master, link or no link.",
        "The copy comes after the promise. Whoever counts the promise has several replicas out "
        "of service at once.",
        "reconfigured-means-following",
        "parted-replicas",
    ),
    Mutant(
        Profile("replicas-left-behind", failover=ReplicasLeftBehind()),
        "The failover ends without waiting for the other replicas.",
        "Until a replica follows the new master there is one copy less of every write. Somebody "
        "has to see to it, and the leader is the one who knows.",
        "no-replica-left-behind",
        "parted-replicas",
    ),
    Mutant(
        Profile("failover-timeout-ignored", failover=FailoverTimeoutIgnored()),
        "No step of a failover is ever given up.",
        "A replica that was selected may die the next moment. Without a limit its failover waits "
        "for ever, and there is no other one meanwhile.",
        "failover-ends-or-is-explained",
        "parted-replicas",
        "Redis 2.6.13 waited without limit for a selected replica that was out of reach "
        "(sentinel-2.6 §11).",
    ),
)
"""The mutants of the failover machine, the simplest first."""
