"""The driver itself: the order of things, the timer, and what a bug leads to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from minisentinel.core.effects import Answer, Close, Effect, Exit, Save, Send
from minisentinel.core.saved import snapshot
from minisentinel.replies import OK, PONG, Command
from tests.server.bench import FakeRedis, eventually, run, serving

pytestmark = pytest.mark.real_io

MASTER = "sentinel monitor mymaster 127.0.0.1 1 2\n"


def test_a_step_that_raises_is_logged_and_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state may be half of something, and what must not be forgotten is on disk."""

    def broken(now_ms: int) -> list[Effect]:
        raise ZeroDivisionError("a bug")

    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            client = await live.client()
            assert await client.ask("PING") == PONG
            monkeypatch.setattr(live.server.sentinel, "tick", broken)
            await eventually(lambda: live.statuses)
            assert live.statuses == [1]
            assert await client.rest() == b""
            assert " # ZeroDivisionError: a bug\n" in live.logged()
            assert "in broken\n" in live.logged()

    run(scenario())


def test_what_is_saved_is_on_disk_before_the_answer_leaves(tmp_path: Path) -> None:
    """[CFG-5-4]: at the moment when a reply is queued, the vote is in the file already."""
    seen: list[bool] = []

    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            send = live.server.clients.send

            def noted(client: int, reply: object) -> None:
                seen.append("leader-epoch mymaster 5\n" in live.conf.read_text("utf-8"))
                send(client, reply)  # type: ignore[arg-type]

            live.server.clients.send = noted  # type: ignore[method-assign]
            client = await live.client()
            vote = await client.ask(
                "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", "127.0.0.1", "1", "5", "d" * 40
            )
            assert vote == (0, "d" * 40, 5)

    run(scenario())
    assert seen == [True]


def test_nothing_of_a_step_leaves_after_it_ended_the_process(tmp_path: Path) -> None:
    async def scenario() -> list[Command]:
        async with (
            FakeRedis().listening() as redis,
            serving(tmp_path, f"sentinel monitor mymaster 127.0.0.1 {redis.port} 1\n") as live,
        ):
            server = live.server
            client = await live.client()
            assert await client.ask("PING") == PONG
            await eventually(lambda: "info" in redis.words)
            connection = min(server.sentinel.state.connections)
            heard = len(redis.heard)
            server.perform([Answer(1, OK), Send(connection, ("ROLE",)), Exit(99), Close(1)])
            assert live.statuses == [99]
            assert await client.rest() == b""
            return redis.heard[heard:]

    assert ("ROLE",) not in run(scenario())


def test_an_end_by_itself_does_not_save_unless_it_was_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            live.server.sentinel.state.current_epoch = 8
            live.server.perform([Exit(99)])
            assert "current-epoch 0" in live.conf.read_text("utf-8")
            live.server.perform([Save(snapshot(live.server.sentinel.state))])
            assert "current-epoch 8" in live.conf.read_text("utf-8")

    run(scenario())


def test_ticks_that_were_missed_are_not_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each tick exactly one more is asked for, whatever the time is by then."""
    asked: list[int] = []

    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            sentinel = live.server.sentinel
            tick, delay = sentinel.tick, sentinel.next_tick_in_ms

            def noted_tick(now_ms: int) -> list[Effect]:
                asked.append(0)
                return tick(now_ms)

            def noted_delay() -> int:
                asked.append(1)
                delay()
                return 1

            monkeypatch.setattr(sentinel, "tick", noted_tick)
            monkeypatch.setattr(sentinel, "next_tick_in_ms", noted_delay)
            await eventually(lambda: len(asked) > 20)

    run(scenario())
    assert asked[:20] == [0, 1] * 10


def test_loglevel_may_change_while_it_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            client = await live.client()
            assert await client.ask("SENTINEL", "CONFIG", "SET", "loglevel", "nothing") == OK
            before = live.logged()
            assert await client.ask("SENTINEL", "FLUSHCONFIG") == OK
            assert live.logged() == before
            await asyncio.sleep(0)

    run(scenario())
