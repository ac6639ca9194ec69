"""Planted bugs in elections: who is voted for, what is counted, and who leads."""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.dice import Dice
from minisentinel.core.rules import ElectionRules, FailoverRules
from minisentinel.core.state import Master, Peer, State
from minisentinel.core.timing import Timing
from sim.mutants.mutant import Mutant

__all__ = ["ELECTIONS"]


class MajorityIgnored(ElectionRules):
    """Whoever has `quorum` votes leads."""

    __slots__ = ()

    def votes_needed(self, voters: int, quorum: int) -> int:
        """The quorum alone."""
        return quorum


class QuorumOfVotesIgnored(ElectionRules):
    """Whoever has a majority leads, whatever the quorum."""

    __slots__ = ()

    def votes_needed(self, voters: int, quorum: int) -> int:
        """The majority alone."""
        return self.majority(voters)


class MajorityOfTheLiving(ElectionRules):
    """Who does not answer has no vote."""

    __slots__ = ()

    def voters(self, master: Master) -> int:
        """Those that are not held for down, and this one."""
        return 1 + sum(not peer.subjectively_down for peer in master.peers.values())


class VotesAgain(ElectionRules):
    """A voter does not look whether it has voted in this epoch already."""

    __slots__ = ()

    def is_unused_epoch(self, master: Master, epoch: int) -> bool:
        """Always."""
        return True


class EpochNotCompared(ElectionRules):
    """A voter does not look whether the epoch of a request is over."""

    __slots__ = ()

    def is_current_epoch(self, state: State, epoch: int) -> bool:
        """Always."""
        return True


class TallyWithoutEpoch(ElectionRules):
    """A vote is a vote, from whatever epoch."""

    __slots__ = ()

    def counts_vote(self, peer: Peer, epoch: int) -> bool:
        """Whenever there is one."""
        return peer.leader != ""


class OwnVoteNotCounted(ElectionRules):
    """A candidate is too modest."""

    __slots__ = ()

    def counts_own_vote(self, leader: str, leader_epoch: int, epoch: int) -> bool:
        """Never."""
        return False


class AnybodyLeads(ElectionRules):
    """A candidate goes on as soon as somebody is elected."""

    __slots__ = ()

    def goes_ahead(self, state: State, master: Master, winner: str) -> bool:
        """Whoever it is."""
        return winner != "" or master.force_failover


class AttemptsNotSpaced(ElectionRules):
    """After a lost election the next one is tried at once."""

    __slots__ = ()

    def retry_delay_is_over(self, master: Master, now: int) -> bool:
        """Always."""
        return True


class VotersDoNotRest(ElectionRules):
    """Who has voted for somebody tries itself nevertheless."""

    __slots__ = ()

    def delays_own_attempt(self, state: State, candidate: str) -> bool:
        """Never."""
        return False


class NoDesynchronisation(ElectionRules):
    """All wait for the same time."""

    __slots__ = ()

    def desync_ms(self, dice: Dice) -> int:
        """Nothing is added."""
        return 0


class CandidateForEver(FailoverRules):
    """A candidate that is not elected waits on."""

    __slots__ = ()

    def is_not_elected(self, master: Master, now: int, timing: Timing) -> bool:
        """Never."""
        return False


ELECTIONS = (
    Mutant(
        Profile("majority-ignored", election=MajorityIgnored()),
        "A candidate leads as soon as it has as many votes as the quorum.",
        "The quorum says how many must see the master down; only a majority of all Sentinels "
        "makes sure that two groups cannot both elect somebody.",
        "one-leader-per-epoch",
        "election",
    ),
    Mutant(
        Profile("majority-of-the-living", election=MajorityOfTheLiving()),
        "Only Sentinels that are not held for down are counted when a majority is asked for.",
        "To the smaller part of a network that was cut, all others are dead. A majority of those "
        "that answer is a majority on both sides.",
        "all-known-are-voters",
        "minority",
        "Redis 2.6.13 asked for a majority of the Sentinels that had answered, so that only the "
        "quorum kept two sides of a cut network from electing one each (sentinel-2.6 §8).",
    ),
    Mutant(
        Profile("quorum-of-votes-ignored", election=QuorumOfVotesIgnored()),
        "A candidate leads as soon as it has a majority of the votes, whatever the quorum.",
        "Whoever sets a quorum above the majority asks for more agreement before anything is "
        "done, in the election too.",
        "leader-has-the-votes",
        "high-quorum",
    ),
    Mutant(
        Profile("votes-again", election=VotesAgain()),
        "A voter does not look whether it has granted a vote in this epoch already.",
        "That two majorities have a member in common helps only if this member votes once.",
        "one-vote-per-epoch",
        "election",
        "In Redis 2.6.13 a vote was no promise at all: there were no epochs, and it could change "
        "with every answer (sentinel-2.6 §3).",
    ),
    Mutant(
        Profile("epoch-not-compared", election=EpochNotCompared()),
        "A voter does not compare the epoch asked for with its own.",
        "An epoch is over as soon as somebody knows a later one. Who still votes in it helps a "
        "candidate that has slept.",
        "epochs-never-go-back",
        "many-masters",
    ),
    Mutant(
        Profile("tally-without-epoch", election=TallyWithoutEpoch()),
        "A candidate counts the votes that it knows of, whatever epoch they are from.",
        "A vote is a promise for one epoch. In the next one the same voter has promised its vote "
        "to somebody else.",
        "leader-has-the-votes",
        "race",
    ),
    Mutant(
        Profile("own-vote-not-counted", election=OwnVoteNotCounted()),
        "A candidate does not count its own vote.",
        "Two of three are a majority only if the candidate is one of the two: without its own "
        "vote no Sentinel may ever be missing.",
        "own-vote-counts",
    ),
    Mutant(
        Profile("anybody-leads", election=AnybodyLeads()),
        "A candidate goes on when it sees that somebody is elected, whoever it is.",
        "To know that there is a leader is not to be it. Both would promote, and perhaps not the "
        "same replica.",
        "promotion-only-by-a-leader",
        "race",
    ),
    Mutant(
        Profile("attempts-not-spaced", election=AttemptsNotSpaced()),
        "After an attempt that failed, the next one is started at once.",
        "Every attempt takes votes from the others. A Sentinel that cannot win, because nobody "
        "hears it or no replica is any good, must leave room for one that can.",
        "attempts-are-spaced",
        public_bug="In Redis 2.6.13 the next attempt could begin at the next tick (sentinel-2.6 "
        "§9).",
    ),
    Mutant(
        Profile("voters-do-not-rest", election=VotersDoNotRest()),
        "Who has voted for another Sentinel starts an attempt of its own without waiting.",
        "A vote is a promise to let the other one do it. Who competes all the same opens the next "
        "epoch, and the leader of this one loses its votes.",
        "attempts-are-spaced",
    ),
    Mutant(
        Profile("no-desynchronisation", election=NoDesynchronisation()),
        "The random part of the waiting times is left out.",
        "Candidates that have split the vote split it again if they all wait for the same time. "
        "A second of chance is what ends it.",
        "desynchronised",
        "lonely",
        "Redis 2.6.13 ticked every 100 ms sharp (sentinel-2.6 §2); today even the length of a tick "
        "is drawn by lot.",
    ),
    Mutant(
        Profile("candidate-for-ever", failover=CandidateForEver()),
        "A candidate that is not elected never gives up.",
        "Whoever waits for ever also stands in the way of its own next attempt, in an epoch in "
        "which the votes are free again.",
        "failover-ends-or-is-explained",
        "lonely",
    ),
)
"""The mutants of elections, the simplest first."""
