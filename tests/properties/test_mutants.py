"""The search finds planted bugs, each by the invariant that it is said to break."""

from __future__ import annotations

import pytest

from minisentinel.core import MODERN, Profile
from minisentinel.core.profile import Profile as ProfileOfCore
from sim.mutants import MUTANTS, Mutant, find_mutant
from tests.properties.checking import broken_invariants, run
from tests.properties.strategies import Dice, election_story

BOUND = 25
"""How many stories are tried. Today the slowest to be found takes 17."""


def search(mutant: Mutant, profile: Profile) -> int | None:
    """The number of the first story in which `profile` breaks the mutant's invariant."""
    for seed in range(BOUND):
        if mutant.breaks.name in broken_invariants(run(election_story(Dice(seed)), profile)):
            return seed
    return None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_found_out_by_its_invariant(mutant: Mutant) -> None:
    assert search(mutant, mutant.profile) is not None


def test_the_true_protocol_survives_the_same_search() -> None:
    for seed in range(BOUND):
        assert broken_invariants(run(election_story(Dice(seed)), MODERN)) == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_differs_from_the_true_protocol_in_one_rule(mutant: Mutant) -> None:
    parts = [each for each in ProfileOfCore.__slots__ if each != "name"]
    changed = [
        part
        for part in parts
        if type(getattr(mutant.profile, part)) is not type(getattr(MODERN, part))
    ]
    assert len(changed) == 1
    wrong = type(getattr(mutant.profile, changed[0]))
    rules = [name for name in vars(wrong) if not name.startswith("__")]
    assert len(rules) == 1
    assert hasattr(wrong.__base__, rules[0])


def test_mutants_explain_themselves() -> None:
    for mutant in MUTANTS:
        assert find_mutant(mutant.name) is mutant
        assert mutant.sentence.endswith(".")
        assert mutant.lesson.endswith(".")
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_unknown_mutant_is_an_error_that_names_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="'nonsense'; expected one of: majority-ignored, "):
        find_mutant("nonsense")
