"""Planted bugs in hello messages: whom and what a Sentinel believes."""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import HelloRules
from minisentinel.core.state import Master, State
from sim.mutants.mutant import Mutant

__all__ = ["GOSSIP"]


class OldNewsBelieved(HelloRules):
    """Another configuration is taken over whether it is newer or older."""

    __slots__ = ()

    def is_newer_configuration(self, master: Master, config_epoch: int) -> bool:
        """Whenever it is another one."""
        return master.config_epoch != config_epoch


class TiesBelieved(HelloRules):
    """A configuration that is as new as one's own is taken over."""

    __slots__ = ()

    def is_newer_configuration(self, master: Master, config_epoch: int) -> bool:
        """Unless it is older."""
        return master.config_epoch <= config_epoch


class NewsNotBelieved(HelloRules):
    """Everybody keeps the configuration that it has."""

    __slots__ = ()

    def is_newer_configuration(self, master: Master, config_epoch: int) -> bool:
        """Never."""
        return False


class EpochNotLearnt(HelloRules):
    """The epoch of others is nobody's business."""

    __slots__ = ()

    def is_newer_epoch(self, epoch: int, current_epoch: int) -> bool:
        """Never."""
        return False


class OwnHelloBelieved(HelloRules):
    """A Sentinel takes its own hello for that of another one."""

    __slots__ = ()

    def is_own(self, state: State, text: str) -> bool:
        """Never."""
        return False


GOSSIP = (
    Mutant(
        Profile("old-news-believed", hello=OldNewsBelieved()),
        "The configuration in a hello is adopted when it differs, even if it is older.",
        "Sentinels agree by believing the higher epoch; who believes any epoch lets one Sentinel "
        "that slept through a failover talk the others back.",
        "no-older-configuration",
        "sleeper",
    ),
    Mutant(
        Profile("ties-believed", hello=TiesBelieved()),
        "The configuration in a hello is adopted when its epoch is the same as one's own.",
        "A tie must leave things as they are. Who yields to an equal never comes to rest, and a "
        "leader that yields to the echo of its own news drops the replicas that it has not done.",
        "only-news-is-adopted",
    ),
    Mutant(
        Profile("news-not-believed", hello=NewsNotBelieved()),
        "The configuration in a hello is never adopted.",
        "The failover is the work of one; it becomes the truth by being believed. Sentinels that "
        "miss it send clients to the old master, and turn the new one back into a replica.",
        "one-master-at-the-end",
    ),
    Mutant(
        Profile("epoch-not-learnt", hello=EpochNotLearnt()),
        "A later epoch in a hello is not taken over.",
        "A Sentinel that was away finds its way back by the epochs of the others. In an epoch of "
        "the past it asks in vain for votes, and a failover that it is told to do is no news to "
        "anybody.",
        "epochs-spread",
    ),
    Mutant(
        Profile("own-hello-believed", hello=OwnHelloBelieved()),
        "A Sentinel does not recognise its own hello, which comes back to it from the servers.",
        "Whoever meets itself counts one Sentinel too many, asks itself for a vote, and gets it.",
        "nobody-is-its-own-peer",
    ),
)
"""The mutants of gossip, the simplest first."""
