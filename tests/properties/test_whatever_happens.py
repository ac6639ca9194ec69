"""Random deployments under random faults: what must always hold, and what must sometimes happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from minisentinel.trace import SentinelEvent, Trace, VoteRefused
from sim.judge import account_for_writes, find_attempts
from sim.scenarios import read_scenario
from tests.properties import checking
from tests.properties.checking import assert_all_well, problems, run
from tests.properties.strategies import (
    Chooser,
    Dice,
    Story,
    any_story,
    election_story,
    stories,
    toml,
)

# A deep run takes its number of examples from its profile, the usual ones must be quick.
EXAMPLES = settings.default.max_examples if settings.default else 100
EXAMPLES = 60 if EXAMPLES == 100 else EXAMPLES


@given(story=stories())
@settings(max_examples=EXAMPLES)
def test_no_promise_is_broken_and_all_is_well_in_the_end(story: Story) -> None:
    """Safety under faults; liveness after them.

    Safety, at every moment: one leader per epoch, one vote per Sentinel and epoch, epochs never go
    back; restarts included.

    Liveness: suppose that every Sentinel knew all servers and Sentinels before the first fault, and
    that in the end all processes run, none is frozen, and the network is whole. Then within 240 s
    plus down-after plus three times failover-timeout everything is calm: all Sentinels name the
    same master and see nobody down, it is one, all other servers follow it, and their links are up.
    This holds for every quorum, also for one that is never reached: then no failover begins, and
    the old master's return is the remedy.

    Excused is what `peculiarities` explains, and nothing else.
    """
    assert_all_well(story)


STORIES: tuple[tuple[Callable[[Chooser], Story], int], ...] = (
    (any_story, 40),
    (election_story, 25),
)


def happenings(trace: Trace) -> set[str]:
    """The interesting things that happened in a run."""
    found = {entry.kind for entry in trace.entries}
    found |= {e.data.name for e in trace.entries if isinstance(e.data, SentinelEvent)}
    found |= {f"refused: {e.data.reason}" for e in trace.entries if isinstance(e.data, VoteRefused)}
    found |= {f"attempt {attempt.outcome}" for attempt in find_attempts(trace)}
    elected = Counter(e.node for e in trace.entries if _is(e.data, "+elected-leader"))
    if len(elected) > 1:
        found.add("several leaders, one after the other")
    if account_for_writes(trace).lost:
        found.add("an acknowledged write is lost")
    return found


def _is(data: object, event: str) -> bool:
    return isinstance(data, SentinelEvent) and data.name == event


FLOORS = {
    "+switch-master": 25,
    "attempt completed": 25,
    "attempt superseded": 5,
    "attempt crashed": 4,
    "attempt not-elected": 4,
    "attempt no-good-slave": 7,
    "+failover-end-for-timeout": 3,
    "several leaders, one after the other": 4,
    "refused: already-voted": 6,
    "refused: old-epoch": 2,
    "+tilt": 6,
    "+reboot": 8,
    "+convert-to-slave": 20,
    "+fix-slave-config": 3,
    "full-sync-loaded": 30,
    "partial-sync": 15,
    "data-lost": 1,
    "an acknowledged write is lost": 1,
}
"""In how many of the fixed stories something must happen: about half of what does."""


def test_interesting_things_happen_in_fixed_stories_that_keep_every_promise() -> None:
    """Without them it would prove little that nothing breaks."""
    traces = [run(kind(Dice(seed))) for kind, count in STORIES for seed in range(count)]
    assert [found for trace in traces if (found := problems(trace))] == []
    seen = Counter(happening for trace in traces for happening in happenings(trace))
    assert {name: seen[name] for name, floor in FLOORS.items() if seen[name] < floor} == {}


@pytest.mark.parametrize("seed", range(20))
def test_story_written_to_a_file_is_the_same_story(seed: int) -> None:
    story = (any_story, election_story)[seed % 2](Dice(seed))
    again = read_scenario(toml(story.scenario), name="story", path="story.toml")
    assert again == story.scenario


def test_failing_story_says_how_to_run_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "problems", lambda trace: ["the sky fell"])
    story = any_story(Dice(1))
    with pytest.raises(AssertionError) as failure:
        assert_all_well(story)
    text = str(failure.value)
    assert "the sky fell" in text
    (command,) = [line for line in text.splitlines() if "minisentinel-sim run" in line]
    path, seed = command.split()[5], command.split()[7]
    assert seed == str(story.seed)
    with open(path, encoding="utf-8") as file:
        assert read_scenario(file.read(), name="story", path=path) == story.scenario
