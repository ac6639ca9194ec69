"""Whether chance alone finds a planted bug, and how the hunt tells of it."""

from __future__ import annotations

import dataclasses

import pytest

from minisentinel.core import MODERN
from sim.invariants import find_invariant
from sim.mutants import find_mutant
from sim.search import PROFILES
from sim.search.hunting import CHANCES, Hunter, by_chance, violation
from sim.search.mutants import main, page_of, report_on, told_on
from sim.search.soak import story_number

EASY = "quorum-ignored"


def test_bound_is_that_of_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, profile in PROFILES.items():
        monkeypatch.setenv("HYPOTHESIS_PROFILE", name)
        assert Hunter().bound == profile.stories
    assert Hunter(bound=3).bound == 3
    assert PROFILES["ci"].stories == CHANCES


def test_chance_finds_what_is_easy_in_a_story_of_a_soak() -> None:
    mutant = find_mutant(EASY)
    number = by_chance(mutant)
    assert number is not None
    _, story = story_number(number)
    assert violation(story, mutant.profile, find_invariant(mutant.breaks))
    assert by_chance(mutant, chances=number) is None


def test_true_protocol_is_not_found_by_chance() -> None:
    honest = dataclasses.replace(find_mutant(EASY), profile=MODERN)
    assert by_chance(honest, chances=3) is None


def test_mutant_that_crashes_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> str:
        raise RuntimeError("a wrong rule")

    monkeypatch.setattr("sim.search.hunting.violation", crash)
    assert by_chance(find_mutant(EASY), chances=2) is None


@pytest.mark.real_io
def test_page_and_table_tell_whether_chance_finds_it() -> None:
    found = report_on(EASY)
    missed = dataclasses.replace(found, chance=None, tried=7)
    untried = dataclasses.replace(found, chance=None, tried=0)
    told = [told_on(page_of([each]))[EASY].splitlines()[-1] for each in (found, missed, untried)]
    assert told[0].endswith(f"Chance alone finds it too, in general story {found.chance}.")
    assert told[1].endswith("Chance alone did not find it in 7 general stories.")
    assert told[2].endswith(".")
    assert "hance" not in told[2]


@pytest.mark.real_io
def test_table_ends_with_what_chance_does_not_find(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([EASY, "--jobs", "1", "--chances", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "by chance" in lines[0]
    assert any("of them in 1 general stories" in line for line in lines)
    assert any(line.startswith("and does not find: ") for line in lines)
