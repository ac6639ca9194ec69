"""Planted bugs in what a server does to keep the window of lost writes small."""

from __future__ import annotations

from sim.mutants.mutant import Mutant
from sim.redis import Server
from sim.redis.replication.attached import ReplicaState
from sim.redis.replication.replicas import Replicas
from sim.world.profile import ServerProfile

__all__ = ["GUARDING"]


class LagIgnored(Replicas):
    """Whoever is attached counts, however long it has said nothing."""

    def count_good(self) -> None:
        """All that are online."""
        self.good_count = sum(replica.state is ReplicaState.ONLINE for replica in self)


class LenientServer(Server):
    """A server that does not look at min-replicas-max-lag."""

    replicas_type = LagIgnored


class StreamKeptBack(Replicas):
    """What is written goes into the backlog, for whoever asks for it."""

    def propagate(self, commands: tuple[tuple[str, ...], ...]) -> None:
        """Remember it, and send nothing."""
        if self._history.backlog is not None:
            self._history.extend(commands)


class SecretiveServer(Server):
    """A server that tells its replicas nothing of its own accord."""

    replicas_type = StreamKeptBack


GUARDING = (
    Mutant(
        ServerProfile("lag-ignored", server=LenientServer),
        "min-replicas-to-write counts all replicas that are attached, whatever their lag.",
        "A link that is up is no sign of life: towards a frozen replica, or over a network that "
        "drops everything, it stays up for a minute. Only what was heard lately counts.",
        "guard-stops-writes",
        "guarded",
    ),
    Mutant(
        ServerProfile("stream-kept-back", server=SecretiveServer),
        "A master does not send its writes to replicas that follow, only to those that come back.",
        "A replica without the last writes looks like any other until it is promoted. How far it "
        "is behind has to be watched while all is well.",
        "followers-keep-up",
        "lagging",
    ),
)
"""The mutants of servers that widen the window; Sentinels are not to blame for them."""
