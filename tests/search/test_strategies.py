"""Stories for hypothesis: they shrink, and a property of one's own takes ten lines."""

from __future__ import annotations

import builtins
import importlib
import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, find, given, settings

from minisentinel.trace import Trace
from sim.scenarios import read_scenario
from sim.search import KINDS, PROFILES, SearchProfile, Story, search_profile
from sim.search.strategies import for_all_stories, stories
from sim.world import Deployment

ROOT = Path(__file__).resolve().parents[2]
FEW = SearchProfile("few", 5, same=True)
LOOK = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=2000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("verb", ["partition", "lose"])
def test_story_shrinks_to_a_single_fault_beside_the_first_and_the_mending(verb: str) -> None:
    story = find(
        stories(kind="wild"),
        lambda found: verb in [fault.do for fault in found.scenario.faults],
        settings=LOOK,
    )
    mending = ("heal", "restart", "power_on", "reuse_address")
    deeds = [fault.do for fault in story.scenario.faults if fault.do not in mending]
    assert deeds == ["kill", verb]
    where = story.scenario.deployment
    assert where.sentinels <= 4
    assert where.masters == 1


def test_kinds_of_stories_are_called_by_name() -> None:
    assert isinstance(find(stories(kind="election"), lambda story: True, settings=LOOK), Story)
    with pytest.raises(ValueError, match=f"kind='nice': expected one of: {', '.join(KINDS)}"):
        find(stories(kind="nice"), lambda story: True, settings=LOOK)


@given(story=stories(Deployment(sentinels=5), expect={"failovers-at-least": 1}))
@settings(max_examples=5, deadline=None)
def test_story_in_a_deployment_of_ones_own(story: Story) -> None:
    assert story.scenario.deployment.sentinels == 5
    assert "failovers-at-least 1" in map(str, story.scenario.expectations)


def test_property_that_fails_says_how_to_see_it(tmp_path: Path) -> None:
    @for_all_stories(Deployment(sentinels=1, replicas=0, clients=0), profile=FEW, folder=tmp_path)
    def nothing_is_ever_down(trace: Trace) -> None:
        """The old master is."""
        down = [entry for entry in trace.entries if entry.kind == "subjectively-down"]
        assert not down, "somebody is down"

    assert nothing_is_ever_down.__name__ == "nothing_is_ever_down"
    assert nothing_is_ever_down.__doc__ == "The old master is."
    with pytest.raises(AssertionError) as failure:
        nothing_is_ever_down()
    text = str(failure.value)
    assert "nothing_is_ever_down: somebody is down" in text
    path = tmp_path / "nothing_is_ever_down.toml"
    assert f"run it again: minisentinel-sim run {path} --seed" in text
    assert path.with_suffix(".png").exists()
    again = read_scenario(path.read_text(encoding="utf-8"), name="again", path=str(path))
    # The simplest one: the first fault, and what mends it.
    assert len(again.faults) == 2


def test_property_that_holds_is_quiet() -> None:
    seen: list[int] = []

    @for_all_stories(Deployment(clients=0), profile=FEW)
    def something_happens(trace: Trace) -> bool:
        seen.append(len(trace.entries))
        return bool(trace.entries)

    something_happens()
    assert len(seen) == FEW.stories


def test_profiles_are_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("HYPOTHESIS_PROFILE", raising=False)
    assert search_profile().name == "dev"
    monkeypatch.setenv("CI", "true")
    assert search_profile().name == "ci"
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "soak")
    assert search_profile().name == "soak"
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "unheard-of")
    assert search_profile() is PROFILES["dev"]
    assert PROFILES["ci"].same
    assert not PROFILES["soak"].same


def test_without_hypothesis_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments: object, **keywords: object) -> object:
        if name.partition(".")[0] == "hypothesis":
            raise ImportError(name)
        return real(name, *arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "sim.search.strategies")
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=re.escape("pip install 'minisentinel[search]'")):
        importlib.import_module("sim.search.strategies")


def test_only_the_strategies_import_hypothesis() -> None:
    importers = [
        path.name
        for path in (ROOT / "sim").rglob("*.py")
        if re.search(r"^\s*(from|import) hypothesis", path.read_text(encoding="utf-8"), re.M)
    ]
    assert importers == ["strategies.py"]
