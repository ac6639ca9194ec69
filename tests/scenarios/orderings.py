"""What never varied when real Sentinels were recorded: the order of their events in a failover.

The facts come from recordings of Redis Sentinel 7.0 with real servers: a master killed by SIGKILL
25 times, three Sentinels, two replicas; the order below was the same in every run.
"""

from __future__ import annotations

from minisentinel.trace import SentinelEvent, Trace

__all__ = ["FOLLOWER", "LEADER", "Said", "Timing", "events_of", "leader_of"]

Said = tuple[float, SentinelEvent]
"""Milliseconds since the fault, and what was said."""

LEADER = (
    ("+sdown",),
    ("+odown", "+new-epoch", "+try-failover", "+vote-for-leader"),
    ("+elected-leader", "+failover-state-select-slave"),
    ("+selected-slave", "+failover-state-send-slaveof-noone"),
    ("+failover-state-wait-promotion",),
    ("-role-change", "+promoted-slave", "+failover-state-reconf-slaves"),
    ("+slave-reconf-sent",),
    ("+slave-reconf-inprog", "+slave-reconf-done"),
    ("+failover-end", "+switch-master", "+slave", "+slave"),
)
"""The leader's events, two replicas: each group in one tick or on one reply, a later one later."""

FOLLOWER = ("+new-epoch", "+vote-for-leader", "+config-update-from", "+switch-master", "+slave")
"""The order of a follower's; ``+sdown`` and ``+odown`` come where they come."""


class Timing:
    """Ranges of milliseconds, a little wider than those that were measured."""

    # After the silence of down-after: the next tick, or rarely the PING after that.
    SDOWN_AFTER_DOWN_AFTER = (0, 1200)
    SDOWN_MEDIAN = (20, 150)
    ODOWN_TO_PROMOTED = (950, 1250)
    RECONF_SENT_TO_INPROG = (800, 1100)
    PROMOTED_TO_FOLLOWERS_SWITCH = (0, 200)
    ROLE_CHANGE_TO_CONVERT = (9_900, 10_200)


def events_of(trace: Trace, sentinel: str) -> list[Said]:
    """What a Sentinel said after the first fault, in order."""
    fault = next(entry.time_us for entry in trace.entries if entry.kind == "fault")
    return [
        ((entry.time_us - fault) / 1000, entry.data)
        for entry in trace.entries
        if entry.node == sentinel and entry.time_us >= fault
        if isinstance(entry.data, SentinelEvent)
    ]


def leader_of(trace: Trace) -> str:
    """The Sentinel that completed the failover."""
    return next(
        entry.node
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name == "+failover-end"
    )
