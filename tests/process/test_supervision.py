"""Supervisors: they start what has died, after a while, and know when to give up."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from sim.network import Constant
from sim.supervision import Supervisor
from tests.network.worlds import MS, SECOND, Program, World

DELAY = 100 * MS


def supervised(
    *,
    limit: int | None = None,
    failures_only: bool = False,
    kind: type[Program] = Program,
    start: Callable[[], object] | None = None,
) -> tuple[World, Program, Supervisor]:
    world = World()
    program = world.program("a", kind=kind)
    supervisor = Supervisor(
        program, Constant(DELAY), Random(1), limit=limit, failures_only=failures_only, start=start
    )
    world.run(SECOND)
    return world, program, supervisor


def test_a_killed_process_is_started_again_after_exactly_the_delay() -> None:
    world, program, supervisor = supervised()
    program.kill()
    world.run(DELAY - 1)
    assert (program.state, supervisor.is_waiting) == ("down", True)
    world.run(1)
    assert (program.state, supervisor.starts) == ("running", 1)


def test_it_starts_the_process_after_every_death() -> None:
    world, program, supervisor = supervised()
    for _ in range(20):
        program.kill()
        world.run(DELAY)
        assert program.state == "running"
    assert supervisor.starts == 20


def test_a_process_that_dies_too_often_stays_dead() -> None:
    world, program, supervisor = supervised(limit=5)
    for _ in range(10):
        program.kill()
        world.run(2 * DELAY)
    assert (program.state, supervisor.starts, supervisor.has_given_up) == ("down", 5, True)
    world.run(1000 * SECOND)
    assert program.state == "down"


def test_deaths_that_are_far_apart_are_not_too_often() -> None:
    world, program, supervisor = supervised(limit=2)
    for _ in range(10):
        program.kill()
        world.run(6 * SECOND)
    assert (program.state, supervisor.has_given_up) == ("running", False)


def test_a_process_that_ends_in_order_is_started_again_unless_only_failures_count() -> None:
    class Quitter(Program):
        """Exits by itself when it reads the status to exit with."""

        def quit(self, status: int) -> None:
            self.after(0, lambda _: self.exit(status))

    for failures_only, expected in ((False, "running"), (True, "down")):
        world, program, _ = supervised(failures_only=failures_only, kind=Quitter)
        program.stop()
        world.run(SECOND)
        assert program.state == expected
        program.start()
        assert isinstance(program, Quitter)
        program.quit(0)
        world.run(SECOND)
        assert program.state == expected
        program.start()
        program.quit(1)
        world.run(SECOND)
        assert program.state == "running"


def test_without_power_nothing_is_started_and_a_boot_starts_everything() -> None:
    world, program, supervisor = supervised(limit=1)
    program.kill()
    program.host.power_off()
    world.run(10 * SECOND)
    assert program.state == "down"
    program.host.power_on()
    world.run(DELAY - 1)
    assert supervisor.starts == 0
    world.run(1)
    assert (program.state, supervisor.starts) == ("running", 1)
    assert not supervisor.has_given_up


def test_a_boot_shortly_after_a_death_starts_the_process_once() -> None:
    world, program, supervisor = supervised()
    program.kill()
    world.run(DELAY // 2)
    program.host.power_off()
    program.host.power_on()
    world.run(DELAY - 1)
    assert supervisor.starts == 0
    world.run(SECOND)
    assert (program.state, supervisor.starts) == ("running", 1)


def test_a_process_that_somebody_else_has_started_is_left_alone() -> None:
    world, program, supervisor = supervised()
    program.kill()
    program.start()
    world.run(SECOND)
    assert (program.state, supervisor.starts) == ("running", 0)


def test_a_supervisor_that_has_left_starts_nothing() -> None:
    world, program, supervisor = supervised()
    program.kill()
    supervisor.leave()
    supervisor.leave()
    world.run(SECOND)
    program.start()
    program.kill()
    world.run(SECOND)
    assert (program.state, supervisor.starts) == ("down", 0)


def test_more_can_be_done_at_a_start() -> None:
    calls = []
    world, program, _ = supervised(start=lambda: calls.append(world.now))
    program.kill()
    killed = world.now
    world.run(SECOND)
    assert calls == [killed + DELAY]


def test_a_process_that_is_down_already_is_started_after_the_delay() -> None:
    world = World()
    program = world.program("a")
    program.kill()
    world.run(SECOND)
    supervisor = Supervisor(program, Constant(DELAY), Random(1))
    world.run(DELAY - 1)
    assert program.state == "down"
    world.run(1)
    assert (program.state, supervisor.starts) == ("running", 1)


def test_a_process_on_a_host_without_power_waits_for_the_boot() -> None:
    world = World()
    program = world.program("a")
    program.host.power_off()
    supervisor = Supervisor(program, Constant(DELAY), Random(1))
    world.run(SECOND)
    assert not supervisor.is_waiting
    program.host.power_on()
    world.run(DELAY)
    assert program.state == "running"


def test_a_limit_of_no_start_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        supervised(limit=0)
