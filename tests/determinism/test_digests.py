"""Same seed, same digest: whatever ran before, whoever watches, whatever else there is.

With other Pythons and other hashes: `test_every_python`. The digests of the shipped scenarios:
`tests.scenarios.test_shipped`.
"""

from __future__ import annotations

import functools

import pytest

from sim.scenarios import find_scenario, run_scenario
from sim.search import KINDS, Dice, play
from sim.world import Deployment, World
from tests.determinism.digests import digests
from tests.determinism.real_io import no_real_io

SEEDS = (1, 2, 3)


@functools.cache
def digests_here() -> list[str]:
    return digests(SEEDS)


def test_seeds_give_different_runs() -> None:
    assert len(set(digests_here())) == len(SEEDS)


def test_order_of_runs_in_a_process_does_not_matter() -> None:
    assert digests(SEEDS[::-1]) == digests_here()[::-1]


@pytest.mark.parametrize("kind", KINDS)
def test_random_stories_give_the_same_trace_twice_and_touch_nothing(kind: str) -> None:
    """They use every verb of the world, and most of what a deployment can have."""
    stories = [KINDS[kind](Dice(number)) for number in range(4)]
    with no_real_io():
        first = [play(story).digest() for story in stories]
    assert [play(story).digest() for story in reversed(stories)] == first[::-1]


def test_two_worlds_side_by_side_do_not_disturb_each_other() -> None:
    alone = World(Deployment(), seed=7)
    alone.run(8.0)
    one, other = World(Deployment(), seed=7), World(Deployment(sentinels=5), seed=8)
    for _ in range(80):
        one.run(0.1)
        other.run(0.1)
    assert one.trace.digest() == alone.trace.digest()


@pytest.mark.parametrize("duration", [None, 17.3])
def test_somebody_who_watches_changes_nothing(duration: float | None) -> None:
    seen: list[float] = []
    scenario = find_scenario("kill-master")
    watched = run_scenario(scenario, seed=3, duration=duration, progress=seen.append)
    alone = run_scenario(scenario, seed=3, duration=duration)
    assert watched.trace.digest() == alone.trace.digest()
    assert len(seen) > 10
    assert seen == sorted(seen)


def test_header_is_not_part_of_the_digest() -> None:
    scenario = find_scenario("kill-master")
    one = run_scenario(scenario, seed=3, duration=1.0)
    other = run_scenario(scenario, seed=3, duration=1.0, settings={"conf": "sentinel.conf"})
    assert one.trace.header != other.trace.header
    assert one.trace.digest() == other.trace.digest()


def test_another_node_does_not_shift_the_draws_of_those_that_are_there() -> None:
    """One named stream per component: identities, disks and timers of the others stay the same."""

    def ids(deployment: Deployment) -> list[str]:
        world = World(deployment, seed=5)
        return [place.myid for place in world.plan.sentinels]

    three, five = ids(Deployment()), ids(Deployment(sentinels=5, replicas=4, clients=0))
    assert five[:3] == three
