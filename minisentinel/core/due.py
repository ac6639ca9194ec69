"""When could a tick next change anything? What need not be looked at is not looked at.

A tick visits an instance only when its `due` time has come. This module mirrors the stock rules of
monitoring, hello and election: it computes the earliest time at which one of them could say
something else than it said at the last visit. Being early costs a visit; being late would be a
bug, and a property test compares with ticks that visit everybody. Under other rules
(`Profile.times_by_the_book`) and in TILT every tick visits everybody, and a master in trouble is
visited by every tick; around it only the period of INFO is another one (`is_asked_sooner`).

Whoever changes what a rule looks at, outside of a visit, sets `due` to 0.

The earliest due is also the time until which whole ticks are idle. It is known after a tick
(`State.quiet_until`), and forgotten with every `due` that is set to 0, every event and every save.
"""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.core.state import Instance, Master, Replica, Role, Server, State
from minisentinel.core.timing import COMMAND_LIMIT

__all__ = [
    "NEVER",
    "earliest_due",
    "forget_dues",
    "is_asked_sooner",
    "is_busy",
    "look_at",
    "plan",
]

NEVER = 2**62
"""A time (ms) that never comes."""


def is_busy(master: Master) -> bool:
    """Whether so much is going on about a master that every tick visits it."""
    return master.subjectively_down or master.objectively_down or master.failover_in_progress


def is_asked_sooner(ctx: Context, master: Master, replica: Replica) -> bool:
    """Whether INFO is due at a replica of a master in trouble, perhaps before it was planned."""
    if not (master.objectively_down or master.failover_in_progress) or replica.link.disconnected:
        return False
    rules = ctx.profile.monitoring
    period = rules.info_period(master, replica, ctx.state.timing)
    return rules.should_send_info(replica, period, ctx.now)


def look_at(state: State, instance: Instance) -> None:
    """Something about `instance` has changed: the next tick visits it."""
    instance.due = instance.sound_until = state.quiet_until = 0


def forget_dues(state: State) -> None:
    """Time itself has jumped: visit everybody at the next tick."""
    for instance in state.instances.values():
        look_at(state, instance)


def earliest_due(state: State) -> int:
    """When a tick could do something about anybody."""
    earliest = NEVER
    for instance in state.instances.values():
        if instance.due < earliest:
            earliest = instance.due
    return earliest


def plan(ctx: Context, master: Master, instance: Instance) -> None:
    """Set when a tick could next do something about `instance`, and when it could be in trouble.

    Comparisons rather than min() and max(): this runs after every visit and every answer.
    """
    rules, timing, link = ctx.profile.monitoring, ctx.state.timing, instance.link
    if link.pending_commands >= COMMAND_LIMIT:
        instance.due = instance.sound_until = 0  # perhaps not congested, but soon
        return
    down_after, act_ping_time = instance.down_after, link.act_ping_time

    # When it could be down, or a connection closed, or a master in other trouble. What is down
    # already comes back by an answer or a new connection, and is looked at then.
    sound = NEVER
    owed_since = act_ping_time
    if link.disconnected:
        owed_since = owed_since or link.last_avail_time
    if owed_since:
        if not instance.subjectively_down:
            sound = owed_since + down_after + 1
        if act_ping_time and link.command is not None:
            suspicious = max(
                link.command.opened_ms + timing.min_link_reconnect_period,
                act_ping_time + down_after // 2,
                link.last_pong_time + down_after // 2,
            )
            if suspicious < sound:
                sound = suspicious + 1
    if link.pubsub is not None:
        silent = link.pubsub_last_activity + 3 * timing.publish_period
        settled = link.pubsub.opened_ms + timing.min_link_reconnect_period
        if settled > silent:
            silent = settled
        if silent < sound:
            sound = silent + 1
    is_master = instance is master
    if is_master:
        sound = min(sound, _master_due(ctx, master))
    instance.sound_until = due = sound

    # When a connection or a command is to be tried.
    if link.disconnected:
        if instance.address.port:
            due = min(due, link.last_reconn_time + timing.ping_period)
    else:
        period = timing.ping_period if timing.ping_period < down_after else down_after
        ping = link.last_pong_time + period + 1
        again = link.last_ping_time + period // 2 + 1
        if again > ping:
            ping = again
        if ping < due:
            due = ping
        publish = instance.last_pub_time + timing.publish_period + 1
        if publish < due:
            due = publish
        if isinstance(instance, Server):
            info = instance.info_refresh + 1
            info += timing.info_period if is_master else rules.info_period(master, instance, timing)
            if info < due:
                due = info if instance.info_refresh else 0
    instance.due = due


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
