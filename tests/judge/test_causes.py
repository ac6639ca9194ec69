"""What took a master down, and who in the end replaced it."""

from __future__ import annotations

from sim.judge import find_failovers
from tests.judge.stories import Pen, deployment


def attempt(pen: Pen, at: float, leader: str, epoch: int, *, finishes: bool = True) -> None:
    """`leader` makes redis-2 the master in place of redis-1."""
    pen.epoch(at, leader, epoch)
    pen.event(at, leader, "+try-failover", "master:redis-1")
    pen.event(at + 50, leader, "+elected-leader", "master:redis-1")
    pen.event(at + 100, leader, "+selected-slave", "slave:redis-2")
    pen.event(at + 150, leader, "+failover-state-wait-promotion", "slave:redis-2")
    pen.event(at + 900, leader, "+promoted-slave", "slave:redis-2")
    if finishes:
        pen.event(at + 1000, leader, "+failover-end", "master:redis-1")
        pen.switch(at + 1000, leader, "redis-1", "redis-2")


def held_down(pen: Pen, at: float) -> None:
    for sentinel in ("sentinel-1", "sentinel-2"):
        pen.event(at, sentinel, "+sdown", "master:redis-1")
        pen.event(at + 10, sentinel, "+odown", "master:redis-1")


def test_the_winner_is_who_finished_if_the_first_leader_died_after_the_promotion() -> None:
    pen = deployment()
    pen.fault(1000, "redis-1", "kill", "killed")
    held_down(pen, 6000)
    attempt(pen, 6100, "sentinel-1", 1, finishes=False)
    pen.fault(7001, "sentinel-1", "kill", "killed")
    attempt(pen, 27_000, "sentinel-2", 2)
    (failover,) = find_failovers(pen.trace())
    assert failover.completed
    assert failover.winner is not None
    assert failover.winner.sentinel == "sentinel-2"


def test_a_cut_explains_a_silent_master_but_not_long_after_it_was_healed() -> None:
    for healed, cause_us in ((None, 1_000_000), (5000, 1_000_000), (3000, None)):
        pen = deployment()
        pen.fault(1000, "network", "partition", detail="redis-1 | the rest")
        if healed is not None:
            pen.fault(healed, "network", "heal")
        held_down(pen, 6000)
        attempt(pen, 6100, "sentinel-1", 1)
        (failover,) = find_failovers(pen.trace())
        assert failover.cause_us == cause_us
