"""Running and judging stories: what counts as a problem, and how a bad story is seen again."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from pathlib import Path

import pytest

from minisentinel.trace import Trace, read_trace
from sim.cli import main as command_line
from sim.invariants import INVARIANTS, ONE_LEADER_PER_EPOCH, Verdict, holds, is_broken
from sim.mutants import MUTANTS
from sim.scenarios import Expectation, Fault, run_scenario
from sim.search import Dice, Story, StoryFailed, any_story, check, election_story, judge, play, save

STORY = any_story(Dice(1))


def with_changes(story: Story, **changes: object) -> Story:
    scenario = dataclasses.replace(story.scenario, **changes)  # type: ignore[arg-type]
    return Story(scenario, story.seed)


def test_story_is_played_as_its_scenario_is_run() -> None:
    ran = run_scenario(STORY.scenario, seed=STORY.seed)
    assert play(STORY).digest() == ran.trace.digest()


def test_good_story_has_no_problems() -> None:
    outcome = judge(STORY)
    assert outcome.is_well
    assert check(STORY) == outcome.trace


def test_wrong_expectation_is_a_problem() -> None:
    story = with_changes(STORY, expectations=(Expectation("failovers-at-least", 100),))
    (problem,) = judge(story).problems
    assert problem.name == "failovers-at-least 100"


def test_world_that_does_not_come_to_rest_is_a_problem() -> None:
    paused = (Fault("pause", 15.0, node="redis-1"),)
    problems = judge(with_changes(STORY, faults=paused, limit=1.0)).problems
    assert "becomes-calm" in [problem.name for problem in problems]


def test_world_that_is_only_watched_need_not_come_to_rest() -> None:
    paused = (Fault("pause", 15.0, node="redis-1"),)
    story = with_changes(STORY, faults=paused, watch_for=5.0, expectations=())
    assert not story.comes_to_rest
    assert judge(story).is_well


def test_fault_that_waits_in_vain_is_a_problem() -> None:
    waiting = (Fault("kill", when="+tilt", node="redis-1"),)
    problems = judge(with_changes(STORY, faults=waiting, limit=1.0)).problems
    assert any("no Sentinel said +tilt" in problem.reason for problem in problems)


def claim_by_verdict(trace: Trace) -> Verdict:
    return is_broken("the sky fell")


def claim_by_word(trace: Trace) -> bool:
    return False


def claim_by_assertion(trace: Trace) -> None:
    raise AssertionError("the sky fell")


def good_claim(trace: Trace) -> Verdict:
    return holds("the sky stands")


@pytest.mark.parametrize("claim", [claim_by_verdict, claim_by_word, claim_by_assertion])
def test_claim_of_ones_own_may_be_refuted_in_three_ways(claim: object) -> None:
    (problem,) = judge(STORY, claim, good_claim).problems  # type: ignore[arg-type]
    assert problem.name == claim.__name__  # type: ignore[attr-defined]
    assert problem.reason in ("the sky fell", "it does not hold")


def test_invariant_may_be_a_claim() -> None:
    assert judge(STORY, ONE_LEADER_PER_EPOCH).is_well


def test_failure_tells_the_problem_the_seed_and_the_file() -> None:
    with pytest.raises(StoryFailed) as failure:
        check(STORY, claim_by_verdict)
    text = str(failure.value)
    assert "claim_by_verdict: the sky fell" in text
    assert f"with seed {STORY.seed}" in text
    assert str(STORY) in text


@pytest.mark.parametrize("mutant", [MUTANTS[0]], ids=lambda mutant: mutant.name)
def test_bad_story_of_a_mutant_is_found_out_by_name(mutant: object) -> None:
    profile = mutant.profile  # type: ignore[attr-defined]
    broken = {
        problem.name
        for number in range(12)
        for problem in judge(election_story(Dice(number)), profile=profile).problems
    }
    assert broken & {invariant.name for invariant in INVARIANTS}


def replayed(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line says to it."""
    program, *arguments = shlex.split(command)
    assert program == "minisentinel-sim"
    command_line(arguments)
    return capsys.readouterr().out


def test_saved_story_runs_again_with_the_same_digest_also_from_a_folder_with_an_odd_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = judge(STORY)
    folder = tmp_path / "it's a $story"
    command = save(outcome, folder, "bad")
    assert sorted(each.name for each in folder.iterdir()) == ["bad.png", "bad.toml"]
    assert f"digest {outcome.trace.digest()}" in replayed(command, capsys)


def test_story_of_other_rules_is_replayed_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = judge(with_changes(election_story(Dice(3)), profile="majority-ignored"))
    command = save(outcome, tmp_path, "bad")
    assert f"digest {outcome.trace.digest()}" in replayed(command, capsys)


def test_without_matplotlib_the_trace_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = judge(STORY)
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "sim.timeline", None)
        command = save(outcome, tmp_path / "new" / "folder", "bad")
    trace = read_trace(tmp_path / "new" / "folder" / "bad.jsonl")
    assert trace.digest() == outcome.trace.digest()
    assert f"digest {trace.digest()}" in replayed(command, capsys)
