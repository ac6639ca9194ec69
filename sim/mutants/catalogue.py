"""The catalogue of planted bugs: the wrong rule, the lesson, and the promise that it breaks."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.core import Profile
from sim.judge import (
    ONE_LEADER_PER_EPOCH,
    ONE_MASTER_AT_THE_END,
    ONE_VOTE_PER_EPOCH,
    Invariant,
)
from sim.mutants.rules import (
    EpochNotCompared,
    MajorityIgnored,
    OldMasterNotDemoted,
    OldNewsBelieved,
    VoteNotSaved,
)

__all__ = ["MUTANTS", "Mutant", "find_mutant"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug.

    `sentence` says what is wrong, `lesson` what the right rule is good for, and `breaks` is the
    invariant by which a search finds it out.
    """

    profile: Profile
    sentence: str
    lesson: str
    breaks: Invariant

    @property
    def name(self) -> str:
        """The name of its profile."""
        return self.profile.name


MUTANTS = (
    Mutant(
        Profile("majority-ignored", election=MajorityIgnored()),
        "A candidate leads as soon as it has as many votes as the quorum.",
        "The quorum says how many must see the master down; only a majority of all Sentinels "
        "makes sure that two groups cannot both elect somebody.",
        ONE_LEADER_PER_EPOCH,
    ),
    Mutant(
        Profile("vote-not-saved", election=VoteNotSaved()),
        "A vote is answered without being written to the configuration file first.",
        "A vote is a promise, and a promise must survive a crash: a Sentinel that forgets its "
        "vote gives it again, to somebody else.",
        ONE_VOTE_PER_EPOCH,
    ),
    Mutant(
        Profile("epoch-not-compared", election=EpochNotCompared()),
        "A voter does not compare the epoch asked for with that of its last vote.",
        "The epoch is what makes votes countable: without the comparison every request is "
        "granted, and every candidate may win.",
        ONE_VOTE_PER_EPOCH,
    ),
    Mutant(
        Profile("old-master-not-demoted", monitoring=OldMasterNotDemoted()),
        "A failed master that comes back is left to be a master.",
        "The one who returns cannot know what it has missed; somebody must tell it, or clients "
        "that still know its address write to it, and lose what they write.",
        ONE_MASTER_AT_THE_END,
    ),
    Mutant(
        Profile("old-news-believed", hello=OldNewsBelieved()),
        "The configuration in a hello is adopted when it differs, even if it is older.",
        "Sentinels agree by believing the higher epoch; who believes any epoch lets one Sentinel "
        "that slept through a failover talk the others back.",
        ONE_MASTER_AT_THE_END,
    ),
)
"""Every mutant, the simplest lesson first."""


def find_mutant(name: str) -> Mutant:
    """The mutant of that name; raises ValueError, which names those that there are."""
    for mutant in MUTANTS:
        if mutant.name == name:
            return mutant
    known = ", ".join(mutant.name for mutant in MUTANTS)
    raise ValueError(f"no mutant is called {name!r}; expected one of: {known}")
