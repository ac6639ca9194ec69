"""Choosing the replica to promote (spec: failover §3)."""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.core.state import Master, Replica
from minisentinel.trace import ReplicaSelection

__all__ = ["has_candidate", "select_replica"]

Judged = tuple[str, Replica]
"""A replica, and why it is excluded (empty if it is not)."""


def has_candidate(ctx: Context, master: Master) -> bool:
    """Whether any replica of `master` is eligible at this moment."""
    return any(not reason for reason, _ in _judged(ctx, master))


def select_replica(ctx: Context, master: Master) -> Replica | None:
    """The best eligible replica of `master` by the profile's rules, or None."""
    preference = ctx.profile.selection.preference
    judged = _judged(ctx, master)
    best = min((each for reason, each in judged if not reason), key=preference, default=None)
    if ctx.tracing:
        judged.sort(key=lambda one: (bool(one[0]), preference(one[1])))
        _note_selection(ctx, master, best, judged)
    return best


def _judged(ctx: Context, master: Master) -> list[Judged]:
    rules = ctx.profile.selection
    return [
        (rules.why_excluded(master, replica, ctx.now, ctx.state.timing), replica)
        for replica in master.replicas.values()
    ]


def _note_selection(
    ctx: Context, master: Master, best: Replica | None, judged: list[Judged]
) -> None:
    ctx.note(
        ReplicaSelection(
            master=master.name,
            epoch=master.failover_epoch,
            host=ctx.announced(best.address) if best else "",
            port=best.address.port if best else 0,
            candidates=tuple(
                (
                    ctx.announced(replica.address),
                    replica.address.port,
                    replica.priority,
                    replica.repl_offset,
                    replica.runid,
                    reason,
                )
                for reason, replica in judged
            ),
            known=tuple(_knowledge(replica, ctx.now) for _, replica in judged),
            master_down_ms=ctx.now - master.s_down_since if master.subjectively_down else -1,
        )
    )


def _knowledge(replica: Replica, now: int) -> tuple[bool, bool, int, int, int]:
    """What the exclusions look at besides the priority, as `ReplicaSelection` has it."""
    return (
        replica.subjectively_down,
        replica.link.disconnected,
        now - replica.link.last_avail_time,
        now - replica.info_refresh if replica.info_refresh else -1,
        replica.master_link_down_time,
    )
