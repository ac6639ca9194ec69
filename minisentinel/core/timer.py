"""The tick: everything that a Sentinel does by itself, in its fixed order.

Spec: monitoring §2 and §8.
"""

from __future__ import annotations

from minisentinel.core import failover
from minisentinel.core.context import Context
from minisentinel.core.due import NEVER, is_asked_sooner, is_busy, plan
from minisentinel.core.election import ask_peers
from minisentinel.core.links import reconnect
from minisentinel.core.monitoring import (
    check_objectively_down,
    check_subjectively_down,
    send_periodic_commands,
)
from minisentinel.core.scripts import look_after_scripts
from minisentinel.core.state import FailoverState, Instance, Master
from minisentinel.core.tilt import check_clock, leaves_tilt

__all__ = ["next_tick_in_ms", "tick"]

LONGEST_DELAY_MS = 200
"""Two ticks are never that far apart, unless somebody stopped us or stepped the clock."""


def tick(ctx: Context) -> None:
    """One tick: TILT check, every master with its replicas and peers, the switch, the scripts.

    [MON-2-2] to [MON-2-8], [MON-8-10]
    """
    state, now = ctx.state, ctx.now
    state.quiet_until = earliest = NEVER
    check_clock(ctx)
    visit_all = not ctx.skips or state.tilt
    finished: Master | None = None
    for master in state.masters.values():
        if master.due <= now or visit_all or is_busy(master):
            _visit(ctx, master, master)
        if master.due < earliest:
            earliest = master.due
        for replica in master.replicas.values():
            if replica.due <= now or visit_all or is_asked_sooner(ctx, master, replica):
                _visit(ctx, master, replica)
            if replica.due < earliest:
                earliest = replica.due
        for peer in master.peers.values():
            if peer.due <= now or visit_all:
                _visit(ctx, master, peer)
            if peer.due < earliest:
                earliest = peer.due
        if master.failover_state is FailoverState.UPDATE_CONFIG:
            finished = master
    if finished is not None:
        failover.switch_to_promoted(ctx, finished)
    if state.scripts or state.script_ends:
        look_after_scripts(ctx)
        state.quiet_until = 0
    if visit_all or state.tilt or state.timing.tilt_trigger <= LONGEST_DELAY_MS:
        state.quiet_until = 0
    elif state.quiet_until:  # nothing has been brought forward meanwhile
        state.quiet_until = earliest


def next_tick_in_ms(ctx: Context) -> int:
    """Draw the delay until the next tick; randomised so that Sentinels drift apart. [MON-2-1]"""
    extra_hz = ctx.state.dice.draw() % 10
    ctx.state.hz = 10 + extra_hz
    return ctx.profile.monitoring.tick_delay_ms(extra_hz)


def _visit(ctx: Context, master: Master, instance: Instance) -> None:
    """Do what is to be done about one instance, and find out when there will be more."""
    now = ctx.now
    quiet = instance.sound_until > now and not (
        instance.subjectively_down or instance.link.disconnected
    )
    is_master = instance is master
    if not quiet or ctx.state.tilt or (is_master and is_busy(master)) or not ctx.skips:
        _handle(ctx, master, instance)
        if ctx.state.tilt or (is_master and is_busy(master)):
            instance.due = instance.sound_until = 0
        else:
            plan(ctx, master, instance)
        return
    effects = len(ctx.out)
    send_periodic_commands(ctx, master, instance)
    if len(ctx.out) == effects:
        plan(ctx, master, instance)
    else:
        # The answer will tell; if there is none, the next tick will look again.
        instance.due = instance.sound_until = now


def _handle(ctx: Context, master: Master, instance: Instance) -> None:
    """The steps A to H for one instance (monitoring §2.1).

    [MON-2.1-1] to [MON-2.1-9], [MON-8-3] [MON-8-4]
    """
    if instance.link.disconnected:
        reconnect(ctx, instance)
    send_periodic_commands(ctx, master, instance)
    if ctx.state.tilt:
        leaves_tilt(ctx)
    if not ctx.profile.monitoring.may_act(ctx.state):
        return
    check_subjectively_down(ctx, instance)
    if isinstance(instance, Master):
        check_objectively_down(ctx, instance)
        failover.start_if_needed(ctx, instance)
        failover.step(ctx, instance)
        ask_peers(ctx, instance, forced=False)
