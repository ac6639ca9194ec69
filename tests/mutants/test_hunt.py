"""The search finds every planted bug, each by the invariant that it is said to break.

As many stories are tried for each as the search profile has; most are found in the first ones. Who
is not found in them survives, and the test fails. In the same stories the true protocol must keep
every invariant. A crash of a mutant is no catch: it fails its test.
"""

from __future__ import annotations

import dataclasses

import pytest

from minisentinel.core import MODERN, Profile
from sim.invariants import broken_invariants, find_invariant
from sim.mutants import MUTANTS, Mutant, find_mutant
from sim.scenarios import Fault
from sim.search import Dice, any_story, play
from sim.search.grounds import GROUNDS, ground
from sim.search.hunting import Catch, FalseAlarm, Hunter, violation
from sim.search.shrinking import smaller
from sim.search.simplifying import with_faults

HUNTER = Hunter()
"""One for all tests of a process: the true protocol is tried once in each story."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_found_out_by_its_invariant(mutant: Mutant) -> None:
    catch = HUNTER.hunt(mutant)
    assert catch is not None
    assert catch.reason


@pytest.mark.parametrize("name", sorted(GROUNDS))
def test_stories_of_a_ground_are_the_same_every_time_and_differ(name: str) -> None:
    make = ground(name)
    assert [make(Dice(seed)) for seed in range(5)] == [make(Dice(seed)) for seed in range(5)]
    assert len({str(make(Dice(seed))) for seed in range(5)}) > 1


def test_unknown_ground_is_an_error_that_names_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"'nowhere'; expected one of: any, .*stray"):
        ground("nowhere")


def test_every_ground_is_hunted_in() -> None:
    general = {"any", "election", "wild"}
    assert set(GROUNDS) - general <= {mutant.hunt for mutant in MUTANTS}


def test_true_protocol_is_not_caught() -> None:
    honest = Mutant(Profile("honest"), "Nothing is wrong.", "None.", "one-vote-per-epoch", "lonely")
    assert Hunter(bound=2).hunt(honest) is None


def test_story_in_which_the_true_protocol_is_no_better_is_a_false_alarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant = find_mutant("no-desynchronisation")
    found = play(ground(mutant.hunt)(Dice(0)), mutant.profile)
    broken = broken_invariants(found, (find_invariant(mutant.breaks),))
    monkeypatch.setattr("sim.search.hunting.broken_invariants", lambda *_: broken)
    with pytest.raises(FalseAlarm, match="lonely story 0, the true protocol"):
        Hunter(bound=1).hunt(mutant)


def test_shrunk_story_has_fewer_faults_and_still_tells_the_two_apart() -> None:
    mutant = find_mutant("no-desynchronisation")
    invariant = find_invariant(mutant.breaks)
    catch = HUNTER.hunt(mutant)
    assert catch is not None
    story = catch.story
    noise = [Fault("heal", at=2.0), Fault("resume", at=3.0, node="redis-2"), Fault("heal", at=4.0)]
    longer = with_faults(story, [*noise, *story.scenario.faults])
    shrunk = HUNTER.shrink(dataclasses.replace(catch, story=longer))
    assert shrunk.length <= catch.length
    assert not set(noise) & set(shrunk.story.scenario.faults)
    assert violation(shrunk.story, mutant.profile, invariant)
    assert not violation(shrunk.story, MODERN, invariant)


def test_smaller_leaves_out_all_that_is_not_needed() -> None:
    story = any_story(Dice(1))
    faults = [Fault("heal", at=float(number)) for number in range(9)]
    needed = {faults[2], faults[7]}
    found = smaller(with_faults(story, faults), lambda s: needed <= set(s.scenario.faults))
    assert set(found.scenario.faults) == needed


def test_length_of_a_catch_counts_all_faults() -> None:
    story = any_story(Dice(0))
    catch = Catch(MUTANTS[0], 1, "why", story)
    assert catch.length == len(story.scenario.faults)
