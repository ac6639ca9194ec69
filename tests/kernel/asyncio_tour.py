"""A tour through asyncio on the virtual loop, as a program that prints a log and needs no pytest.

`test_loop_on_every_python` runs it on all interpreters that it finds and compares what they print.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from sim.kernel import DeadlockError, Kernel, NotSimulatedError, TimeLimitError, VirtualLoop

stops: list[Callable[[], Awaitable[None]]] = []
variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def log(*words: object) -> None:
    try:
        now = f"{asyncio.get_running_loop().time():.6f}"
    except RuntimeError:
        now = "outside"
    print(now, *words)


def stop(function: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    stops.append(function)
    return function


@stop
async def sleeping() -> None:
    log("result of sleep:", await asyncio.sleep(30, "done"))
    await asyncio.sleep(0)
    await asyncio.sleep(0.000_000_1)
    log("a very short sleep takes a microsecond")


@stop
async def queues_and_groups() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)

    async def produce() -> None:
        for number in range(5):
            await asyncio.sleep(0.1)
            await queue.put(number)

    async def consume(name: str) -> None:
        while True:
            log(name, "got", await queue.get())
            await asyncio.sleep(0.25)
            queue.task_done()

    async with asyncio.TaskGroup() as group:
        consumers = [group.create_task(consume(name)) for name in ("anna", "ben")]
        await produce()
        await queue.join()
        for consumer in consumers:
            consumer.cancel()


@stop
async def groups_cancel_in_the_same_order_every_time() -> None:
    async def child(number: int) -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            log("cancelled child", number)
            raise

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(child(number))
            await asyncio.sleep(1)
            raise ValueError("the reason")
    except* ValueError as errors:
        log("group:", errors.exceptions)


@stop
async def timeouts() -> None:
    try:
        async with asyncio.timeout(1.5):
            await asyncio.sleep(10)
    except TimeoutError:
        log("timed out")
    async with asyncio.timeout(1.5) as timeout:
        timeout.reschedule(asyncio.get_running_loop().time() + 3)
        await asyncio.sleep(2)
    log("in time")
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.5)
    except TimeoutError:
        log("waited long enough")


@stop
async def waiting_for_several() -> None:
    async def sleep(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    log("gather:", await asyncio.gather(sleep(0.3), sleep(0.1), sleep(0.2)))
    tasks = [asyncio.create_task(sleep(n / 10)) for n in (3, 1, 2, 1)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    log("wait:", [task.result() for task in done], len(pending))
    log("completed:", [await task for task in asyncio.as_completed(pending)])
    shielded = asyncio.create_task(sleep(1))
    try:
        await asyncio.wait_for(asyncio.shield(shielded), 0.5)
    except TimeoutError:
        log("the shielded task goes on:", await shielded)


@stop
async def locks() -> None:
    lock, condition = asyncio.Lock(), asyncio.Condition()

    async def worker(name: str) -> None:
        async with lock:
            await asyncio.sleep(1)
            log(name, "had the lock")
        async with condition:
            await condition.wait()
            log(name, "was notified")

    async with asyncio.TaskGroup() as group:
        for name in ("x", "y", "z"):
            group.create_task(worker(name))
        await asyncio.sleep(5)
        async with condition:
            condition.notify_all()


@stop
async def streams_without_sockets() -> None:
    reader = asyncio.StreamReader()
    asyncio.get_running_loop().call_later(1, reader.feed_data, b"+PONG\r\n")
    log("read", await reader.readline())


@stop
async def contexts() -> None:
    loop = asyncio.get_running_loop()
    seen: list[str] = []

    def note() -> None:
        seen.append(variable.get())

    variable.set("outer")
    other = contextvars.copy_context()
    other.run(variable.set, "other")
    loop.call_soon(note)
    loop.call_soon(note, context=other)
    loop.call_later(0.1, note, context=other)
    loop.call_at(loop.time() + 0.1, note)
    variable.set("too late")

    async def inner() -> None:
        note()
        variable.set("inner")

    await asyncio.create_task(inner())
    await asyncio.sleep(1)
    log(seen, variable.get())


@stop
async def errors() -> None:
    loop = asyncio.get_running_loop()
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, report: reports.append(report))

    def fail() -> None:
        raise ValueError("of a callback")

    loop.call_soon(fail)
    loop.call_later(0.5, fail)
    loop.create_future().set_exception(ValueError("of a future that nobody awaits"))
    task = asyncio.create_task(asyncio.sleep(0.1))
    task.add_done_callback(lambda _: fail())
    await asyncio.sleep(1)
    for report in reports:
        log(report["message"], "-", report.get("exception"))
    loop.set_exception_handler(None)


@stop
async def the_real_world() -> None:
    loop = asyncio.get_running_loop()
    for reach in (
        lambda: asyncio.to_thread(print),
        lambda: asyncio.open_connection("localhost", 6379),
        lambda: asyncio.create_subprocess_exec("true"),
        lambda: loop.getaddrinfo("localhost", 6379),
    ):
        try:
            await reach()
        except NotSimulatedError as error:
            log(str(error).split(";")[0])


@stop
async def eager_tasks() -> None:
    factory = getattr(asyncio, "eager_task_factory", None)  # since Python 3.12
    seen: list[str] = []

    async def child() -> None:
        seen.append("started")
        await asyncio.sleep(1)
        seen.append("finished")

    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    task = asyncio.create_task(child())
    if factory is None:
        await asyncio.sleep(0)
    log(seen)
    loop.set_task_factory(None)
    await task
    log(seen)


async def generator(name: str) -> AsyncIterator[int]:
    try:
        for number in range(100):
            yield number
            await asyncio.sleep(1)
    finally:
        await asyncio.sleep(0.5)
        log("closed generator", name)


async def main() -> list[AsyncIterator[int]]:
    for function in stops:
        print(f"-- {function.__name__}")
        await function()
    print("-- left over at the end")

    async def never_ending(number: int) -> None:
        try:
            await asyncio.sleep(1_000_000)
        finally:
            log("ended", number)

    kept = [generator(name) for name in ("a", "b", "c")]
    for each in kept:
        await anext(each)
    tasks = [asyncio.create_task(never_ending(number)) for number in range(10)]
    await asyncio.sleep(1)
    numbers = [int(task.get_name().removeprefix("Task-")) for task in tasks]
    log("numbers of the tasks:", [number - numbers[0] for number in numbers])
    return kept


def deadlock() -> None:
    async def main() -> None:
        queue: asyncio.Queue[str] = asyncio.Queue()

        async def consumer() -> None:
            await queue.get()

        async with asyncio.TaskGroup() as group:
            other = group.create_task(consumer(), name="the consumer")
            await other

    try:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(main())
    except DeadlockError as error:
        print([line.split(" at ")[0] for line in error.waiting])


def too_long() -> None:
    async def main() -> None:
        while True:
            await asyncio.sleep(0.4)

    try:
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(max_time=1_000_000)) as runner:
            runner.run(main())
    except TimeLimitError as error:
        print(error)


if __name__ == "__main__":
    world = Kernel()
    debug = "--debug" in sys.argv
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(world), debug=debug) as runner:
        keep = runner.run(main())
    print("-- failing on purpose")
    deadlock()
    too_long()
    print("end", world)
