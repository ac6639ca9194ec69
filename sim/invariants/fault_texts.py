"""What the text of a fault says, for claims that depend on it: the one place that reads such texts.

A fault is on the trace with a verb, a node, and words for people (`sim.trace.FaultInjected`). For
most claims the verb and the node are enough. Three things are in the words alone: who is cut off
from whom, whose messages are kept back on the way to whom, and what an operator has typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.trace import FaultInjected

__all__ = ["Cut", "cut_of", "is_plain_command", "target_of"]

_TARGET = re.compile(r"what it (?:sends to (\S+) waits|has sent to (\S+) arrives)")

_ORDERS = ("replicaof ", "slaveof ", "ping", "info", "sentinel ", "config set min-")
"""Commands to servers and Sentinels whose effects are in the trace, or which have none."""

_SECRETS = ("sentinel config", "auth", "rename")
"""Commands that may keep a Sentinel out, which is not in the trace."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A partition of the network into `groups` of nodes; of one group, from all others.

    Is it `one_way`, then nothing from a group arrives in a later one, and all the other way round.
    """

    groups: tuple[frozenset[str], ...]
    one_way: bool = False

    def parts(self, one: str, other: str) -> bool:
        """Whether neither of two nodes hears the other, as far as this cut is concerned."""
        if self.one_way:
            return False
        sides = [self._side(each) for each in (one, other)]
        if len(self.groups) > 1 and None in sides:
            return False
        return sides[0] != sides[1]

    def _side(self, node: str) -> int | None:
        return next((n for n, group in enumerate(self.groups) if node in group), None)


def cut_of(fault: FaultInjected) -> Cut | None:
    """The cut that a fault makes; None if it is no partition."""
    if fault.verb != "partition":
        return None
    one_way = " -> " in fault.detail
    groups = fault.detail.split(" -> " if one_way else " | ")
    return Cut(tuple(frozenset(each.split(", ")) for each in groups), one_way)


def target_of(fault: FaultInjected) -> str:
    """To whom it is that messages are held, or released; empty if the fault does neither."""
    found = _TARGET.fullmatch(fault.detail) if fault.verb in ("hold", "release") else None
    return "" if found is None else found[1] or found[2]


def is_plain_command(fault: FaultInjected) -> bool:
    """Whether it is an operator's command, and the trace tells all that may come of it."""
    words = fault.detail.lower()
    is_told = words.startswith(_ORDERS) and not any(each in words for each in _SECRETS)
    return fault.verb == "command" and is_told
