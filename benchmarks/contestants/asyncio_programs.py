"""The workloads as unmodified asyncio programs; the contestants differ in the event loop only."""

from __future__ import annotations

import asyncio

from benchmarks.workloads import PingPong, Timers

__all__ = ["ping_pong", "sleepers", "timers"]


async def timers(work: Timers) -> int:
    """Callbacks that call `loop.call_later` again."""
    call_later = asyncio.get_running_loop().call_later
    periods = [period / 1_000_000 for period in work.periods]
    fired = [0] * work.count

    def fire(index: int) -> None:
        fired[index] += 1
        call_later(periods[index], fire, index)

    for index, period in enumerate(periods):
        call_later(period, fire, index)
    await asyncio.sleep(work.end / 1_000_000)
    return sum(fired)


async def ping_pong(work: PingPong) -> int:
    """Messages delivered by `loop.call_later`."""
    call_later = asyncio.get_running_loop().call_later
    delays, partners = work.delays_seconds(), work.partners()
    received = [0] * work.nodes

    def request(pair: tuple[int, int]) -> None:
        received[pair[1]] += 1
        call_later(next(delays), answer, pair)

    def answer(pair: tuple[int, int]) -> None:
        node = pair[0]
        received[node] += 1
        call_later(next(delays), request, (node, next(partners)))

    for node in range(work.nodes):
        call_later(next(delays), request, (node, next(partners)))
    await asyncio.sleep(work.end / 1_000_000)
    return sum(received)


async def sleepers(work: Timers) -> int:
    """Tasks that do `await asyncio.sleep(...)`."""
    woken = [0] * work.count

    async def sleeper(index: int, period: float) -> None:
        while True:
            await asyncio.sleep(period)
            woken[index] += 1

    tasks = [
        asyncio.create_task(sleeper(index, period / 1_000_000))
        for index, period in enumerate(work.periods)
    ]
    await asyncio.sleep(work.end / 1_000_000)
    assert not any(task.done() for task in tasks)
    return sum(woken)
