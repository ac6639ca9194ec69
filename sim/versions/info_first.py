"""Sentinels that ask for INFO *instead of* sending a PING, as all of them did for years.

One periodic command went out per tick: INFO if it was due, or else a PING. An INFO that nobody
answers is due again at the next tick, and at the next: there is never a turn for a PING, and as
long as no PING is owed an answer there is no silence to measure. A server whose host vanishes in
the moment in which INFO was the next thing to be asked seems to be well until the operating system
gives the connection up, which takes fifteen minutes. Today each is sent when it is due (spec:
monitoring §4).
"""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import MonitoringRules
from minisentinel.core.state import Instance, Replica, Server
from minisentinel.core.timing import FAST_INFO_PERIOD_MS, Timing

__all__ = ["INFO_FIRST"]


class InfoFirst(MonitoringRules):
    """Today's rules, but for the turn of a PING.

    Greetings waited too; here they do not, because nothing hangs on them. A replica whose master is
    in trouble is asked for INFO every second; of that this rule sees its broken link only.
    """

    __slots__ = ()

    def should_send_ping(self, instance: Instance, now: int, timing: Timing) -> bool:
        """As today, but never while INFO is due."""
        if isinstance(instance, Server):
            is_watched_closely = isinstance(instance, Replica) and instance.master_link_down_time
            period = FAST_INFO_PERIOD_MS if is_watched_closely else timing.info_period
            if self.should_send_info(instance, period, now):
                return False
        return super().should_send_ping(instance, now, timing)


INFO_FIRST = Profile("info-first", monitoring=InfoFirst())
