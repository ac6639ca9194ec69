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
