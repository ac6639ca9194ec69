"""A wait that can never end is an error that says who waits for what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sim.kernel import DeadlockError, Kernel, VirtualLoop


def deadlock_of(main: Any) -> tuple[str, ...]:
    with (
        pytest.raises(DeadlockError) as error,
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        runner.run(main)
    assert str(error.value).startswith("deadlock: nothing is scheduled any more at ")
    assert all(line in str(error.value) for line in error.value.waiting)
    return error.value.waiting


def test_every_waiting_task_is_named_with_its_place() -> None:
    lock = asyncio.Lock()

    async def careless() -> None:
        await lock.acquire()

    async def helper() -> None:
        await careless()

    async def main() -> None:
        await lock.acquire()
        first = asyncio.create_task(helper(), name="helper")
        await asyncio.gather(first, asyncio.create_task(asyncio.Event().wait(), name="event"))

    waiting = deadlock_of(main())
    assert [line.split(" ")[0] for line in waiting] == ["Task-1", "helper", "event"]
    assert "waits for all of helper, event at " in waiting[0]
    assert "waits for the future `fut` at " in waiting[1]
    # the whole stack, from the coroutine of the task to where it is stuck
    places = waiting[1].split(" at ", 1)[1].split(" > ")
    assert [place.split(" ")[1] for place in places] == ["helper", "careless", "acquire"]
    assert places[0].startswith(f"{__file__}:{helper.__code__.co_firstlineno + 1} ")
    assert "locks.py:" in places[2]


def test_tasks_that_wait_for_each_other_are_seen_to_do_so() -> None:
    async def main() -> None:
        tasks: list[asyncio.Task[None]] = []

        async def wait_for(other: int) -> None:
            await asyncio.sleep(1)
            await tasks[other]

        for other in (1, 0):
            tasks.append(asyncio.create_task(wait_for(other), name=f"waiter {other}"))
        await tasks[0]

    waiting = deadlock_of(main())
    assert "waits for the task waiter 1 " in waiting[0]
    assert "waits for the task waiter 0 " in waiting[1]
    assert "waits for the task waiter 1 " in waiting[2]  # no RecursionError when all is cancelled


def test_a_loop_that_runs_for_ever_with_nothing_to_do_is_a_deadlock() -> None:
    kernel = Kernel()
    kernel.call_at(7, print)
    with pytest.raises(DeadlockError, match="at 7 µs") as error:
        VirtualLoop(kernel).run_forever()
    assert error.value.waiting == ()


def test_a_predicate_that_waits_for_stuck_tasks_is_a_deadlock() -> None:
    loop = VirtualLoop()
    task = loop.create_task(asyncio.Event().wait())
    with pytest.raises(DeadlockError, match=r"Event\.wait"):
        loop.run_until_true(task.done)
    task.cancel()
    loop.run_until(0)


def test_waiting_for_something_that_a_plain_callable_does_is_no_deadlock() -> None:
    kernel = Kernel()
    loop = VirtualLoop(kernel)
    future = loop.create_future()
    kernel.call_at(1_000, future.set_result, "answer")
    assert loop.run_until_complete(future) == "answer"
