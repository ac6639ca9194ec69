"""The virtual event loop, where it has rules of its own; asyncio's rules are in the tour."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import math
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest

from sim.kernel import (
    AlreadyRunningError,
    EventLimitError,
    Kernel,
    NotSimulatedError,
    TimeLimitError,
    VirtualLoop,
)

T = TypeVar("T")


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def loop(kernel: Kernel) -> VirtualLoop:
    return VirtualLoop(kernel)


# Time and queue


def test_a_sleep_takes_exactly_its_virtual_time(kernel: Kernel, loop: VirtualLoop) -> None:
    loop.run_until_complete(asyncio.sleep(86_400))
    assert kernel.now == 86_400_000_000
    assert loop.time() == 86_400.0


def test_waiting_for_a_deadline_in_a_loop_ends(kernel: Kernel) -> None:
    loop = VirtualLoop(kernel, max_events=1_000)

    async def wait(deadline: float) -> int:
        rounds = 0
        while loop.time() < deadline:
            rounds += 1
            await asyncio.sleep(deadline - loop.time())
        return rounds

    kernel.run_until(1_234_567)
    assert loop.run_until_complete(wait(math.pi)) <= 2
    assert loop.time() >= math.pi


def test_a_cancelled_sleep_ends_at_once_and_leaves_nothing_in_the_queue(
    kernel: Kernel, loop: VirtualLoop
) -> None:
    async def main() -> float:
        task = asyncio.create_task(asyncio.sleep(1_000))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return loop.time()

    assert loop.run_until_complete(main()) == 1.0
    assert kernel.pending == 0


@pytest.mark.parametrize("cancel_first", [True, False])
def test_a_sleep_cancelled_at_the_instant_of_its_end_is_cancelled(
    kernel: Kernel, loop: VirtualLoop, cancel_first: bool
) -> None:
    async def main() -> None:
        task = loop.create_task(asyncio.sleep(1))
        if cancel_first:
            loop.call_later(1, task.cancel)
        await asyncio.sleep(0)
        if not cancel_first:
            loop.call_later(1, task.cancel)
        await asyncio.wait([task])
        assert task.cancelled()

    loop.run_until_complete(main())
    assert (kernel.now, kernel.pending) == (1_000_000, 0)


def test_an_infinite_sleep_never_ends_and_keeps_nobody_running(
    kernel: Kernel, loop: VirtualLoop
) -> None:
    async def main() -> None:
        async with asyncio.timeout(5):
            await asyncio.sleep(math.inf)

    with pytest.raises(TimeoutError):
        loop.run_until_complete(main())
    assert (kernel.now, kernel.pending) == (5_000_000, 0)
    assert loop.call_later(math.inf, print).when() == math.inf
    assert kernel.pending == 0


def test_times_that_have_passed_are_now(kernel: Kernel, loop: VirtualLoop) -> None:
    log: list[int] = []
    kernel.run_until(10)
    loop.call_at(0.000_003, log.append, 1)
    loop.call_later(-7, log.append, 2)
    loop.call_later(-math.inf, log.append, 3)
    loop.run_until(10)
    assert log == [1, 2, 3]


def test_handles_cancel_and_tell_about_themselves(kernel: Kernel, loop: VirtualLoop) -> None:
    context = contextvars.copy_context()
    soon = loop.call_soon(print, "a", context=context)
    later = loop.call_later(2, print, "b", context=context)
    other = loop.call_at(3, print)
    assert isinstance(soon, asyncio.Handle)
    assert isinstance(later, asyncio.TimerHandle)
    assert later.when() == 2.0
    assert later < other
    assert later != other
    assert len({later, other, soon}) == 3
    for handle in (soon, later):
        assert handle.get_context() is context  # type: ignore[attr-defined, unused-ignore]
        assert "print" in repr(handle)
        assert not handle.cancelled()
        handle.cancel()
        handle.cancel()
        assert handle.cancelled()
        assert "cancelled" in repr(handle)
    other.cancel()
    loop.run_until(10_000_000)
    assert kernel.pending == 0


# Running


def test_coroutines_and_plain_callables_share_one_run(kernel: Kernel, loop: VirtualLoop) -> None:
    log: list[tuple[int, str]] = []

    def node(_: object) -> None:
        log.append((kernel.now, "node"))
        kernel.call_after(400, node)

    async def client() -> None:
        while True:
            log.append((kernel.now, "client"))
            await asyncio.sleep(0.0005)

    kernel.call_soon(node)
    task = loop.create_task(client())
    loop.run_until(1_000)
    assert log == [
        (0, "node"),
        (0, "client"),
        (400, "node"),
        (500, "client"),
        (800, "node"),
        (1_000, "client"),
    ]
    loop.run_until_true(lambda: len(log) == 7)
    assert log[-1] == (1_200, "node")
    task.cancel()
    loop.run_until(1_200)
    assert task.cancelled()


def test_a_plain_callable_can_start_a_task_while_the_loop_runs(
    kernel: Kernel, loop: VirtualLoop
) -> None:
    log: list[float] = []

    async def client() -> None:
        await asyncio.sleep(1)
        log.append(loop.time())

    kernel.call_at(500_000, lambda _: asyncio.ensure_future(client()))
    loop.run_until(2_000_000)
    assert log == [1.5]


def test_stop_lets_run_what_is_due_and_ends_every_kind_of_run(
    kernel: Kernel, loop: VirtualLoop
) -> None:
    runs: list[Callable[[], object]] = [
        loop.run_forever,
        lambda: loop.run_until(kernel.now + 100),
        lambda: loop.run_until_true(lambda: False),
    ]
    for run in runs:
        log: list[str] = []

        def stop(log: list[str] = log) -> None:
            loop.call_soon(log.append, "due before stop")
            loop.stop()
            loop.stop()
            loop.call_soon(log.append, "due after stop")

        loop.call_later(0.000_01, stop)
        start = kernel.now
        run()
        assert log == ["due before stop"]
        assert kernel.now == start + 10
        loop.run_until(kernel.now)
        assert log == ["due before stop", "due after stop"]


def test_a_stop_of_one_run_does_not_reach_into_the_next(kernel: Kernel, loop: VirtualLoop) -> None:
    def fail(_: object) -> None:
        loop.stop()
        raise ValueError("on purpose")

    kernel.call_soon(fail)
    with pytest.raises(ValueError, match="on purpose"):
        loop.run_until(5)
    loop.run_until(10)
    assert kernel.now == 10


def test_an_error_of_a_plain_callable_ends_the_run_of_the_loop(
    kernel: Kernel, loop: VirtualLoop
) -> None:
    kernel.call_at(5, lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        loop.run_until_complete(asyncio.sleep(1))
    assert not loop.is_running()


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_leaving_the_program_is_not_a_report(loop: VirtualLoop, error: type[BaseException]) -> None:
    async def leave() -> None:
        raise error

    def leave_plainly() -> None:
        raise error

    with pytest.raises(error):
        loop.run_until_complete(leave())
    loop.call_soon(leave_plainly)
    with pytest.raises(error):
        loop.run_until(10)


def test_a_running_loop_cannot_be_run(loop: VirtualLoop) -> None:
    async def main() -> None:
        for run in (
            loop.run_forever,
            lambda: loop.run_until(10),
            lambda: loop.run_until_true(lambda: True),
            lambda: loop.run_until_complete(loop.create_future()),
        ):
            with pytest.raises(AlreadyRunningError):
                run()

    loop.run_until_complete(main())


def test_a_running_loop_cannot_be_closed_but_another_one_can(loop: VirtualLoop) -> None:
    async def main() -> None:
        with pytest.raises(AlreadyRunningError):
            loop.close()
        VirtualLoop().close()

    loop.run_until_complete(main())
    assert not loop.is_closed()


def test_a_loop_that_was_stopped_too_early_says_so(loop: VirtualLoop) -> None:
    loop.call_later(1, loop.stop)
    task = loop.create_task(asyncio.sleep(2))
    with pytest.raises(RuntimeError, match="stopped before Future completed"):
        loop.run_until_complete(task)
    loop.run_until_complete(task)


def test_the_limits_of_a_loop_say_who_is_still_waiting() -> None:
    async def spin() -> None:
        while True:
            await asyncio.sleep(0.1)

    with pytest.raises(TimeLimitError) as by_time:
        VirtualLoop(max_time=2_000_000).run_until_complete(spin())
    with pytest.raises(EventLimitError) as by_events:
        VirtualLoop(max_events=100).run_until_complete(spin())
    for error in (by_time, by_events):
        (note,) = error.value.__notes__
        assert note.startswith("Task-1 (test_the_limits_of_a_loop_say_who_is_still_waiting.")
        assert "spin) waits for the future `future` at " in note


def test_a_closed_loop_forgets_its_own_calls_only(kernel: Kernel, loop: VirtualLoop) -> None:
    log: list[str] = []
    for delay in (0, 1):
        kernel.call_after(delay, log.append, "plain")
        loop.call_later(delay, log.append, "of the loop")
    loop.call_soon(log.append, "of the loop")
    loop.close()
    loop.close()
    kernel.run_until(1_000_000)
    assert log == ["plain", "plain"]
    assert loop.is_closed()
    for use in (loop.call_soon, loop.call_soon_threadsafe):
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            use(print)
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.call_later(1, print)
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.run_until(2_000_000)


def test_runners_one_after_another_go_on_on_the_same_kernel(kernel: Kernel) -> None:
    for end in (1.0, 2.0):
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(kernel)) as runner:
            runner.run(asyncio.sleep(1))
            assert runner.get_loop().time() == end


# Tasks


def test_tasks_are_numbered_by_their_loop_and_not_by_the_process() -> None:
    async def main() -> list[str]:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(2)]
        tasks.append(asyncio.create_task(asyncio.sleep(0), name="mine"))
        return [task.get_name() for task in tasks]

    for _ in range(2):
        assert VirtualLoop().run_until_complete(main()) == ["Task-2", "Task-3", "mine"]


def test_an_abandoned_asynchronous_generator_is_closed(loop: VirtualLoop) -> None:
    log: list[str] = []

    async def count() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(1)
            log.append("closed")

    async def main() -> None:
        async for _ in count():
            break
        gc.collect()
        await asyncio.sleep(2)
        await loop.shutdown_asyncgens()

    loop.run_until_complete(main())
    assert log == ["closed"]


def test_a_generator_that_fails_at_the_end_is_reported(loop: VirtualLoop) -> None:
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, report: reports.append(report))

    async def count() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            raise ValueError("at the end")

    async def main() -> None:
        generator = count()
        await anext(generator)
        await loop.shutdown_asyncgens()

    loop.run_until_complete(main())
    assert [str(report["exception"]) for report in reports] == ["at the end"]


# Errors that nobody awaits


def test_errors_that_nobody_awaits_are_printed_with_the_virtual_time(
    loop: VirtualLoop, capsys: pytest.CaptureFixture[str]
) -> None:
    loop.set_debug(True)
    loop.call_later(2, lambda: 1 // 0)
    loop.run_until(2_000_000)
    report = capsys.readouterr().err
    assert report.startswith("[2.000000] Exception in callback ")
    assert "Object created at (most recent call last)" in report
    assert "in test_errors_that_nobody_awaits_are_printed_with_the_virtual_time" in report
    assert report.endswith("ZeroDivisionError: integer division or modulo by zero\n")


def test_an_exception_handler_that_fails_is_reported(
    loop: VirtualLoop, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object, __: object) -> None:
        raise ValueError("the handler itself")

    loop.set_exception_handler(fail)
    assert loop.get_exception_handler() is fail
    loop.call_soon(lambda: 1 // 0)
    loop.run_until(0)
    report = capsys.readouterr().err
    assert "ValueError: the handler itself" in report
    assert "integer division" in report


# The real world


def test_every_method_of_an_event_loop_is_either_there_or_refused() -> None:
    missing = [
        name
        for name in vars(asyncio.AbstractEventLoop)
        if not name.startswith("__") and name != "_timer_handle_cancelled"
        if getattr(VirtualLoop, name) is getattr(asyncio.AbstractEventLoop, name)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("method", "remedy"),
    [
        ("create_connection", "use a connection of the simulated network"),
        ("create_server", "use a connection of the simulated network"),
        ("add_reader", "use a connection of the simulated network"),
        ("getaddrinfo", "use the addresses of the simulated hosts"),
        ("run_in_executor", "call the function directly"),
        ("subprocess_exec", "use a process of the simulated world"),
        ("add_signal_handler", "let the scenario kill, pause or resume"),
        ("connect_read_pipe", "keep the data in memory"),
    ],
)
def test_the_real_world_is_refused_with_a_remedy(
    loop: VirtualLoop, method: str, remedy: str
) -> None:
    with pytest.raises(NotSimulatedError, match=remedy) as refusal:
        getattr(loop, method)(1, 2, key=3)
    assert str(refusal.value).startswith(f"{method}() reaches for the real world")
    assert isinstance(refusal.value, NotImplementedError)


def in_thread(function: Callable[[], T]) -> T | BaseException:
    result: list[T | BaseException] = []

    def work() -> None:
        try:
            result.append(function())
        except BaseException as error:
            result.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return result[0]


def test_calls_from_the_loops_own_thread_are_welcome(loop: VirtualLoop) -> None:
    log: list[int] = []
    loop.call_soon_threadsafe(log.append, 1)

    async def main() -> None:
        loop.call_soon_threadsafe(log.append, 2)

    loop.run_until_complete(main())
    loop.run_until(0)
    assert log == [1, 2]


def test_calls_from_another_thread_are_refused(kernel: Kernel, loop: VirtualLoop) -> None:
    error = in_thread(lambda: loop.call_soon_threadsafe(print))
    assert isinstance(error, NotSimulatedError)
    assert "from another thread" in str(error)
    assert kernel.pending == 0
    loop.set_debug(True)
    assert isinstance(in_thread(lambda: loop.call_soon(print)), NotSimulatedError)
    assert isinstance(in_thread(lambda: loop.call_later(1, print)), NotSimulatedError)


def test_the_thread_that_runs_the_loop_is_its_own(loop: VirtualLoop) -> None:
    async def main() -> str:
        loop.call_soon_threadsafe(print)
        return "fine"

    assert in_thread(lambda: loop.run_until_complete(main())) == "fine"


def test_debug_mode_remembers_where_coroutines_come_from(loop: VirtualLoop) -> None:
    async def main() -> bool:
        coroutine: Awaitable[None] = asyncio.sleep(0)
        origin = coroutine.cr_origin  # type: ignore[attr-defined]
        await coroutine
        return origin is not None

    assert loop.get_debug() is False
    assert loop.run_until_complete(main()) is False
    loop.set_debug(True)
    assert loop.get_debug() is True
    assert loop.run_until_complete(main()) is True
