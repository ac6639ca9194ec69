"""SENTINEL DEBUG: the periods of the protocol, until the process ends (spec: commands §10).

Differs on purpose: the two defaults take no number of more than 31 bits, because a master keeps
them, and a configuration file cannot say more.
"""

from __future__ import annotations

from dataclasses import fields

from minisentinel.core.context import Context
from minisentinel.core.due import forget_dues
from minisentinel.core.timing import Timing
from minisentinel.replies import OK, Command, Error, Reply
from minisentinel.service.sentinel.numbers import INT_MAX, LONG_MAX, number
from minisentinel.trace import TimingSet

__all__ = ["debug"]

_ATTRIBUTES = {field.name.replace("_", "-"): field.name for field in fields(Timing)}
"""The attribute of `Timing` by its name here; the order is that of the read-out."""


def debug(ctx: Context, words: Command) -> Reply:
    """Show the periods, or set some one by one; those before an error stay set.

    [CMD-4-16] [CMD-10-1] to [CMD-10-3]
    """
    timing = ctx.state.timing
    if len(words) == 2:
        return {
            name.upper(): str(getattr(timing, attribute)) for name, attribute in _ATTRIBUTES.items()
        }
    forget_dues(ctx.state)
    reply = _set(timing, words)
    if ctx.tracing:
        _note_timing(ctx)
    return reply


def _set(timing: Timing, words: Command) -> Reply:
    for at in range(2, len(words), 2):
        attribute = _ATTRIBUTES.get(words[at].lower())
        if attribute is None or at + 1 == len(words):
            return Error(
                f"ERR Unknown option or number of arguments for SENTINEL DEBUG '{words[at]}'"
            )
        most = INT_MAX if attribute.startswith("default_") else LONG_MAX
        value = number(words[at + 1], 1, most)
        if value is None:
            return Error(f"ERR Invalid argument '{words[at + 1]}' for SENTINEL DEBUG '{words[at]}'")
        setattr(timing, attribute, value)
    return OK


def _note_timing(ctx: Context) -> None:
    timing = ctx.state.timing
    ctx.note(
        TimingSet(
            info_period_ms=timing.info_period,
            ping_period_ms=timing.ping_period,
            ask_period_ms=timing.ask_period,
            publish_period_ms=timing.publish_period,
            tilt_trigger_ms=timing.tilt_trigger,
            tilt_period_ms=timing.tilt_period,
            slave_reconf_timeout_ms=timing.slave_reconf_timeout,
            election_timeout_ms=timing.election_timeout,
        )
    )
