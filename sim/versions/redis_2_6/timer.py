"""The tick of the first Sentinel: everything, every time, in its own order (sentinel-2.6 §4)."""

from __future__ import annotations

from minisentinel.core.monitoring import check_objectively_down, check_subjectively_down
from minisentinel.core.scripts import look_after_scripts
from minisentinel.core.state import FailoverState, Instance, Master
from minisentinel.core.tilt import check_clock, leaves_tilt
from sim.versions.redis_2_6.failover import check_abort, start_if_needed, step
from sim.versions.redis_2_6.leader import ask_peers
from sim.versions.redis_2_6.links import reconnect, send_periodic_command
from sim.versions.redis_2_6.memory import OldContext
from sim.versions.redis_2_6.switch import switch_to_promoted

__all__ = ["tick"]


def tick(ctx: OldContext) -> None:
    """One tick; peers are asked before the master is judged, so that news takes a tick longer."""
    state = ctx.state
    state.quiet_until = 0
    check_clock(ctx)
    finished: Master | None = None
    for master in state.masters.values():
        _visit(ctx, master, master)
        for instance in (*master.replicas.values(), *master.peers.values()):
            _visit(ctx, master, instance)
        if master.failover_state is FailoverState.UPDATE_CONFIG:
            finished = master
    if finished is not None:
        switch_to_promoted(ctx, finished)
    if state.scripts or state.script_ends:
        look_after_scripts(ctx)


def _visit(ctx: OldContext, master: Master, instance: Instance) -> None:
    reconnect(ctx, instance)
    send_periodic_command(ctx, master, instance)
    if isinstance(instance, Master):
        ask_peers(ctx, instance)
    if ctx.state.tilt and not leaves_tilt(ctx):
        return
    check_subjectively_down(ctx, instance)
    if isinstance(instance, Master):
        check_objectively_down(ctx, instance)
        start_if_needed(ctx, instance)
        step(ctx, instance)
        check_abort(ctx, instance)
