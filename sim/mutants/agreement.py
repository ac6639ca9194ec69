"""Planted bugs in the agreement that a master is down: opinions asked, given, kept and counted."""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.address import Address
from minisentinel.core.rules import ElectionRules, MonitoringRules
from minisentinel.core.state import Master, Peer, State
from minisentinel.core.timing import Timing
from sim.mutants.mutant import Mutant

__all__ = ["AGREEMENT"]


class QuorumIgnored(MonitoringRules):
    """What is subjectively down is objectively down."""

    __slots__ = ()

    def is_objectively_down(self, master: Master) -> bool:
        """Whenever it is down here."""
        return master.subjectively_down


class CountedTwice(MonitoringRules):
    """The Sentinel that counts is one of its own reporters, and counts itself once more."""

    __slots__ = ()

    def reporters(self, master: Master) -> int:
        """One too many."""
        return super().reporters(master) + 1


class StaleOpinionsKept(ElectionRules):
    """What a peer once said is true for ever."""

    __slots__ = ()

    def is_stale(self, peer: Peer, now: int, timing: Timing) -> bool:
        """Never."""
        return False


class Hearsay(ElectionRules):
    """Who is asked passes on what others have said."""

    __slots__ = ()

    def says_down(self, state: State, master: Master) -> bool:
        """Also if only some peer has told us so."""
        heard = any(peer.master_down for peer in master.peers.values())
        return super().says_down(state, master) or (heard and not state.tilt)


class AnyAddress(ElectionRules):
    """The port of the address asked about is looked at, the host is not."""

    __slots__ = ()

    def is_meant(self, master: Master, address: Address) -> bool:
        """Whenever the ports are the same."""
        return master.address.port == address.port


class FailoverFromOneOpinion(ElectionRules):
    """An attempt starts when the master is down here."""

    __slots__ = ()

    def may_start(self, master: Master) -> bool:
        """Also without the agreement of others."""
        return master.subjectively_down and not master.failover_in_progress


AGREEMENT = (
    Mutant(
        Profile("quorum-ignored", monitoring=QuorumIgnored()),
        "A master that is subjectively down here is held to be objectively down.",
        "What one observer sees may be its own fault: a cut cable is on nobody's side. The quorum "
        "asks for several views of the same thing.",
        "odown-has-a-quorum",
    ),
    Mutant(
        Profile("counted-twice", monitoring=CountedTwice()),
        "A Sentinel that counts who holds the master for down counts itself twice.",
        "Off by one is the most ordinary of all bugs, and with a quorum of two it means that one "
        "Sentinel decides alone.",
        "odown-has-a-quorum",
    ),
    Mutant(
        Profile("stale-opinions-kept", election=StaleOpinionsKept()),
        "What a peer has said about the master is never forgotten.",
        "An opinion is about a moment. Opinions of several minutes add up to a majority that there "
        "never was at any time.",
        "odown-has-a-quorum",
        "old-opinions",
    ),
    Mutant(
        Profile("hearsay", election=Hearsay()),
        "A Sentinel that is asked says that the master is down if others have told it so.",
        "A vote counts as evidence only if it is independent. Two Sentinels that repeat what they "
        "hear from each other keep a rumour alive for ever.",
        "opinions-are-ones-own",
    ),
    Mutant(
        Profile("any-address", election=AnyAddress()),
        "A Sentinel that is asked about an address looks only at the port.",
        "The question carries an address because names may mean different servers to different "
        "Sentinels. Who answers about another server answers another question.",
        "opinions-are-ones-own",
        "many-masters",
    ),
    Mutant(
        Profile("failover-from-one-opinion", election=FailoverFromOneOpinion()),
        "A failover attempt starts as soon as the master is subjectively down.",
        "An attempt costs an epoch and the votes in it, whoever starts it. Only agreement that "
        "there is something to repair is worth that.",
        "failover-only-from-odown",
    ),
)
"""The mutants of agreement, the simplest first."""
