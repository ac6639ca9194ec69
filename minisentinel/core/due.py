"""When could a tick next change anything? What need not be looked at is not looked at.

A tick visits an instance only when its `due` time has come. This module mirrors the stock rules of
monitoring, hello and election: it computes the earliest time at which one of them could say
something else than it said at the last visit. Being early costs a visit; being late would be a
bug, and a property test compares with ticks that visit everybody. Under other rules
(`Profile.times_by_the_book`), in TILT, and around a master in trouble, every tick visits everybody.

Whoever changes what a rule looks at, outside of a tick, sets `due` to 0.
"""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.core.state import Instance, Master, Role, Server, State

__all__ = ["forget_dues", "is_busy", "next_due"]

NEVER = 2**62


def is_busy(master: Master) -> bool:
    """Whether so much is going on around a master that its instances are visited every tick."""
    return master.subjectively_down or master.objectively_down or master.failover_in_progress


def forget_dues(state: State) -> None:
    """Time itself has jumped: visit everybody at the next tick."""
    for instance in state.instances.values():
        instance.due = 0


def next_due(ctx: Context, master: Master, instance: Instance) -> int:
    """The earliest time at which a tick could do something about `instance` (0: every tick)."""
    if instance.subjectively_down:
        return 0
    rules, timing, link = ctx.profile.monitoring, ctx.state.timing, instance.link
    owed_since = link.act_ping_time
    if link.disconnected:
        due = link.last_reconn_time + timing.ping_period if instance.address.port else NEVER
        owed_since = owed_since or link.last_avail_time
    else:
        if rules.is_congested(link):
            return 0
        period = min(instance.down_after, timing.ping_period)
        due = 1 + min(
            max(link.last_pong_time + period, link.last_ping_time + period // 2),
            instance.last_pub_time + timing.publish_period,
        )
    if owed_since:
        due = min(due, owed_since + instance.down_after + 1)
    half = instance.down_after // 2
    if link.command is not None and link.act_ping_time:
        suspicious = max(
            link.command.opened_ms + timing.min_link_reconnect_period,
            link.act_ping_time + half,
            link.last_pong_time + half,
        )
        due = min(due, suspicious + 1)
    if link.pubsub is not None:
        silent = max(
            link.pubsub.opened_ms + timing.min_link_reconnect_period,
            link.pubsub_last_activity + 3 * timing.publish_period,
        )
        due = min(due, silent + 1)
    if isinstance(instance, Server):
        if instance.info_refresh == 0:
            return 0
        due = min(due, instance.info_refresh + rules.info_period(master, instance, timing) + 1)
        if isinstance(instance, Master):
            due = min(due, _master_due(ctx, instance))
    return due


def _master_due(ctx: Context, master: Master) -> int:
    """What concerns masters alone: a wrong role, a reboot, opinions that grow stale."""
    if master.rebooted:
        return 0
    timing = ctx.state.timing
    due = NEVER
    if master.role_reported is Role.REPLICA:
        due = master.role_reported_time + master.down_after + 2 * timing.info_period + 1
    for peer in master.peers.values():
        if peer.master_down or peer.leader:
            due = min(due, peer.last_master_down_reply_time + 5 * timing.ask_period + 1)
    return due
