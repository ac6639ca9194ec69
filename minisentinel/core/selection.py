"""Choosing the replica to promote (spec: failover §3)."""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.core.state import Master, Replica
from minisentinel.trace import ReplicaSelection

__all__ = ["select_replica"]


def select_replica(ctx: Context, master: Master) -> Replica | None:
    """The best eligible replica of `master` by the profile's rules, or None."""
    rules = ctx.profile.selection
    verdicts = [
        (rules.why_excluded(master, replica, ctx.now, ctx.state.timing), replica)
        for replica in master.replicas.values()
    ]
    eligible = [replica for reason, replica in verdicts if not reason]
    best = min(eligible, key=rules.preference, default=None)
    if ctx.tracing:
        verdicts.sort(key=lambda verdict: (bool(verdict[0]), rules.preference(verdict[1])))
        _note_selection(ctx, master, best, verdicts)
    return best


def _note_selection(
    ctx: Context, master: Master, best: Replica | None, verdicts: list[tuple[str, Replica]]
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
                for reason, replica in verdicts
            ),
        )
    )
