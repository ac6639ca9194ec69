"""The states of one attempt to fail over, one after the other, with the time spent in each."""

from __future__ import annotations

from sim.judge.attempts import Attempt
from sim.judge.nodes import Nodes
from sim.tables import Table

__all__ = ["steps_table"]

_ENDINGS = {
    "not-elected": "-failover-abort-not-elected",
    "no-good-slave": "-failover-abort-no-good-slave",
    "slave-timeout": "-failover-abort-slave-timeout",
    "superseded": "+config-update-from",
}


def steps_table(attempt: Attempt, nodes: Nodes | None = None) -> Table:
    """A row for each state of the failover machine that `attempt` was in.

    Seconds of the run, milliseconds in the state, and the event that ended it. ``update_config``
    lasts no time: it is left in the tick in which it is entered. `nodes` gives names to addresses.
    Source: spec: failover §2.
    """
    completed = attempt.outcome == "completed"
    reconfigured = f"+failover-end{'-for-timeout' if attempt.forced_end else ''}"
    plan = (
        ("wait_start", attempt.elected_us, "+elected-leader"),
        ("select_slave", attempt.selected_us, "+selected-slave"),
        ("send_slaveof_noone", attempt.commanded_us, "+failover-state-wait-promotion"),
        ("wait_promotion", attempt.promoted_us, "+promoted-slave"),
        ("reconf_slaves", attempt.ended_us if completed else None, reconfigured),
        ("update_config", attempt.ended_us if completed else None, "+switch-master"),
    )
    rows = []
    since = attempt.started_us
    for state, until, event in plan:
        if until is None:
            end = _ENDINGS.get(attempt.outcome, attempt.outcome)
            rows.append((state, *_times(since, attempt.ended_us), end))
            break
        rows.append((state, *_times(since, until), event))
        since = until
    old = nodes.name_at(attempt.old) if nodes else f"{attempt.old[0]}:{attempt.old[1]}"
    caption = f"{attempt.sentinel}, epoch {attempt.epoch}, in place of {old}: {attempt.outcome}"
    return Table(("state", "entered s", "for ms", "left by"), tuple(rows), caption)


def _times(since_us: int, until_us: int) -> tuple[float, float]:
    return since_us / 1e6, (until_us - since_us) / 1e3
