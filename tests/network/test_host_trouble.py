"""Clocks that drift, and hosts that stall."""

from __future__ import annotations

import itertools

import pytest

from sim.network import Constant, Uniform
from sim.trace.records import ProcessChanged
from tests.network.worlds import MS, SECOND, Program, World


@pytest.mark.parametrize(("parts_per_million", "ahead_ms"), [(200, 20), (-200, -20), (0, 0)])
def test_a_clock_that_drifts_is_off_by_its_rate_times_the_time(
    parts_per_million: float, ahead_ms: int
) -> None:
    world = World()
    drifting, right = world.program("drifting"), world.program("right")
    world.network.drifts.set(drifting.host, parts_per_million)
    world.run(100 * SECOND)
    assert drifting.now_ms() - right.now_ms() == ahead_ms


def test_a_drift_is_smooth() -> None:
    world = World()
    program = world.program("drifting")
    world.network.drifts.set(program.host, 10_000)
    readings = []
    for _ in range(1000):
        world.run(MS)
        readings.append(program.now_ms())
    steps = [after - before for before, after in itertools.pairwise(readings)]
    assert set(steps) == {1, 2}
    assert steps.count(2) == 10


def test_a_drift_can_be_changed_and_ended_and_what_it_did_stays() -> None:
    world = World()
    drifting, right = world.program("drifting"), world.program("right")
    for rate in (1000, -500, 0):
        world.network.drifts.set(drifting.host, rate)
        world.run(10 * SECOND)
    assert drifting.now_ms() - right.now_ms() == 10 - 5


def test_a_drift_does_not_concern_timers() -> None:
    world = World()
    program = world.program("drifting")
    world.network.drifts.set(program.host, 100_000)
    program.after(SECOND, program.note, "timer")
    world.run(2 * SECOND)
    assert program.log == [(SECOND, "timer")]


def test_a_host_that_stalls_answers_late_and_loses_nothing() -> None:
    world = World()
    client, server, near, _ = world.pair()
    begin = world.now
    world.network.stalls.begin(server.host, Constant(SECOND), Constant(300 * MS))
    for number in range(26):
        near.send(number, 1)
        world.run(100 * MS)
    assert client.log == []
    world.run(SECOND)
    world.network.stalls.end(server.host)
    arrived = {what[2]: what[0] - begin for what in server.happened("message")}
    assert list(arrived) == list(range(26))
    # Stalls from 1.0 to 1.3 s, and from 2.3 to 2.6 s.
    late = {number: at for number, at in arrived.items() if at != number * 100 * MS + MS}
    assert late == {
        **dict.fromkeys((10, 11, 12), 1300 * MS),
        **dict.fromkeys((23, 24, 25), 2600 * MS),
    }


def test_all_processes_of_a_host_stall_together_and_others_do_not() -> None:
    world = World()
    one, elsewhere = world.program("one"), world.program("elsewhere")
    two = Program("two", one.host, world.network)
    two.start()
    world.network.stalls.begin(one.host, Uniform(0, SECOND), Uniform(MS, 100 * MS))
    world.run(10 * SECOND)

    def blocked(name: str) -> list[int]:
        return [
            entry.time_us
            for entry in world.recorder.entries
            if entry.node == name
            and isinstance(entry.data, ProcessChanged)
            and entry.data.change == "blocked"
        ]

    assert len(blocked("one")) > 8
    assert blocked("one") == blocked("two")
    assert blocked(elsewhere.name) == []


def test_a_host_without_stalls_draws_the_same_whatever_happens_to_others() -> None:
    def stalls(*, other: bool) -> list[int]:
        world = World()
        program, neighbour = world.program("a"), world.program("b")
        for each in [program, neighbour] if other else [program]:
            world.network.stalls.begin(each.host, Uniform(0, SECOND), Uniform(MS, 100 * MS))
        world.run(10 * SECOND)
        return [entry.time_us for entry in world.recorder.entries if entry.node == "a"]

    assert len(stalls(other=False)) > 8
    assert stalls(other=True) == stalls(other=False)


def test_stalls_end_when_they_are_ended() -> None:
    world = World()
    program = world.program("a")
    world.network.stalls.begin(program.host, Constant(SECOND), Constant(300 * MS))
    world.run(1100 * MS)
    world.network.stalls.end(program.host)
    before = len(world.recorder.entries)
    world.run(10 * SECOND)
    assert [entry.data for entry in world.recorder.entries[before:]] == [
        ProcessChanged(change="unblocked", status=0)
    ]
