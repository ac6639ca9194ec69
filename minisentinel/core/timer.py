"""The tick: everything that a Sentinel does by itself, in its fixed order.

Spec: monitoring §2 and §8.
"""

from __future__ import annotations

from minisentinel.core import failover
from minisentinel.core.context import Context
from minisentinel.core.due import forget_dues, is_busy, next_due
from minisentinel.core.election import ask_peers
from minisentinel.core.links import reconnect
from minisentinel.core.monitoring import (
    check_objectively_down,
    check_subjectively_down,
    send_periodic_commands,
)
from minisentinel.core.state import FailoverState, Instance, Master

__all__ = ["next_tick_in_ms", "tick"]


def tick(ctx: Context) -> None:
    """One tick: TILT check, then every master with its replicas and peers, then the switch."""
    _check_clock(ctx)
    now = ctx.now
    visit_all = not ctx.skips or ctx.state.tilt
    finished: Master | None = None
    for master in ctx.state.masters.values():
        if master.due <= now or visit_all or is_busy(master):
            _visit(ctx, master, master)
        around_master = visit_all or is_busy(master)
        for replica in master.replicas.values():
            if replica.due <= now or around_master:
                _visit(ctx, master, replica)
        for peer in master.peers.values():
            if peer.due <= now or around_master:
                _visit(ctx, master, peer)
        if master.failover_state is FailoverState.UPDATE_CONFIG:
            finished = master
    if finished is not None:
        failover.switch_to_promoted(ctx, finished)


def next_tick_in_ms(ctx: Context) -> int:
    """Draw the delay until the next tick; randomised so that Sentinels drift apart."""
    return ctx.profile.monitoring.tick_delay_ms(ctx.state.dice.below(10))


def _check_clock(ctx: Context) -> None:
    """Enter TILT when the time since the last tick cannot be true (monitoring §8)."""
    state = ctx.state
    gap_ms = ctx.now - state.previous_time
    if gap_ms < 0:
        forget_dues(state)
    if ctx.profile.monitoring.enters_tilt(gap_ms, state.timing):
        state.tilt = True
        state.tilt_start_time = ctx.now
        ctx.emit("warning", "+tilt", None, "#tilt mode entered")
    state.previous_time = ctx.now


def _visit(ctx: Context, master: Master, instance: Instance) -> None:
    _handle(ctx, master, instance)
    instance.due = 0 if ctx.state.tilt or is_busy(master) else next_due(ctx, master, instance)


def _handle(ctx: Context, master: Master, instance: Instance) -> None:
    """The steps A to H for one instance (monitoring §2.1)."""
    reconnect(ctx, instance)
    send_periodic_commands(ctx, master, instance)
    if ctx.state.tilt and not _leave_tilt(ctx):
        return
    check_subjectively_down(ctx, instance)
    if isinstance(instance, Master):
        check_objectively_down(ctx, instance)
        failover.start_if_needed(ctx, instance)
        failover.step(ctx, instance)
        ask_peers(ctx, instance, forced=False)


def _leave_tilt(ctx: Context) -> bool:
    state = ctx.state
    if not ctx.profile.monitoring.leaves_tilt(state.tilt_start_time, ctx.now, state.timing):
        return False
    state.tilt = False
    ctx.emit("warning", "-tilt", None, "#tilt mode exited")
    return True
