"""A process lives and dies: start, stop, kill, pause, resume, block, and what the trace says."""

from __future__ import annotations

from typing import Any

import pytest

from sim.network import Endpoint, LogNormal
from sim.process import Timer
from sim.trace.records import ProcessChanged
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World


def changes(world: World, name: str) -> list[tuple[int, str]]:
    return [
        (entry.time_us, entry.data.change)
        for entry in world.recorder.entries
        if entry.node == name and isinstance(entry.data, ProcessChanged)
    ]


def test_every_change_of_life_is_on_the_trace() -> None:
    world = World()
    program = world.program("a")
    world.run(MS)
    program.pause()
    world.run(MS)
    program.resume()
    world.run(MS)
    program.block(10 * MS)
    world.run(20 * MS)
    program.kill()
    world.run(MS)
    program.start()
    world.run(MS)
    program.stop()
    assert changes(world, "a") == [
        (0, "started"),
        (1 * MS, "paused"),
        (2 * MS, "resumed"),
        (3 * MS, "blocked"),
        (13 * MS, "unblocked"),
        (23 * MS, "killed"),
        (24 * MS, "started"),
        (25 * MS, "stopped"),
    ]


def test_verbs_that_find_nothing_to_do_do_and_record_nothing() -> None:
    world = World()
    program = Program("a", world.host("a"), world.network)
    for verb in (program.kill, program.stop, program.pause, program.resume):
        verb()
    program.block(MS)
    assert program.state == "down"
    program.start()
    program.start()
    program.resume()
    program.pause()
    program.pause()
    assert [change for _, change in changes(world, "a")] == ["started", "paused"]


def test_a_killed_process_loses_connections_timers_and_ports_and_starts_anew() -> None:
    world = World()
    starts: list[int] = []
    timers: list[Timer] = []

    class Node(Program):
        def on_start(self) -> None:
            super().on_start()
            starts.append(self.time_us)
            timers.append(self.after(50 * MS, self.note, "tick"))

    server = world.program("server", listens=True, kind=Node)
    client = world.program("client")
    client.connect(server.host.address, PORT)
    world.run(10 * MS)
    assert len(server.endpoints) == 1
    (timer,) = timers
    server.kill()
    assert server.state == "down"
    assert not server.endpoints
    assert not timer.is_pending
    assert not timer.cancel()
    world.run(SECOND)
    assert server.happened("tick") == []
    server.start()
    world.run(SECOND)
    assert starts == [0, 10 * MS + SECOND]
    assert [time for time, *_ in server.happened("tick")] == [SECOND + 60 * MS]
    client.connect(server.host.address, PORT)
    world.run(SECOND)
    assert len(server.accepted) == 2


def test_killing_runs_no_hook_and_stopping_says_goodbye() -> None:
    world = World()

    class Polite(Program):
        def on_stop(self) -> None:
            self.note("stopping")
            for endpoint in self.endpoints:
                endpoint.send("bye", 1)

    for verb, seen in (
        ("kill", [("close", "reset")]),
        ("stop", [("message", "bye"), ("close", "closed")]),
    ):
        world = World()
        server = world.program("server", listens=True, kind=Polite)
        client = world.program("client")
        client.connect(server.host.address, PORT)
        world.run(SECOND)
        client.log.clear()
        getattr(server, verb)()
        assert server.state == "down"
        world.run(SECOND)
        assert [entry[1:] for entry in client.log] == seen
        assert bool(server.happened("stopping")) is (verb == "stop")
        client.connect(server.host.address, PORT)
        world.run(SECOND)
        assert client.log[-1][1:] == ("failed", "refused")


def test_a_process_may_kill_itself_in_a_step_and_nothing_of_that_step_leaves() -> None:
    world = World()

    class Fragile(Program):
        def on_message(self, endpoint: Endpoint, message: Any) -> None:
            super().on_message(endpoint, message)
            endpoint.send("never", 1)
            self.kill()

    server = world.program("server", listens=True, kind=Fragile)
    client = world.program("client")
    near = client.connect(server.host.address, PORT)
    world.run(SECOND)
    client.log.clear()
    near.send("one", 1)
    near.send("two", 1)
    start = world.now
    world.run(SECOND)
    assert server.messages == ["one"]
    assert client.log == [(start + 2 * DELAY_US, "close", "reset")]
    server.start()
    near = client.connect(server.host.address, PORT)
    near.send("three", 1)
    world.run(SECOND)
    assert server.messages == ["one", "three"]


def test_a_process_may_restart_itself_in_a_step() -> None:
    world = World()

    class Phoenix(Program):
        def on_message(self, endpoint: Endpoint, message: Any) -> None:
            super().on_message(endpoint, message)
            self.kill()
            self.start()

    server = world.program("server", listens=True, kind=Phoenix)
    client = world.program("client")
    for _ in range(2):
        client.connect(server.host.address, PORT).send("again", 1)
        world.run(SECOND)
    assert server.messages == ["again", "again"]
    assert [change for _, change in changes(world, "server")] == [
        "started",
        *["killed", "started"] * 2,
    ]


def test_a_paused_process_accepts_and_keeps_what_arrives_and_answers_nothing() -> None:
    world = World()
    client, server, near, _ = world.pair()
    server.pause()
    start = world.now
    near.send("one", 1)
    second = client.connect(server.host.address, PORT)
    second.send("hello", 1)
    world.run(100 * SECOND)
    assert client.log == [(start + 2 * DELAY_US, "open")]
    assert server.log == []
    near.send("two", 1)
    world.run(SECOND)
    server.resume()
    assert [entry[1:] for entry in server.log] == [
        ("message", "one"),
        ("message", "two"),
        ("accept",),
    ]
    world.run(SECOND)
    assert server.messages == ["one", "two", "hello"]


def test_a_pause_hides_the_end_of_a_connection_until_the_data_before_it_is_read() -> None:
    world = World()
    client, server, near, _ = world.pair()
    server.pause()
    near.send("one", 1)
    world.run(SECOND)
    client.kill()
    world.run(SECOND)
    assert server.log == []
    server.resume()
    world.run(SECOND)
    assert [entry[1:] for entry in server.log] == [("message", "one"), ("close", "reset")]


def test_after_resuming_the_overdue_timer_runs_before_the_backlog() -> None:
    """[GEN-1-4]"""
    world = World()
    _, server, near, _ = world.pair()
    server.after(10 * MS, server.note, "tick")
    server.pause()
    near.send("one", 1)
    world.run(SECOND)
    server.resume()
    world.run(SECOND)
    assert [entry[1] for entry in server.log] == ["tick", "message"]
    start = world.now
    assert {entry[0] for entry in server.log} == {start - SECOND}


def test_what_the_overdue_timer_sends_leaves_before_the_backlog_is_read() -> None:
    world = World()

    class Busy(Program):
        service_us = 0

        def on_message(self, endpoint: Endpoint, message: Any) -> None:
            super().on_message(endpoint, message)
            self.charge(50 * MS)

    server = world.program("server", listens=True, kind=Busy)
    client = world.program("client")
    near = client.connect(server.host.address, PORT)
    world.run(SECOND)
    (far,) = server.accepted
    server.after(10 * MS, lambda _: far.send("from the timer", 1))
    server.pause()
    near.send("one", 1)
    world.run(SECOND)
    client.log.clear()
    server.resume()
    start = world.now
    world.run(SECOND)
    assert client.log == [(start + DELAY_US, "message", "from the timer")]


def test_a_timer_that_is_not_overdue_waits_its_time_after_resuming() -> None:
    world = World()
    program = world.program("a")
    program.after(10 * MS, program.note, "tick")
    program.pause()
    world.run(5 * MS)
    program.resume()
    world.run(SECOND)
    assert program.log == [(10 * MS, "tick")]


def test_a_process_that_is_paused_in_the_middle_of_its_work_goes_on_with_it() -> None:
    """The rest of the step, then its output, then connections before timers as in any round."""
    world = World()

    class Slow(Program):
        def on_message(self, endpoint: Endpoint, message: Any) -> None:
            super().on_message(endpoint, message)
            if message == "slow":
                self.charge(100 * MS)
                endpoint.send("done", 1)

    server = world.program("server", listens=True, kind=Slow)
    client = world.program("client")
    near = client.connect(server.host.address, PORT)
    world.run(SECOND)
    client.log.clear()
    server.log.clear()
    server.after(50 * MS, server.note, "tick")
    near.send("slow", 1)
    start = world.now
    world.run(DELAY_US + 40 * MS)
    near.send("next", 1)
    server.pause()
    world.run(SECOND)
    server.resume()
    world.run(SECOND)
    step_ends = start + DELAY_US + 100 * MS + SECOND
    assert client.log == [(step_ends + DELAY_US, "message", "done")]
    assert server.log == [
        (start + DELAY_US, "message", "slow"),
        (step_ends, "message", "next"),
        (step_ends, "tick"),
    ]


def test_a_killed_process_never_sends_what_its_long_step_has_queued() -> None:
    world = World()

    class Slow(Program):
        def on_message(self, endpoint: Endpoint, message: Any) -> None:
            endpoint.send("done", 1)
            self.charge(100 * MS)

    server = world.program("server", listens=True, kind=Slow)
    client = world.program("client")
    near = client.connect(server.host.address, PORT)
    world.run(SECOND)
    client.log.clear()
    near.send("slow", 1)
    world.run(50 * MS)
    server.kill()
    world.run(SECOND)
    assert [entry[1:] for entry in client.log] == [("close", "reset")]


def test_a_blocked_process_works_off_its_backlog_afterwards_sockets_first() -> None:
    world = World()
    _, server, near, _ = world.pair()
    server.after(10 * MS, server.note, "tick")
    server.block(500 * MS)
    start = world.now
    world.run(20 * MS)
    near.send("one", 1)
    world.run(SECOND)
    assert server.log == [
        (start + 500 * MS, "message", "one"),
        (start + 500 * MS, "tick"),
    ]


def test_blocks_add_up_and_a_pause_stops_their_clock() -> None:
    world = World()
    program = world.program("a")
    program.block(100 * MS)
    world.run(50 * MS)
    program.block(100 * MS)
    world.run(50 * MS)
    program.pause()
    world.run(SECOND)
    program.block(10 * MS)
    program.resume()
    world.run(SECOND)
    assert changes(world, "a")[1:] == [
        (0, "blocked"),
        (100 * MS, "paused"),
        (SECOND + 100 * MS, "resumed"),
        (SECOND + 100 * MS, "blocked"),
        (SECOND + 210 * MS, "unblocked"),
    ]


def test_a_step_may_block_its_own_process() -> None:
    world = World()
    program = world.program("a")
    program.after(0, lambda _: program.block(30 * MS))
    program.after(10 * MS, program.note, "tick")
    world.run(SECOND)
    assert changes(world, "a")[1:] == [(0, "blocked"), (30 * MS, "unblocked")]
    assert program.log == [(30 * MS, "tick")]


def test_a_stop_waits_for_the_thread() -> None:
    world = World()
    program = world.program("a")
    program.block(30 * MS)
    program.stop()
    assert program.state == "running"
    world.run(SECOND)
    assert changes(world, "a")[1:] == [(0, "blocked"), (30 * MS, "unblocked"), (30 * MS, "stopped")]


def test_without_a_recorder_nothing_is_written() -> None:
    world = World()
    world.network.recorder = None
    program = world.program("a")
    program.kill()
    assert world.recorder.entries == []


def test_a_process_that_is_down_can_do_nothing() -> None:
    world = World()
    program = world.program("a")
    program.kill()
    for act in (
        lambda: program.listen(PORT),
        lambda: program.connect("10.0.0.1", PORT),
        lambda: program.after(0, program.note),
    ):
        with pytest.raises(RuntimeError, match="a is down"):
            act()
    assert world.kernel.pending == 0


def test_the_same_seed_gives_the_same_story() -> None:
    def story(seed: int) -> list[tuple[Any, ...]]:
        world = World(LogNormal(800, 0.7), seed=seed)
        client, server, near, far = world.pair()
        for number in range(30):
            near.send(number, 10)
            far.send(-number, 10)
            world.run(700)
            if number == 10:
                server.pause()
            if number == 20:
                server.resume()
                world.network.partition(["client"])
            if number == 25:
                world.network.heal()
        world.run(10 * SECOND)
        server.kill()
        world.run(SECOND)
        return client.log + server.log

    assert story(1) == story(1)
    assert story(1) != story(2)
