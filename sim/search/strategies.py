"""Stories for hypothesis, which shrinks what fails to few and simple faults.

Needs the extra ``search``: ``pip install 'minisentinel[search]'``. Nothing else here does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError as problem:
    raise ImportError(
        "sim.search.strategies needs hypothesis; install it with: "
        "pip install 'minisentinel[search]' (sim.search.Dice does without)"
    ) from problem

from sim.invariants import Invariant
from sim.scenarios import Expectation
from sim.search.checking import Claim, StoryFailed, check, save
from sim.search.profiles import SearchProfile, search_profile
from sim.search.stories import KINDS, Story, make_story, story_in
from sim.world.deployment import Deployment

__all__ = ["for_all_stories", "stories"]

T = TypeVar("T")
FOLDER = "out/search"


@dataclass
class _Hypothesis:
    """A chooser that lets hypothesis choose."""

    draw: st.DrawFn

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def choice(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))


@st.composite
def stories(
    draw: st.DrawFn,
    where: Deployment | None = None,
    *,
    kind: str = "",
    expect: Mapping[str, bool | int | str] | None = None,
) -> Story:
    """Random stories: in the deployment `where`, else of a `kind` (of `KINDS`), else of any.

    In a deployment that is given, `expect` says what each must lead to beside what must be true of
    every run, with the names and values of ``[expect]`` in scenario files. Raises ValueError for
    another kind.
    """
    choose = _Hypothesis(draw)
    if where is not None:
        return story_in(where, choose, [Expectation(*each) for each in (expect or {}).items()])
    if kind and kind not in KINDS:
        raise ValueError(f"kind={kind!r}: expected one of: {', '.join(KINDS)}")
    return KINDS[kind](choose) if kind else make_story(choose)


def for_all_stories(
    where: Deployment | None = None,
    *,
    kind: str = "",
    expect: Mapping[str, bool | int | str] | None = None,
    profile: SearchProfile | None = None,
    folder: str | Path = FOLDER,
) -> Callable[[Claim | Invariant], Callable[[], None]]:
    """Make a claim about a trace into a test, which searches for a run in which it fails.

    Stories are those of `stories`, as many as `profile` says (the one in force if none is given).
    Every run must also keep the invariants and come to rest. The simplest story that fails is
    written into `folder`, with its timeline, and the failure says how to run it again.
    """
    chosen = profile or search_profile()

    def decorate(claim: Claim | Invariant) -> Callable[[], None]:
        name = getattr(claim, "__name__", "story")

        @settings(
            max_examples=chosen.stories,
            derandomize=chosen.same,
            database=None if chosen.same else settings.default.database,  # type: ignore[union-attr]
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            report_multiple_bugs=False,
        )
        @given(story=stories(where, kind=kind, expect=expect))
        def search(story: Story) -> None:
            check(story, claim)

        def test() -> None:
            __tracebackhide__ = True
            try:
                search()
            except StoryFailed as failure:
                again = save(failure.outcome, folder, name)
                raise AssertionError(f"{failure}\nrun it again: {again}") from None

        test.__name__ = test.__qualname__ = name
        test.__doc__ = claim.__doc__
        test.__module__ = getattr(claim, "__module__", test.__module__)
        return test

    return decorate
