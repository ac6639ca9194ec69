"""The limits of the failover machine (spec: failover §2 to §4)."""

from __future__ import annotations

from collections.abc import Iterable

from minisentinel.core.state import FailoverState, Master, Replica, Role
from minisentinel.core.timing import Timing

__all__ = ["FailoverRules"]


class FailoverRules:
    """How long a state may last, and when the reconfiguration of replicas is over."""

    __slots__ = ()

    def is_not_elected(self, master: Master, now: int, timing: Timing) -> bool:
        """Whether an attempt without a leader has waited long enough (spec: election §8).

        [ELE-8-2] [GEN-3-11]
        """
        limit = min(timing.election_timeout, master.failover_timeout)
        return now - master.failover_start_time > limit

    def gives_up_with(self, master: Master) -> str:
        """The event with which a leader ends its attempt when it has heard of a later failover.

        Empty: it goes on, unless the news names another address than the one that it has; see
        `sim.versions.safer_leader`. [GOS-6.2-1]
        """
        return ""

    def state_timed_out(self, master: Master, now: int) -> bool:
        """Whether the present state has lasted longer than failover-timeout (failover §2).

        [FAI-2-3] to [FAI-2-5], [FAI-4.6-3]
        """
        return now - master.failover_state_change_time > master.failover_timeout

    def is_promotion(self, master: Master, replica: Replica, role: Role) -> bool:
        """Whether an INFO that reports `role` shows the promotion that is awaited (failover §4.4).

        The role need not be news. [MON-9.6-1] [FAI-4.4-1] [FAI-4.4-10]
        """
        return (
            role is Role.MASTER
            and replica.promoted
            and master.failover_in_progress
            and master.failover_state is FailoverState.WAIT_PROMOTION
        )

    def must_save_promotion(self) -> bool:
        """Whether the new configuration is durable before anybody is told (failover §4.4).

        [FAI-4.4-3] [CFG-5-7]
        """
        return True

    def is_reconfiguring(self, replica: Replica) -> bool:
        """Whether a replica counts against parallel-syncs (failover §4.5). [FAI-4.5-1]"""
        return replica.reconf_sent or replica.reconf_inprog

    def may_reconfigure_another(self, in_progress: int, master: Master) -> bool:
        """Whether parallel-syncs leaves room for one more replica (failover §4.5).

        [FAI-4.5-2] [FAI-4.5-11]
        """
        return in_progress < master.parallel_syncs

    def reconf_timed_out(self, replica: Replica, now: int, timing: Timing) -> bool:
        """Whether a replica told to follow has not shown it in time (failover §4.5).

        [FAI-4.5-4] [FAI-4.5-9]
        """
        return replica.reconf_sent and now - replica.reconf_sent_time > timing.slave_reconf_timeout

    def has_arrived(self, replica: Replica) -> bool:
        """Whether a replica that has begun to follow has a link that is up (monitoring §9.8).

        [MON-9.8-2]
        """
        return replica.reconf_inprog and replica.master_link_up

    def unfinished(self, replicas: Iterable[Replica]) -> int:
        """Replicas that the end of the reconfiguration still waits for (failover §4.6).

        [FAI-4.6-2]
        """
        return sum(
            not (replica.promoted or replica.reconf_done or replica.subjectively_down)
            for replica in replicas
        )
