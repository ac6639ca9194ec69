"""Which replica is promoted (spec: failover §3)."""

from __future__ import annotations

from minisentinel.core.state import Master, Replica
from minisentinel.core.timing import Timing

__all__ = ["SelectionRules"]


class SelectionRules:
    """Who is eligible, and who is best among the eligible."""

    __slots__ = ()

    def link_down_limit_ms(self, master: Master, now: int) -> int:
        """How long a candidate's link to its master may have been down (failover §3.1).

        [FAI-3.1-1]
        """
        limit = 10 * master.down_after
        if master.subjectively_down:
            limit += now - master.s_down_since
        return limit

    def why_excluded(self, master: Master, replica: Replica, now: int, timing: Timing) -> str:
        """Why a replica is not eligible, in two words; empty if it is (failover §3.1).

        [FAI-3.1-2] to [FAI-3.1-8]
        """
        if replica.subjectively_down:
            return "subjectively down"
        if replica.link.disconnected:
            return "link disconnected"
        if now - replica.link.last_avail_time > 5 * timing.ping_period:
            return "ping too old"
        if replica.priority == 0:
            return "priority zero"
        info_limit = 5 * timing.ping_period if master.subjectively_down else 3 * timing.info_period
        if now - replica.info_refresh > info_limit:
            return "info too old"
        if replica.master_link_down_time > self.link_down_limit_ms(master, now):
            return "link down for too long"
        return ""

    def preference(self, replica: Replica) -> tuple[int, int, bool, str]:
        """Sort key, best first: priority, then most data, then smallest run id (failover §3.2).

        [FAI-3.2-1] to [FAI-3.2-3]
        """
        return (
            replica.priority,
            -replica.repl_offset,
            not replica.runid,
            replica.runid.lower(),
        )
