"""What every planted bug has: one wrong rule, an explanation, and a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minisentinel.core import MODERN, Profile
from sim.invariants import find_invariant
from sim.mutants import FAMILIES, MUTANTS, Mutant, find_mutant
from sim.redis.replication.replicas import Replicas
from sim.search.grounds import GROUNDS
from sim.search.mutants import page, told_on
from sim.sentinels.machine import MachineProfile
from sim.world.profile import ServerProfile

PARTS = [each for each in Profile.__slots__ if each != "name"]
PAGE = Path(__file__).parents[2] / "docs" / "mutants.md"
STORY = re.compile(r"\n\nThe shortest story \(.*?\n\nThen: [^\n]*", re.DOTALL)

each_mutant = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


def rules_of(wrong: type) -> list[str]:
    """What a class says itself."""
    return [name for name in vars(wrong) if not name.startswith("__")]


def test_there_are_thirty_and_more() -> None:
    assert len(MUTANTS) >= 30


@each_mutant
def test_mutant_differs_from_the_true_protocol_in_one_rule(mutant: Mutant) -> None:
    changed = [
        part
        for part in PARTS
        if type(getattr(mutant.profile, part)) is not type(getattr(MODERN, part))
    ]
    if isinstance(mutant.profile, MachineProfile):
        assert changed == []
        assert mutant.name == "saved-after-sent"  # when to save is no rule of a part
        return
    if isinstance(mutant.profile, ServerProfile):
        assert changed == []
        assert rules_of(mutant.profile.server) == ["replicas_type"]
        right, wrong = Replicas, mutant.profile.server.replicas_type
    else:
        assert len(changed) == 1
        right, wrong = (type(getattr(each, changed[0])) for each in (MODERN, mutant.profile))
    (rule,) = rules_of(wrong)
    assert hasattr(right, rule)


@each_mutant
def test_mutant_explains_itself(mutant: Mutant) -> None:
    assert find_mutant(mutant.name) is mutant
    for text in (mutant.sentence, mutant.lesson, mutant.public_bug or "."):
        assert text.endswith(".")
    assert find_invariant(mutant.breaks).name == mutant.breaks
    assert mutant.hunt in GROUNDS


def test_names_and_wrong_rules_are_all_different() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    wrong = [
        type(rules)
        for mutant in MUTANTS
        for part in PARTS
        if type(rules := getattr(mutant.profile, part)) is not type(getattr(MODERN, part))
    ]
    assert len(set(wrong)) == len(wrong)
    assert sum(len(family) for _, family in FAMILIES) == len(MUTANTS)


def test_unknown_mutant_is_an_error_that_names_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"'nonsense'; expected one of: .*majority-ignored, "):
        find_mutant("nonsense")


def test_the_page_says_what_the_catalogue_says() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert STORY.sub("", written) == page({})


def test_the_page_tells_a_story_of_every_mutant() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert len(STORY.findall(written)) == len(MUTANTS)


def test_stories_that_are_not_told_anew_are_kept() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert page(told_on(written)) == written
