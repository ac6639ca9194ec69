"""What the first Sentinel remembers beyond today's state, and the context that carries it.

Nothing of it is ever written to a file (sentinel-2.6 §3, §14).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minisentinel.core.context import Context
from minisentinel.core.state import Instance, Master, Peer

__all__ = ["Memory", "OldContext"]


@dataclass(slots=True)
class Memory:
    """Flags of instances by their serial, which is never used twice.

    `can_failover` is this Sentinel's own permission, `permitted` the peers that have it by their
    hello, `leading` the masters whose failover it leads, `demote` the old masters that are to
    become replicas.
    """

    can_failover: bool = True
    permitted: dict[int, None] = field(default_factory=dict)
    leading: dict[int, None] = field(default_factory=dict)
    demote: dict[int, None] = field(default_factory=dict)


class OldContext(Context):
    """Today's context, which has a further memory and does not save anything."""

    __slots__ = ("memory",)

    memory: Memory

    def save(self) -> None:
        """A restart returns to the file as a person wrote it."""

    def leads(self, master: Master) -> bool:
        """Whether this Sentinel leads the failover of `master`."""
        return master.serial in self.memory.leading

    def observes(self, master: Master) -> bool:
        """Whether it watches a failover that somebody else leads."""
        return master.failover_in_progress and not self.leads(master)

    def is_to_be_demoted(self, instance: Instance) -> bool:
        """Whether a replica is an old master that is awaited as one."""
        return instance.serial in self.memory.demote

    def is_permitted(self, peer: Peer) -> bool:
        """Whether a peer may lead a failover."""
        return peer.serial in self.memory.permitted
