"""The command that a failure prints shows the same failure: for every kind of promise."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import pytest

from minisentinel.core import MODERN
from minisentinel.trace import Trace
from sim.cli import main as command_line
from sim.invariants import INVARIANTS, ONE_MASTER_AT_THE_END, Kind, find_invariant
from sim.mutants import find_mutant
from sim.scenarios import Expectation, Fault, find_scenario, run_scenario
from sim.search import Dice, Outcome, Story, StoryFailed, any_story, check, judge, save
from sim.search.grounds import ground
from sim.search.profiles import SearchProfile
from sim.search.strategies import for_all_stories
from sim.world import Deployment

STORY = any_story(Dice(1))
FROZEN = (Fault("pause", 15.0, node="redis-1"),)


def with_changes(story: Story, **changes: object) -> Story:
    scenario = dataclasses.replace(story.scenario, **changes)  # type: ignore[arg-type]
    return Story(scenario, story.seed)


def caught(name: str) -> Outcome:
    """A story in which the mutant of that name breaks what it is said to break."""
    mutant = find_mutant(name)
    for number in range(20):
        outcome = judge(ground(mutant.hunt)(Dice(number)), profile=mutant.profile)
        if mutant.breaks in [problem.name for problem in outcome.problems]:
            return outcome
    raise AssertionError(f"{name} is not caught")


def replayed(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, set[str]]:
    """The status of the command, and the names of what it says has failed."""
    program, *arguments = shlex.split(command)
    assert program == "minisentinel-sim"
    capsys.readouterr()
    status = command_line(arguments)
    lines = capsys.readouterr().out.splitlines()
    failed = [line.removeprefix("FAILED ") for line in lines if line.startswith("FAILED ")]
    return status, {line.partition(": ")[0] for line in failed}


def shows_the_same(outcome: Outcome, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not any(problem.only_here for problem in outcome.problems)
    status, failed = replayed(save(outcome, folder, "bad"), capsys)
    assert status == 1
    assert failed == {problem.name for problem in outcome.problems}


@pytest.mark.parametrize(
    ("mutant", "kind"),
    [
        ("votes-again", Kind.SAFETY),
        ("epoch-not-learnt", Kind.LIVENESS),
        ("candidate-for-ever", Kind.LIVENESS),
        ("down-for-ever", Kind.LIVENESS),
        ("only-pong-is-life", Kind.CALM),
    ],
)
def test_broken_invariant_is_seen_again_with_the_rules_that_broke_it(
    mutant: str, kind: Kind, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = caught(mutant)
    assert find_invariant(find_mutant(mutant).breaks).kind is kind
    assert outcome.story.scenario.profile == mutant
    shows_the_same(outcome, tmp_path, capsys)


@pytest.mark.parametrize(
    ("name", "story"),
    [
        ("becomes-calm", with_changes(STORY, faults=FROZEN, limit=1.0)),
        (
            "failovers-at-least 100",
            with_changes(STORY, expectations=(Expectation("failovers-at-least", 100),)),
        ),
        (
            "fault 1 (kill redis-1)",
            with_changes(STORY, faults=(Fault("kill", when="+tilt", node="redis-1"),), limit=1.0),
        ),
    ],
)
def test_other_failure_is_seen_again(
    name: str, story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = judge(story)
    assert name in [problem.name for problem in outcome.problems]
    shows_the_same(outcome, tmp_path, capsys)


def test_good_story_is_good_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = judge(STORY)
    assert outcome.is_well
    assert replayed(save(outcome, tmp_path, "good"), capsys) == (0, set())


def test_invariant_that_is_claimed_goes_into_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = with_changes(STORY, faults=FROZEN, watch_for=90.0, expectations=(), invariants=())
    resumed = with_changes(watched, faults=(*FROZEN, Fault("resume", 16.0, node="redis-1")))
    outcome = judge(resumed, ONE_MASTER_AT_THE_END)
    assert outcome.is_well
    assert outcome.story.scenario.invariants == (ONE_MASTER_AT_THE_END.name,)
    assert replayed(save(outcome, tmp_path, "good"), capsys) == (0, set())


# What no file can hold


def nothing_happens(trace: Trace) -> None:
    assert len(trace.entries) < 10, "much happens"


def test_claim_of_ones_own_says_how_to_judge_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StoryFailed) as failure:
        check(STORY, nothing_happens)
    text = str(failure.value)
    assert "nothing_happens: much happens" in text
    assert "run_scenario(find_scenario(FILE), seed=N).trace" in text
    outcome = failure.value.outcome
    command = save(outcome, tmp_path, "bad")
    assert replayed(command, capsys) == (0, set())
    # What the text says.
    again = run_scenario(find_scenario(str(tmp_path / "bad.toml")), seed=outcome.story.seed).trace
    with pytest.raises(AssertionError, match="much happens"):
        nothing_happens(again)


def test_invariant_of_ones_own_says_the_same() -> None:
    known = INVARIANTS[0]
    own = dataclasses.replace(known, name="mine", watch=find_invariant("epochs-spread").watch)
    (problem,) = judge(with_changes(caught("epoch-not-learnt").story), own).problems[-1:]
    assert problem.name == "mine"
    assert "a scenario file cannot hold this claim" in problem.only_here


def test_rules_without_a_name_say_so() -> None:
    wrong = dataclasses.replace(find_mutant("votes-again").profile, name="nameless")
    story = with_changes(caught("votes-again").story, profile=MODERN.name)
    outcome = judge(story, profile=wrong)
    assert outcome.story.scenario.profile == MODERN.name
    assert outcome.problems
    assert all("cannot name these rules" in each.only_here for each in outcome.problems)


@pytest.mark.usefixtures("unshrunk")
def test_property_that_fails_prints_a_command_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = SearchProfile("few", 3, same=True)
    where = Deployment(sentinels=1, replicas=0, clients=0)

    @for_all_stories(where, profile=few, folder=tmp_path, expect={"failovers-at-least": 9})
    def always(trace: Trace) -> None:
        """What is expected fails, and not this."""

    with pytest.raises(AssertionError) as failure:
        always()
    command = str(failure.value).rpartition("run it again: ")[2]
    status, failed = replayed(command, capsys)
    assert (status, failed) == (1, {"failovers-at-least 9"})
