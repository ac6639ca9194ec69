"""Making a story smaller, as long as something remains true of it.

Hypothesis shrinks its own examples, since it knows the choices that they were made of. A story that
was made by dice is made smaller here, and comes to the same: few faults, few nodes, plain settings,
short times.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.search.simplifying import STEPS, Simplification, with_faults
from sim.search.stories import Story

__all__ = ["simplest", "smaller"]

RUNS = 60
"""How many stories are tried at most, if nobody says otherwise."""


class _Tries:
    """Asks whether a story will do, `most_runs` times at most and never twice of the same one."""

    def __init__(self, is_good: Callable[[Story], bool], most_runs: int) -> None:
        self._is_good = is_good
        self.left = most_runs
        self._asked: list[Story] = []

    def will_do(self, story: Story) -> bool:
        """Whether it will; if nobody may be asked any more, it will not."""
        if self.left <= 0 or story in self._asked:
            return False
        self.left -= 1
        self._asked.append(story)
        try:
            return self._is_good(story)
        except (
            Exception
        ):  # there is no such world, or something crashes in it, which proves nothing
            return False


def smaller(story: Story, is_good: Callable[[Story], bool], *, most_runs: int = RUNS) -> Story:
    """The story with as few faults as can be, of which `is_good` still holds.

    Halves are left out first, then quarters, and single faults at last, as long as that helps.
    """
    return _fewer_faults(story, _Tries(is_good, most_runs))


def simplest(story: Story, is_good: Callable[[Story], bool], *, most_runs: int = RUNS) -> Story:
    """The story with as little as can be of everything, of which `is_good` still holds.

    First faults are left out, then the rest is made simpler (`sim.search.simplifying`), and so
    again until nothing helps any more or `most_runs` stories have been tried. A story that cannot
    be played to its end is not good.
    """
    tries = _Tries(is_good, most_runs)
    while True:
        before = story
        story = _fewer_faults(story, tries)
        for step in STEPS:
            story = _simpler(story, step, tries)
        if story is before or tries.left <= 0:
            return story


def _fewer_faults(story: Story, tries: _Tries) -> Story:
    size = max(1, len(story.scenario.faults) // 2)
    while True:
        helped = False
        at = len(story.scenario.faults) - size
        while at >= 0:
            faults = story.scenario.faults
            fewer = with_faults(story, faults[:at] + faults[at + size :])
            if len(fewer.scenario.faults) < len(faults) and tries.will_do(fewer):
                story, helped = fewer, True
            at -= size
        if size > 1:
            size //= 2
        elif not helped:
            return story


def _simpler(story: Story, step: Simplification, tries: _Tries) -> Story:
    while True:
        found = next((each for each in step(story) if tries.will_do(each)), None)
        if found is None:
            return story
        story = found
