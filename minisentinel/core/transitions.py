"""The two state machines as tables: which state follows which, when, and what is announced.

The code that walks them is in `minisentinel.core.failover` and `minisentinel.core.monitoring`; that
these tables say the same as that code is tested, with its source and with what runs have shown.
Diagrams are made from them (`sim.figures.states`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from minisentinel.core.state import FailoverState

__all__ = ["FAILOVER_TRANSITIONS", "HEALTH_TRANSITIONS", "Health", "Transition"]


class Health(Enum):
    """What a Sentinel thinks of an instance; only a master is ever objectively down."""

    UP = "up"
    SUBJECTIVELY_DOWN = "sdown"
    OBJECTIVELY_DOWN = "odown"


@dataclass(frozen=True, slots=True)
class Transition:
    """From `before` to `after`, if `when`; `events` are what the Sentinel announces then.

    `why` are the words with which the trace tells one reason from another.
    """

    before: Enum
    after: Enum
    when: str
    events: tuple[str, ...] = ()
    why: str = ""


_NONE, _WAIT, _SELECT = FailoverState.NONE, FailoverState.WAIT_START, FailoverState.SELECT_REPLICA
_SEND, _PROMOTION = FailoverState.SEND_SLAVEOF_NOONE, FailoverState.WAIT_PROMOTION
_RECONF, _UPDATE = FailoverState.RECONF_REPLICAS, FailoverState.UPDATE_CONFIG
_NEWER = "a newer configuration is heard of, or SENTINEL RESET or REMOVE"

FAILOVER_TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        _NONE,
        _WAIT,
        "the master is objectively down and it is time, or SENTINEL FAILOVER",
        ("+new-epoch", "+try-failover"),
    ),
    Transition(_WAIT, _SELECT, "elected by enough votes, or forced", ("+elected-leader",)),
    Transition(_WAIT, _NONE, "not elected in time", ("-failover-abort-not-elected",)),
    Transition(_WAIT, _NONE, _NEWER, why="reset"),
    Transition(_SELECT, _SEND, "a good replica is there", ("+selected-slave",)),
    Transition(_SELECT, _NONE, "no good replica is there", ("-failover-abort-no-good-slave",)),
    Transition(_SELECT, _NONE, _NEWER, why="reset"),
    Transition(
        _SEND,
        _PROMOTION,
        "told to be a master",
        ("+failover-state-wait-promotion",),
    ),
    Transition(_SEND, _NONE, "not linked in time", ("-failover-abort-slave-timeout",)),
    Transition(_SEND, _NONE, _NEWER, why="reset"),
    Transition(_PROMOTION, _RECONF, "its INFO says master", ("+promoted-slave",)),
    Transition(_PROMOTION, _NONE, "not a master in time", ("-failover-abort-slave-timeout",)),
    Transition(_PROMOTION, _NONE, _NEWER, why="reset"),
    Transition(_RECONF, _UPDATE, "all replicas that can be reached are done", ("+failover-end",)),
    Transition(
        _RECONF,
        _UPDATE,
        "not all are done in time",
        ("+failover-end-for-timeout", "+failover-end"),
        why="timeout",
    ),
    Transition(_RECONF, _NONE, _NEWER, why="reset"),
    Transition(_UPDATE, _NONE, "the switch, in the same tick", ("+switch-master",), why="reset"),
)
"""The failover machine of a master object (spec: failover §2 and §7). [FAI-2-1] to [FAI-2-7]"""

_UP, _SDOWN, _ODOWN = Health
_FORGOTTEN = "its master is switched or reset, which drops flags without a word"

HEALTH_TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        _UP,
        _SDOWN,
        "owes a sign of life for longer than down-after-milliseconds",
        ("+sdown",),
        why="silence",
    ),
    Transition(
        _UP,
        _SDOWN,
        "a master that has said for too long that it is a replica",
        ("+sdown",),
        why="role",
    ),
    Transition(
        _UP,
        _SDOWN,
        "a master that restarted, and took too long",
        ("+sdown",),
        why="reboot",
    ),
    Transition(_SDOWN, _UP, "none of that holds any more", ("-sdown",)),
    Transition(_SDOWN, _UP, _FORGOTTEN, why="reset"),
    Transition(_SDOWN, _ODOWN, "a master that a quorum holds to be down", ("+odown",)),
    Transition(_ODOWN, _SDOWN, "fewer than a quorum do", ("-odown",)),
    Transition(_ODOWN, _UP, "it is no longer down here either", ("-sdown", "-odown")),
    Transition(_ODOWN, _UP, _FORGOTTEN, why="reset"),
)
"""The flags of an instance (spec: monitoring §6 and §7); in TILT none of them changes.

[MON-6.2-5] [MON-6.2-6] [MON-7-2] [MON-7-3]
"""
