"""A guard that never has anything to refuse proves nothing: how often it has to, in fixed stories.

In stories of the general kinds that is rare: of 200, twelve had a guard and clients, in four of
these the network was odd at some time, so that part of the writes could not be judged, and in five
the guard had something to refuse. So there is a kind of story for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from minisentinel.core import MODERN
from sim.invariants import Truth, find_invariant
from sim.mutants import find_mutant
from sim.search import Dice, judge, play
from sim.search.grounds import ground

GUARD = find_invariant("guard-stops-writes")
STORIES = 8
COUNTS = re.compile(r"(\d+) writes, each with as many .*, and (\d+) refused since .*")

TESTED = 5
"""In so many of the stories the guard has to refuse something, at least: it is seven."""

CAUGHT = 2
"""In so many who does not look at the lag is found out, at least: it is three."""


def test_guard_is_judged_in_every_guarded_story_and_tested_in_most(
    show: Callable[[str, str], None],
) -> None:
    told = []
    tested = 0
    for number in range(STORIES):
        outcome = judge(ground("guarded")(Dice(number)))
        assert outcome.problems == ()
        verdict = GUARD.judge(outcome.trace)
        assert verdict.truth is Truth.TRUE
        found = COUNTS.fullmatch(verdict.reason)
        assert found is not None
        written, refused = map(int, found.groups())
        assert written + refused > 0
        tested += refused > 0
        told.append(f"story {number:2}: {written:4} writes judged, {refused:4} rightly refused")
    show("The guard in guarded stories", "\n".join(told))
    assert tested >= TESTED


def test_who_does_not_look_at_the_lag_is_found_out_in_many_of_them() -> None:
    mutant = find_mutant("lag-ignored")
    assert mutant.profile is not MODERN
    found = [
        GUARD.judge(play(ground("guarded")(Dice(number)), mutant.profile))
        for number in range(STORIES)
    ]
    assert sum(verdict.truth is Truth.FALSE for verdict in found) >= CAUGHT
