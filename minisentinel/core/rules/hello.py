"""When to say hello, and what in a hello is news."""

from __future__ import annotations

from minisentinel.core.state import Instance, Master, State
from minisentinel.core.timing import Timing

__all__ = ["HelloRules"]


class HelloRules:
    """The gossip between Sentinels."""

    __slots__ = ()

    def should_publish(self, instance: Instance, now: int, timing: Timing) -> bool:
        """Whether the last successful hello is older than a period (spec: monitoring §4.3).

        [MON-4.3-1]
        """
        return now - instance.last_pub_time > timing.publish_period

    def is_own(self, state: State, text: str) -> bool:
        """Whether a message on the channel is our own, which comes back to us (gossip §4).

        [GOS-4-3]
        """
        return state.myid in text

    def is_newer_epoch(self, epoch: int, current_epoch: int) -> bool:
        """Whether the sender's current epoch is ahead of ours (spec: gossip §6, step 5).

        [GOS-6-5]
        """
        return epoch > current_epoch

    def is_newer_configuration(self, master: Master, config_epoch: int) -> bool:
        """Whether the sender knows a later configuration; ties keep ours (gossip §6, step 6).

        [GOS-6-6] [GOS-6.2-6]
        """
        return master.config_epoch < config_epoch
