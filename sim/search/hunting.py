"""Hunting planted bugs: proof that the search, and the invariants, can catch one.

A mutant (`sim.mutants`) is looked for in the stories of its hunting ground, in the order of their
numbers, as many as the search profile in force has. It is caught when the invariant that it is said
to break is broken and nothing explains that; a crash catches nobody. In every story that was needed
the true protocol must keep *all* invariants: an alarm that rings for everybody proves nothing. A
story that catches is then made as small as can be (`sim.search.shrinking`), as long as it catches
by the same invariant and the true protocol is well in it too.

A ground is made by somebody who knows the bug. Whether chance alone finds it too is another
question: `by_chance` asks the first general stories of every soak.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from minisentinel.core import MODERN, Profile
from minisentinel.trace import Trace
from sim.invariants import (
    INVARIANTS,
    SAFETY,
    Invariant,
    Kind,
    broken_invariants,
    find_invariant,
)
from sim.mutants import Mutant
from sim.search.checking import play
from sim.search.choosing import Dice
from sim.search.deployments import names_of
from sim.search.grounds import ground
from sim.search.profiles import PROFILES, search_profile
from sim.search.shrinking import RUNS, simplest
from sim.search.soak import story_number
from sim.search.stories import Story

__all__ = ["CHANCES", "Catch", "FalseAlarm", "Hunter", "by_chance", "violation"]

CHANCES = PROFILES["ci"].stories
"""How many general stories `by_chance` tries."""

SHORT_S = 10.0
"""A mutant seldom comes to rest, and a claim about every moment need not wait until it does."""


LONG_RUNS = 24
"""How many stories are tried to make one smaller that is watched to its end, which takes long."""


class FalseAlarm(AssertionError):
    """The true protocol breaks an invariant in a story that is meant to catch a mutant."""


@dataclass(frozen=True, slots=True)
class Catch:
    """A mutant was caught in the `example`-th story of its ground, counted from 1.

    `reason` says what was wrong, `story` is that story or a smaller one.
    """

    mutant: Mutant
    example: int
    reason: str
    story: Story

    @property
    def length(self) -> int:
        """How many faults the story has, those that mend others included."""
        return len(self.story.scenario.faults)

    @property
    def nodes(self) -> int:
        """How many servers, Sentinels and clients the story begins with."""
        return sum(map(len, names_of(self.story.scenario.deployment)))


class Hunter:
    """Hunts mutants, and remembers in which stories the true protocol was well.

    `bound` is how many stories are tried for each (as many as the search profile in force has).
    `spare` says whether to leave the true protocol out, for a quick look.
    """

    def __init__(self, *, bound: int | None = None, spare: bool = False) -> None:
        self.bound = search_profile().stories if bound is None else bound
        self._spare = spare
        self._well: dict[tuple[str, int], bool] = {}

    @property
    def tried(self) -> int:
        """In how many stories the true protocol was well."""
        return len(self._well)

    def hunt(self, mutant: Mutant) -> Catch | None:
        """Look for a story that catches `mutant`; None if there is none up to the bound.

        Raises `FalseAlarm` for a story in which the true protocol is no better.
        """
        invariant = find_invariant(mutant.breaks)
        make = ground(mutant.hunt)
        for number in range(self.bound):
            story = make(Dice(number))
            why = violation(story, mutant.profile, invariant)
            self._must_be_well(mutant.hunt, number, story)
            if why:
                return Catch(mutant, number + 1, why, story)
        return None

    def _must_be_well(self, name: str, number: int, story: Story) -> None:
        if self._spare or (name, number) in self._well:
            return
        for judgement in broken_invariants(play(story, MODERN)):
            raise FalseAlarm(
                f"{name} story {number}, the true protocol: {judgement.invariant} {judgement}"
            )
        self._well[name, number] = True

    def shrink(self, catch: Catch, *, most_runs: int | None = None) -> Catch:
        """The same catch with a smaller story.

        `most_runs` is how many are tried at most (60, or 24 of those that must be watched to their
        end). In each story on the way the true protocol keeps all invariants; where one of safety
        is to be broken, all of safety, since nobody waits for the end of such a story.
        """
        invariant = find_invariant(catch.mutant.breaks)
        is_short = invariant.kind is Kind.SAFETY
        judged = SAFETY if is_short else INVARIANTS
        runs = RUNS if is_short else LONG_RUNS

        def catches(story: Story) -> bool:
            is_caught = bool(violation(story, catch.mutant.profile, invariant))
            return is_caught and not broken_invariants(_played(story, MODERN, invariant), judged)

        story = simplest(catch.story, catches, most_runs=runs if most_runs is None else most_runs)
        why = violation(story, catch.mutant.profile, invariant)
        return dataclasses.replace(catch, story=story, reason=why)


def by_chance(mutant: Mutant, *, chances: int = CHANCES) -> int | None:
    """The first story of a soak, counted from 0, in which the mutant is caught; None if in none.

    These are stories of every general kind, in which nothing is aimed at any bug; the true protocol
    is well in them, or the soak says so. A crash of the mutant catches nobody.
    """
    invariant = find_invariant(mutant.breaks)
    for number in range(chances):
        _, story = story_number(number)
        try:
            if violation(story, mutant.profile, invariant):
                return number
        except Exception:  # whatever a wrong rule runs into
            continue
    return None


def violation(story: Story, profile: Profile, invariant: Invariant) -> str:
    """How `invariant` is broken when Sentinels play by `profile`; empty if it is not."""
    found = broken_invariants(_played(story, profile, invariant), (invariant,))
    return found[0].unexplained[0].reason if found else ""


def _played(story: Story, profile: Profile, invariant: Invariant) -> Trace:
    """The trace of a story, as long as it has to be for `invariant`."""
    if invariant.kind is Kind.SAFETY:
        scenario = dataclasses.replace(story.scenario, limit=SHORT_S)
        story = dataclasses.replace(story, scenario=scenario)
    return play(story, profile)
