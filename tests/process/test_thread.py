"""One thread: rounds, service times, charges, timers, the 16 KiB of a read."""

from __future__ import annotations

from typing import Any

import pytest

from sim.network import EPOCH_MS, Constant, Endpoint, Network
from sim.process import READ_LIMIT_BYTES, SLICE_US
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World


class Worker(Program):
    """Every message costs what it says, and is answered."""

    service_us = 5

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        super().on_message(endpoint, message)
        name, cost_us = message
        if cost_us:
            self.charge(cost_us)
        endpoint.send(name, 1)


def crowd(kind: type[Program] = Worker) -> tuple[World, Program, list[Program], list[Endpoint]]:
    """A server and three clients a, b, c with a connection each."""
    world = World()
    server = world.program("server", listens=True, kind=kind)
    clients = [world.program(name) for name in ("a", "b", "c")]
    ends = [client.connect(server.host.address, PORT) for client in clients]
    world.run(SECOND)
    for program in (server, *clients):
        program.log.clear()
    return world, server, clients, ends


def test_an_answer_leaves_when_the_service_time_is_over() -> None:
    world, _, clients, ends = crowd()
    start = world.now
    ends[0].send(("x", 0), 10)
    world.run(SECOND)
    assert clients[0].log == [(start + 2 * DELAY_US + 5, "message", "x")]


def test_service_time_can_be_set_per_class_and_per_process() -> None:
    world, server, clients, ends = crowd()
    server.service_us = 40
    start = world.now
    ends[0].send(("x", 0), 10)
    world.run(SECOND)
    assert clients[0].log == [(start + 2 * DELAY_US + 40, "message", "x")]


@pytest.mark.parametrize("charge_us", [20, SLICE_US - 6, SLICE_US, 7 * MS])
def test_what_a_step_is_charged_delays_all_that_it_sends_and_all_that_follows(
    charge_us: int,
) -> None:
    """[GEN-1-2]"""
    world, server, clients, ends = crowd()
    start = world.now
    ends[0].send(("x", charge_us), 10)
    world.run(10)
    ends[1].send(("y", 0), 10)
    world.run(SECOND)
    free = start + DELAY_US + charge_us + 5
    assert clients[0].log == [(free + DELAY_US, "message", "x")]
    assert [entry[0] for entry in server.log] == [
        start + DELAY_US,
        max(free, start + DELAY_US + 10),
    ]
    assert clients[1].log == [(server.log[1][0] + 5 + DELAY_US, "message", "y")]


def test_the_clock_of_the_thread_includes_what_the_step_was_charged() -> None:
    world = World()
    program = world.program("a")
    seen: list[int] = []

    def step(_: object) -> None:
        seen.append(program.now_ms())
        program.charge(3 * MS)
        seen.append(program.now_ms())
        program.after(MS, lambda _: seen.append(program.now_ms()))

    program.after(999, step)
    world.run(SECOND)
    assert [time - EPOCH_MS for time in seen] == [0, 3, 4]
    assert program.time_us == world.now


def test_a_charge_between_steps_keeps_the_thread_busy() -> None:
    world, server, _, ends = crowd()
    server.charge(30 * MS)
    start = world.now
    ends[0].send(("x", 0), 10)
    world.run(SECOND)
    assert server.log == [(start + 30 * MS, "message", ("x", 0))]


def test_a_backlog_is_worked_off_connection_by_connection_in_order_of_becoming_readable() -> None:
    """[GEN-1-3]"""
    world, server, _, ends = crowd()
    a, b, c = ends
    server.pause()
    for end, name in ((b, "b1"), (a, "a1"), (b, "b2"), (c, "c1"), (a, "a2"), (b, "b3")):
        end.send((name, 0), 10)
        world.run(10 * MS)
    server.resume()
    world.run(SECOND)
    assert [name for name, _ in server.messages] == ["b1", "b2", "b3", "a1", "a2", "c1"]


def test_answers_leave_after_the_round_not_after_the_message() -> None:
    """[GEN-1-1] [GEN-1-2]"""
    world, server, clients, ends = crowd()
    server.pause()
    ends[0].send(("a", 10 * MS), 10)
    world.run(10 * MS)
    ends[1].send(("b", 20 * MS), 10)
    world.run(10 * MS)
    start = world.now
    server.resume()
    world.run(SECOND)
    end_of_round = start + 30 * MS + 10
    assert [entry[0] for entry in server.log] == [start, start + 10 * MS + 5]
    assert clients[0].log == [(end_of_round + DELAY_US, "message", "a")]
    assert clients[1].log == [(end_of_round + DELAY_US, "message", "b")]


def test_what_arrives_during_a_round_waits_for_the_next_one() -> None:
    """Also on a connection that is being read: the read returned what there was. [GEN-1-3]"""
    world, server, _, ends = crowd()
    a, b, _ = ends
    server.pause()
    a.send(("a1", 10 * MS), 10)
    a.send(("a2", 10 * MS), 10)
    world.run(10 * MS)
    b.send(("b1", 0), 10)
    world.run(10 * MS)
    server.resume()
    a.send(("a3", 0), 10)
    world.run(SECOND)
    assert [name for name, _ in server.messages] == ["a1", "a2", "b1", "a3"]


def test_one_read_returns_16_kib_then_it_is_the_turn_of_the_others() -> None:
    """[GEN-1-3]"""
    world, server, _, ends = crowd()
    a, b, c = ends
    server.pause()
    for number in range(5):
        a.send((f"a{number}", 0), READ_LIMIT_BYTES // 2)
    world.run(10 * MS)
    b.send(("b", 0), 2 * READ_LIMIT_BYTES)
    b.send(("b after its big one", 0), 1)
    world.run(10 * MS)
    c.send(("c", 0), 1)
    world.run(10 * MS)
    server.resume()
    world.run(SECOND)
    assert [name for name, _ in server.messages] == [
        *["a0", "a1", "b", "c"],
        *["a2", "a3", "b after its big one"],
        "a4",
    ]


def test_a_new_connection_is_read_from_the_round_after_its_acceptance() -> None:
    world, server, clients, ends = crowd()
    server.pause()
    new = clients[2].connect(server.host.address, PORT)
    new.send(("new", 0), 1)
    world.run(10 * MS)
    ends[0].send(("old", 0), 1)
    world.run(10 * MS)
    server.resume()
    world.run(SECOND)
    assert [entry[1] for entry in server.log] == ["accept", "message", "message"]
    assert [name for name, _ in server.messages] == ["old", "new"]


def test_connections_come_before_timers_in_one_round() -> None:
    """[GEN-1-4]"""
    world, server, _, ends = crowd()
    server.after(5 * MS, server.note, "tick")
    ends[0].send(("long", 50 * MS), 1)
    world.run(20 * MS)
    ends[1].send(("b", 0), 1)
    world.run(SECOND)
    assert [entry[1] for entry in server.log] == ["message", "message", "tick"]


def test_timers_run_in_the_order_in_which_they_are_due() -> None:
    world = World()
    program = world.program("a")
    for delay, name in ((30, "third"), (10, "first"), (20, "second"), (20, "second as well")):
        program.after(delay * MS, program.note, name)
    program.block(100 * MS)
    world.run(SECOND)
    names = ["first", "second", "second as well", "third"]
    assert program.log == [(100 * MS, name) for name in names]


def test_a_timer_set_by_a_timer_is_not_of_the_same_round() -> None:
    world = World()
    program = world.program("a")
    program.service_us = 10

    def again(count: int) -> None:
        program.note(count)
        if count:
            program.after(0, again, count - 1)

    program.after(0, again, 2)
    world.run(MS)
    assert program.log == [(0, 2), (10, 1), (20, 0)]


def test_a_cancelled_timer_does_not_run_in_whatever_state_it_is() -> None:
    world = World()
    program = world.program("a")
    waiting = program.after(50 * MS, program.note, "waiting")
    overdue = program.after(10 * MS, program.note, "overdue")
    same_round = program.after(11 * MS, program.note, "same round")
    program.after(10 * MS, lambda _: same_round.cancel())
    program.block(20 * MS)
    world.run(15 * MS)
    assert waiting.is_pending
    assert overdue.is_pending
    assert waiting.cancel()
    assert overdue.cancel()
    assert not waiting.cancel()
    world.run(SECOND)
    assert program.log == []
    assert not same_round.is_pending
    done = program.after(0, program.note, "done")
    world.run(MS)
    assert not done.is_pending
    assert not done.cancel()
    assert world.kernel.pending == 0


def test_all_that_one_step_sends_on_a_connection_travels_together() -> None:
    world, server, clients, ends = crowd()
    (far, *_) = server.accepted
    seen = world.kernel.pending

    def step(_: object) -> None:
        for number in range(10):
            far.send(number, 1)

    server.after(0, step)
    start = world.now
    world.kernel.step()
    assert world.kernel.pending == seen + 1
    world.run(SECOND)
    assert clients[0].log == [(start + 5 + DELAY_US, "message", number) for number in range(10)]
    del ends


def test_nothing_leaves_on_a_connection_that_is_closed_in_the_same_step() -> None:
    """[GEN-1-1]"""
    world, server, clients, _ = crowd()
    a, b, _ = server.accepted

    def step(_: object) -> None:
        a.send("dropped", 1)
        b.send("kept", 1)
        a.close()

    server.after(0, step)
    world.run(SECOND)
    assert [entry[1:] for entry in clients[0].log] == [("close", "closed")]
    assert clients[1].messages == ["kept"]


def test_messages_behind_one_that_closes_the_connection_are_not_read() -> None:
    class Closer(Program):
        def on_message(self, endpoint: Endpoint, message: Any) -> None:
            super().on_message(endpoint, message)
            endpoint.close()

    world, server, _, ends = crowd(Closer)
    ends[0].send("one", 1)
    ends[0].send("two", 1)
    world.run(SECOND)
    assert server.messages == ["one"]


def test_an_idle_thread_schedules_nothing() -> None:
    world, _, _, ends = crowd()
    ends[0].send(("x", 3 * MS), 1)
    world.run(SECOND)
    assert world.kernel.pending == 0


def test_a_process_can_be_told_of_two_ends_in_one_round() -> None:
    world, server, clients, _ = crowd()
    server.pause()
    for client in clients:
        client.kill()
    world.run(SECOND)
    server.resume()
    assert [entry[1:] for entry in server.log] == [("close", "reset")] * 3
    assert server.endpoints == ()


# The wall clock.


def test_the_wall_clock_starts_at_a_fixed_date_and_counts_whole_milliseconds() -> None:
    world = World()
    program = world.program("a")
    assert program.now_ms() == EPOCH_MS == 1_700_000_000_000
    world.run(1_999)
    assert program.now_ms() == EPOCH_MS + 1


def test_a_clock_step_concerns_one_host_and_no_timer() -> None:
    world = World()
    one, other = world.program("a"), world.program("b")
    one.after(10 * MS, one.note, "tick")
    one.host.step_clock(-2_500_000)
    world.run(10 * MS)
    assert one.log == [(10 * MS, "tick")]
    assert one.now_ms() == EPOCH_MS + 10 - 2_500
    assert other.now_ms() == EPOCH_MS + 10


def test_the_date_at_which_a_world_begins_is_a_setting() -> None:
    world = World()
    network = Network(world.kernel, world.network._streams, latency=Constant(1), epoch_ms=42)
    program = Program("a", network.add_host("a", "10.0.0.1"), network)
    assert program.now_ms() == 42


class Lazy(Program):
    """Notes when it would have to make up for what it leaves out."""

    service_us = 5

    def catch_up(self) -> None:
        self.note("catch up")
        self._idle_until = self.kernel.now + SECOND

    def stay_awake(self) -> None:
        self.note("stay awake")


def lazy() -> tuple[World, Lazy, Endpoint]:
    world = World()
    server = world.program("server", listens=True, kind=Lazy)
    client = world.program("client")
    end = client.connect(server.host.address, PORT)
    world.run(SECOND)
    assert isinstance(server, Lazy)
    server.log.clear()
    return world, server, end


def test_what_was_left_out_is_made_up_for_before_a_message_is_read() -> None:
    world, server, end = lazy()
    server._idle_until = world.now + 10
    end.send("x", 1)
    world.run(SECOND // 2)
    assert [what for _, what, *_ in server.log] == ["catch up", "message"]


def test_nothing_is_made_up_for_before_its_time() -> None:
    world, server, end = lazy()
    server._idle_until = world.now + SECOND
    end.send("x", 1)
    world.run(SECOND // 2)
    assert [what for _, what, *_ in server.log] == ["message"]


@pytest.mark.parametrize("disturb", ["pause", "block", "stop", "clock"])
def test_a_process_that_is_disturbed_stays_awake_from_then_on(disturb: str) -> None:
    world, server, _ = lazy()
    match disturb:
        case "pause":
            server.pause()
        case "block":
            server.block(5)
        case "stop":
            server.stop()
        case "clock":
            server.host.step_clock(5)
    assert server.log[0] == (world.now, "stay awake")


def test_an_alarm_rings_whatever_the_thread_does_and_dies_with_the_process() -> None:
    world, server, _ = lazy()
    rung: list[int] = []
    server.charge(10 * MS)
    server.alarm(world.now + 5, lambda _: rung.append(world.now))
    start = world.now
    world.run(MS)
    assert rung == [start + 5]
    server.alarm(world.now + 5, lambda _: rung.append(world.now))
    server.kill()
    world.run(MS)
    assert len(rung) == 1
