"""TILT: who cannot trust the clock watches, and does not act (spec: monitoring §8)."""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.core.due import forget_dues

__all__ = ["check_clock", "leaves_tilt"]


def check_clock(ctx: Context) -> None:
    """Enter TILT when the time since the last tick cannot be true (monitoring §8). [MON-8-1]"""
    state = ctx.state
    gap_ms = ctx.now - state.previous_time
    if gap_ms < 0:
        forget_dues(state)
    if ctx.profile.monitoring.enters_tilt(gap_ms, state.timing):
        state.tilt = True
        state.tilt_start_time = ctx.now
        state.tilt_count += 1
        ctx.emit("warning", "+tilt", None, "#tilt mode entered")
    state.previous_time = ctx.now


def leaves_tilt(ctx: Context) -> bool:
    """Leave TILT if it has lasted long enough; whether it is left. [MON-8-2]"""
    state = ctx.state
    if not ctx.profile.monitoring.leaves_tilt(state.tilt_start_time, ctx.now, state.timing):
        return False
    state.tilt = False
    ctx.emit("warning", "-tilt", None, "#tilt mode exited")
    return True
