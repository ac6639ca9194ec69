"""Leaders that give up when they hear of a later failover than their own.

No version does so. A leader's master object has the old master's address until the end of its
attempt. If a later failover leads back to just that address, its news seems to change nothing: the
leader takes over the greater config epoch, goes on, and ends by switching to its own replica under
an epoch that is another's (spec: gossip §6.2, failover §6.1).
"""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import FailoverRules
from minisentinel.core.state import Master

__all__ = ["SAFER_LEADER", "SaferLeader"]


class SaferLeader(FailoverRules):
    """Today's rules, but a leader believes that whoever made a greater epoch knew more."""

    __slots__ = ()

    def gives_up_with(self, master: Master) -> str:
        """An event of its own, if the configuration that it holds is later than its attempt."""
        is_overtaken = master.config_epoch > master.failover_epoch
        return "-failover-abort-overtaken" if is_overtaken else ""


SAFER_LEADER = Profile("safer-leader", failover=SaferLeader())
