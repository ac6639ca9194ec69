"""Planted bugs of doing nothing: too late, too seldom, too soon, or never.

Whoever does nothing does nothing wrong, which is why none of these breaks a rule of what must not
happen. They are found out by what must.
"""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import ElectionRules, FailoverRules, MonitoringRules, SelectionRules
from minisentinel.core.state import Master, Peer, Replica, Role, Server
from minisentinel.core.timing import Timing
from sim.mutants.mutant import Mutant

__all__ = ["IDLENESS"]


class NeverObjectivelyDown(MonitoringRules):
    """Whatever the others say, it is not enough."""

    __slots__ = ()

    def is_objectively_down(self, master: Master) -> bool:
        """Never."""
        return False


class NeverAsks(ElectionRules):
    """Who sees its master down keeps it to itself."""

    __slots__ = ()

    def should_ask(
        self, master: Master, peer: Peer, forced: bool, now: int, timing: Timing
    ) -> bool:
        """Never."""
        return False


class NeverStarts(ElectionRules):
    """The rest after the last attempt is never over, not even before the first."""

    __slots__ = ()

    def retry_delay_is_over(self, master: Master, now: int) -> bool:
        """Never."""
        return False


class StartsLate(ElectionRules):
    """The rest after the last attempt lasts ten times failover-timeout."""

    __slots__ = ()

    def retry_delay_is_over(self, master: Master, now: int) -> bool:
        """Five times as late."""
        return now - master.failover_start_time >= 10 * master.failover_timeout


class NeverVotesForOthers(ElectionRules):
    """A voter takes every epoch for one in which it has voted."""

    __slots__ = ()

    def is_unused_epoch(self, master: Master, epoch: int) -> bool:
        """Never."""
        return False


class OneMoreThanAMajority(ElectionRules):
    """Half of the voters, and two."""

    __slots__ = ()

    def majority(self, voters: int) -> int:
        """One more than is needed."""
        return voters // 2 + 2


class Unanimity(ElectionRules):
    """All voters must agree."""

    __slots__ = ()

    def votes_needed(self, voters: int, quorum: int) -> int:
        """All of them."""
        return max(voters, quorum)


class GivesUpSoon(FailoverRules):
    """A candidate waits for votes for three tenths of a second."""

    __slots__ = ()

    def is_not_elected(self, master: Master, now: int, timing: Timing) -> bool:
        """Almost at once."""
        return now - master.failover_start_time > 300


class NobodyIsGood(SelectionRules):
    """A replica whose master is down has no link to it, and is ruled out."""

    __slots__ = ()

    def link_down_limit_ms(self, master: Master, now: int) -> int:
        """Not a moment."""
        return -1


class PromotionNotSeen(FailoverRules):
    """A leader does not see that the replica has become a master."""

    __slots__ = ()

    def is_promotion(self, master: Master, replica: Replica, role: Role) -> bool:
        """Never."""
        return False


class NeverLooksCloser(MonitoringRules):
    """INFO is asked for every ten seconds, whatever is going on."""

    __slots__ = ()

    def info_period(self, master: Master, server: Server, timing: Timing) -> int:
        """The ordinary period."""
        return timing.info_period


class StraysAreTolerated(MonitoringRules):
    """A master that should be a replica is given three quarters of a minute."""

    __slots__ = ()

    def should_demote(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Five times as late."""
        rests = now - replica.role_reported_time > 20 * timing.publish_period
        return rests and super().should_demote(master, replica, now, timing)


class WaitsForTheStuck(FailoverRules):
    """A replica that does not follow is waited for until the end of the attempt."""

    __slots__ = ()

    def reconf_timed_out(self, replica: Replica, now: int, timing: Timing) -> bool:
        """Never."""
        return False


IDLENESS = (
    Mutant(
        Profile("never-agrees", monitoring=NeverObjectivelyDown()),
        "A master is never held to be objectively down, whatever the others say.",
        "A group in which nobody ever concludes anything is perfectly safe, and useless.",
        "agreement-is-reached",
        "gone",
    ),
    Mutant(
        Profile("never-asks", election=NeverAsks()),
        "Who sees its master down does not ask the others whether they see it too.",
        "Opinions are not sent about by themselves: who does not ask is told nothing, and stays "
        "alone with its suspicion.",
        "agreement-is-reached",
        "gone",
    ),
    Mutant(
        Profile("never-starts", election=NeverStarts()),
        "No failover is ever begun, although the master is objectively down.",
        "To see that something is wrong is not yet to do something about it. Watch for what does "
        "not happen, too.",
        "dead-master-is-replaced",
        "gone",
    ),
    Mutant(
        Profile("starts-late", election=StartsLate()),
        "The rest between two attempts is ten times failover-timeout, and not twice.",
        "The first attempt often fails, by a split vote or since no replica is good yet. How long "
        "clients go without a master is then the time until the second.",
        "attempts-begin",
        "gone",
    ),
    Mutant(
        Profile("never-votes", election=NeverVotesForOthers()),
        "A voter takes every epoch for one in which it has voted already.",
        "Not to vote twice is half of the promise. The other half is to vote: without votes there "
        "is no leader, and after a failed election everybody waits.",
        "free-votes-are-granted",
        "gone",
    ),
    Mutant(
        Profile("one-vote-too-many", election=OneMoreThanAMajority()),
        "A candidate needs one vote more than a majority.",
        "Two of three is a majority; three of three is not safer, and one dead Sentinel stops it "
        "for ever. Every vote too many is a failure less that is survived.",
        "enough-votes-elect",
        "gone",
    ),
    Mutant(
        Profile("unanimity", election=Unanimity()),
        "A candidate needs the votes of all Sentinels that it knows.",
        "The machine on which the master dies often has a Sentinel too. If the dead may object, "
        "nobody is ever elected when it matters.",
        "enough-votes-elect",
        "gone",
    ),
    Mutant(
        Profile("gives-up-soon", failover=GivesUpSoon()),
        "A candidate gives up when it is not elected within 0.3 s.",
        "Votes need a round trip and a write to a disk on the other side. Where that takes longer "
        "than the patience of a candidate nobody is elected, in attempt after attempt.",
        "nobody-gives-up-early",
        "lonely",
    ),
    Mutant(
        Profile("nobody-is-good", selection=NobodyIsGood()),
        "A replica is ruled out whose link to the master is down, for however short a time.",
        "When the master is dead, the link of every replica to it is down. A rule that guards "
        "against old data must leave those that had it a moment ago.",
        "promoted-is-the-right-replica",
        "gone",
    ),
    Mutant(
        Profile("promotion-not-seen", failover=PromotionNotSeen()),
        "A leader does not notice that the replica which it promotes has become a master.",
        "A command that was obeyed and an answer that was not read leave two masters, of which "
        "nobody is told: the replica is one already, and the attempt is given up.",
        "promotion-is-noticed",
        "gone",
    ),
    Mutant(
        Profile("never-looks-closer", monitoring=NeverLooksCloser()),
        "Replicas are asked for INFO every ten seconds, also while their master is down.",
        "How often one looks decides how soon one knows. Ten seconds are good enough on a quiet "
        "day, and are ten seconds without a master in a failover.",
        "promotion-is-noticed",
        "gone",
    ),
    Mutant(
        Profile("waits-for-the-stuck", failover=WaitsForTheStuck()),
        "A replica that was told whom to follow, and does not, is waited for without a limit.",
        "Only failover-timeout, three minutes by default, ends such a failover, and until then its "
        "leader goes on naming the old master in some of its events.",
        "stuck-replicas-are-passed-over",
        "stuck-replica",
    ),
    Mutant(
        Profile("strays-are-tolerated", monitoring=StraysAreTolerated()),
        "An old master that has come back is made a replica after forty seconds, and not after "
        "eight.",
        "What is written to an old master is lost, so that every second counts which it goes on as "
        "one. Eight are for the Sentinels, to hear of a newer configuration if there is one.",
        "strays-are-demoted",
        "returning",
    ),
)
"""The mutants that do too little, in the order of a failover."""
