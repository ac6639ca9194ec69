"""Choosing the replica to promote; an old master that is awaited as a replica is none.

Spec: sentinel-2.6 §10.
"""

from __future__ import annotations

from minisentinel.core.state import Master, Replica
from minisentinel.trace import ReplicaSelection
from sim.versions.redis_2_6.memory import OldContext

__all__ = ["has_candidate", "select_replica"]


def has_candidate(ctx: OldContext, master: Master) -> bool:
    """Whether any replica is eligible at this moment."""
    return any(not _why_excluded(ctx, master, each) for each in master.replicas.values())


def select_replica(ctx: OldContext, master: Master) -> Replica | None:
    """The best eligible replica, or None."""
    preference = ctx.profile.selection.preference
    judged = [(_why_excluded(ctx, master, each), each) for each in master.replicas.values()]
    best = min((each for why, each in judged if not why), key=preference, default=None)
    if ctx.tracing:
        judged.sort(key=lambda one: (bool(one[0]), preference(one[1])))
        ctx.note(
            ReplicaSelection(
                master=master.name,
                epoch=0,
                host=best.address.ip if best else "",
                port=best.address.port if best else 0,
                candidates=tuple(
                    (
                        each.address.ip,
                        each.address.port,
                        each.priority,
                        each.repl_offset,
                        each.runid,
                        why,
                    )
                    for why, each in judged
                ),
            )
        )
    return best


def _why_excluded(ctx: OldContext, master: Master, replica: Replica) -> str:
    if ctx.is_to_be_demoted(replica):
        return "to be demoted"
    return ctx.profile.selection.why_excluded(master, replica, ctx.now, ctx.state.timing)
