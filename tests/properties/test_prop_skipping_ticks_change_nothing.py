"""A tick that skips whoever is not due does exactly what a tick that visits everybody does."""

from __future__ import annotations

from random import Random

import pytest

from minisentinel.core import MODERN, Profile
from minisentinel.core.rules import MonitoringRules
from minisentinel.trace import Trace
from sim.world import Deployment, World


class Visiting(MonitoringRules):
    """The same rules under another name, which `minisentinel.core.due` does not know by heart."""

    __slots__ = ()


VISITING = Profile("visiting", monitoring=Visiting())
FAULTS = ("kill", "restart", "pause", "resume", "block", "partition", "heal", "step_clock", "wait")


def troubled_run(profile: Profile, seed: int) -> Trace:
    """A random deployment through random faults, and 30 s after all is mended."""
    random = Random(seed)
    deployment = Deployment(
        sentinels=random.randrange(1, 6),
        replicas=random.randrange(4),
        clients=1,
        down_after_milliseconds=random.choice([300, 900, 2000, 5000, 16_000]),
        failover_timeout=random.choice([3000, 10_000]),
        parallel_syncs=random.choice([1, 2]),
    )
    world = World(deployment, seed=seed, profile=profile)
    names = [*world.servers, *world.sentinels]
    world.run(8)
    for _ in range(random.randrange(2, 8)):
        inflict(world, random.choice(FAULTS), random.choice(names), random)
        world.run(random.choice([0.3, 1, 3, 10, 20]))
    world.heal()
    for name in names:
        world.resume(name)
        world.restart(name)
    world.run(30)
    return world.trace


def inflict(world: World, fault: str, name: str, random: Random) -> None:
    match fault:
        case "kill" | "restart" | "pause" | "resume":
            getattr(world, fault)(name)
        case "block":
            world.block(name, random.uniform(0.1, 4))
        case "partition":
            world.partition([name])
        case "heal":
            world.heal()
        case "step_clock":
            step_ms = random.choice([-3000, -500, 500, 1900, 2500])
            world.nodes[name].host.step_clock(step_ms * 1000)


def test_skipping_is_on_for_the_stock_rules_and_off_for_any_other() -> None:
    assert MODERN.times_by_the_book
    assert not VISITING.times_by_the_book


@pytest.mark.parametrize("seed", range(15))
def test_ticks_that_skip_give_the_same_trace_as_ticks_that_visit_all(seed: int) -> None:
    skipping, visiting = troubled_run(MODERN, seed), troubled_run(VISITING, seed)
    for one, other in zip(skipping.entries, visiting.entries, strict=False):
        assert one == other
    assert skipping.digest() == visiting.digest()
