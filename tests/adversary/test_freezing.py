"""Freezing and thawing lose nothing that a rule could see."""

from __future__ import annotations

import pytest

from minisentinel.core import Sentinel, snapshot
from sim.adversary.freezing import freeze, thaw
from sim.adversary.moves import Move
from sim.adversary.plan import Plan
from sim.adversary.settling import begin, crisis, fair_round
from sim.adversary.world import Situation, World
from tests.support.facts import FakeFacts


@pytest.fixture(scope="module")
def story() -> tuple[World, list[Situation]]:
    """From the first start, over the death of the masters, to a new one."""
    world = World(Plan(masters=2, replicas=2, lucky=False, only_votes=False))
    situation = begin(world)
    seen = [situation]
    for _ in range(30):
        seen.append(situation := fair_round(world, situation).situation)
    seen.append(situation := crisis(world))
    for _ in range(20):
        seen.append(situation := fair_round(world, situation).situation)
    return world, seen


def test_thawed_state_freezes_to_the_same_value(story: tuple[World, list[Situation]]) -> None:
    world, seen = story
    minds = sorted({mind for situation in seen for mind in situation.minds})
    assert len(minds) > 100
    for mind in minds:
        frozen = world.minds[mind].memory
        assert freeze(thaw(frozen)) == frozen
        assert snapshot(thaw(frozen)) == snapshot(thaw(frozen))


def test_thawed_sentinel_goes_on_as_the_one_that_was_frozen(
    story: tuple[World, list[Situation]],
) -> None:
    world, seen = story
    for mind in seen[-1].minds:
        now_ms = world.minds[mind].now_ms
        one = Sentinel(thaw(world.minds[mind].memory), facts=FakeFacts())
        for step in range(1, 30):
            other = Sentinel(thaw(freeze(one.state)), facts=FakeFacts())
            for sentinel in (one, other):
                sentinel.context.skips = False
            at = now_ms + step * 100
            assert one.tick(at) == other.tick(at)
            assert one.state == other.state


def test_links_that_are_shared_stay_shared(story: tuple[World, list[Situation]]) -> None:
    world, seen = story
    state = thaw(world.minds[seen[-1].minds[0]].memory)
    alpha, beta = (state.masters[name].peers for name in ("alpha", "beta"))
    for runid in alpha:
        assert alpha[runid].link is beta[runid].link
        assert len(alpha[runid].link.users) == 2


def test_situations_share_what_a_move_did_not_touch() -> None:
    world = World(Plan())
    before = crisis(world)
    after = world.apply(before, Move("tick", "s1")).situation
    assert after.minds[0] != before.minds[0]
    assert after.minds[1:] == before.minds[1:]
    assert after.servers == before.servers
