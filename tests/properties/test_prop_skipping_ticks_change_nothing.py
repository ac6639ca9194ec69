"""A tick that skips whoever is not due does exactly what a tick that visits everybody does.

And a Sentinel that leaves whole ticks out does exactly what one does that leaves out none.
"""

from __future__ import annotations

from random import Random

import pytest

from minisentinel.core import MODERN, Profile, Sentinel, timer
from minisentinel.core.context import Context
from minisentinel.core.effects import Effect
from minisentinel.core.rules import MonitoringRules
from minisentinel.core.state import Instance, Master
from sim.world import Deployment, World


class Visiting(MonitoringRules):
    """The same rules under another name, which `minisentinel.core.due` does not know by heart."""

    __slots__ = ()


VISITING = Profile("visiting", monitoring=Visiting())
FAULTS = ("kill", "restart", "pause", "resume", "block", "partition", "heal", "step_clock", "wait")


def troubled_run(profile: Profile, seed: int) -> World:
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
    for sentinel in world.sentinels.values():
        sentinel.pause()  # which makes up for what was left out
    return world


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
    for one, other in zip(skipping.trace.entries, visiting.trace.entries, strict=False):
        assert one == other
    assert skipping.trace.digest() == visiting.trace.digest()
    for name, sentinel in skipping.sentinels.items():
        # Draws, times of the last tick and of everything else that is remembered included.
        assert sentinel.sentinel.state == visiting.sentinels[name].sentinel.state


def test_most_ticks_are_left_out_while_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: list[int] = []
    real = Sentinel.tick

    def tick(sentinel: Sentinel, now_ms: int) -> list[Effect]:
        ticks.append(now_ms)
        return real(sentinel, now_ms)

    monkeypatch.setattr(Sentinel, "tick", tick)
    counts = []
    for profile in (MODERN, VISITING):
        world = World(Deployment(clients=0), seed=1, profile=profile)
        world.run(20)
        ticks.clear()
        world.run(60)
        counts.append(len(ticks))
    assert counts[0] < counts[1] / 3


def test_around_a_dead_master_only_who_is_due_is_visited(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[Instance] = []
    real = timer._visit

    def visit(ctx: Context, master: Master, instance: Instance) -> None:
        if instance is not master:
            visits.append(instance)
        real(ctx, master, instance)

    monkeypatch.setattr(timer, "_visit", visit)
    counts = []
    for profile in (MODERN, VISITING):
        # A quorum that is never reached: the master stays down, and nobody fails over.
        world = World(Deployment(clients=0, quorum=4), seed=1, profile=profile)
        world.run(20)
        world.kill("redis-1")
        world.run(60)
        visits.clear()
        world.run(20)
        counts.append(len(visits))
    assert counts[0] < counts[1] / 3
