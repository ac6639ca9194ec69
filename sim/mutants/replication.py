"""Planted bugs in servers: what becomes of writes on their way to the replicas."""

from __future__ import annotations

from sim.mutants.mutant import Mutant
from sim.redis import Server
from sim.redis.replication.messages import Unit
from sim.redis.replication.replicas import Replicas
from sim.world.profile import ServerProfile

__all__ = ["REPLICATION"]


class GapNotFilled(Replicas):
    """A replica that comes back is sent what is written from now on."""

    def missed_since(self, offset: int) -> tuple[Unit, ...]:
        """Nothing."""
        return ()


class ForgetfulServer(Server):
    """A server that does not look into its backlog."""

    replicas_type = GapNotFilled


class AttachedIsEnough(Replicas):
    """Whoever follows has everything."""

    def count_up_to_date(self, offset: int) -> int:
        """As many as there are."""
        return super().count_up_to_date(0)


class TrustingServer(Server):
    """A server that does not wait for what its replicas acknowledge."""

    replicas_type = AttachedIsEnough


REPLICATION = (
    Mutant(
        ServerProfile("gap-not-filled", server=ForgetfulServer),
        "A server lets a replica that comes back continue, and does not send what it has missed.",
        "A copy with a hole looks like any other: it answers, it follows, its link is up. The hole "
        "shows when it is promoted, in writes that are lost between others that are not.",
        "losses-are-explained",
        "lagging",
    ),
    Mutant(
        ServerProfile("attached-is-enough", server=TrustingServer),
        "WAIT counts the replicas that follow, and not those that have acknowledged the write.",
        "A link that is up says that a write was sent. Only an acknowledgement says that it is "
        "there, and it takes a round trip, which is the price of WAIT.",
        "waited-writes-survive",
        "patient-clients",
    ),
)
"""The mutants of replication; Sentinels are not to blame for them."""
