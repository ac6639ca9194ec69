"""What the state machines of the Sentinels did in a run that their tables do not know."""

from __future__ import annotations

from minisentinel.core.transitions import FAILOVER_TRANSITIONS, HEALTH_TRANSITIONS
from minisentinel.trace import (
    Entry,
    FailoverStateChanged,
    ObjectivelyDown,
    SentinelEvent,
    SubjectivelyDown,
    Trace,
)
from sim.trace import ProcessChanged

__all__ = ["failover_steps", "health_steps", "unforeseen_steps"]

_Subject = tuple[str, str, str, str, int]


def unforeseen_steps(trace: Trace) -> list[str]:
    """Steps of the failover machine and of the health of instances that are in no table.

    Sentinel 2.6 has another failover machine, of which nothing is said.
    """
    known = {(each.before.value, each.after.value) for each in FAILOVER_TRANSITIONS}
    steps = health_steps(trace) - {
        (each.before.value, each.after.value, each.why) for each in HEALTH_TRANSITIONS
    }
    if not str(trace.header.settings.get("profile", "")).startswith("redis-2.6"):
        steps |= {(*each, "") for each in failover_steps(trace) - known}
    return [" ".join(each) for each in sorted(steps)]


def failover_steps(trace: Trace) -> set[tuple[str, str]]:
    """The steps of failover machines."""
    return {
        (entry.data.before, entry.data.after)
        for entry in trace.entries
        if isinstance(entry.data, FailoverStateChanged)
    }


def health_steps(trace: Trace) -> set[tuple[str, str, str]]:
    """Before, after and the reason of every change of what a Sentinel thinks of an instance."""
    states: dict[_Subject, str] = {}
    found: set[tuple[str, str, str]] = set()

    def turn(subject: _Subject, after: str, why: str) -> None:
        before = states.get(subject, "up")
        if before != after:
            found.add((before, after, why))
            states[subject] = after

    for entry in trace.entries:
        match entry.data:
            case SubjectivelyDown() as data:
                about = (entry.node, data.master, data.subject, data.host, data.port)
                turn(about, "sdown" if data.down else "up", data.why)
            case ObjectivelyDown() as data:
                for about in [each for each in states if each[:3] == _master(entry, data.master)]:
                    if states[about] != "up":
                        turn(about, "odown" if data.down else "sdown", "")
            case SentinelEvent(name="+switch-master" | "+reset-master" | "-monitor") as data:
                whole = data.name != "+switch-master"
                for about in [each for each in states if each[:2] == (entry.node, data.master)]:
                    if whole or about[2] != "sentinel":
                        turn(about, "up", "reset")
            case ProcessChanged() as data if data.is_end:
                states = {about: each for about, each in states.items() if about[0] != entry.node}
            case _:
                pass
    return found


def _master(entry: Entry, name: str) -> tuple[str, str, str]:
    return entry.node, name, "master"
