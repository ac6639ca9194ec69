"""The floor: the barest loop over a heap of (time, serial, callback, argument), in one function.

Nothing can be cancelled, limited or asked here. It is what Python needs for the work itself.
"""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any

from benchmarks.workloads import PingPong, Timers


def timers(work: Timers) -> int:
    """Callbacks that push themselves again."""
    heap: list[tuple[int, int, Any, int]] = []
    periods, end = work.periods, work.end
    fired = [0] * work.count
    serial = now = 0

    def fire(index: int) -> None:
        nonlocal serial
        fired[index] += 1
        serial += 1
        heappush(heap, (now + periods[index], serial, fire, index))

    for index, period in enumerate(periods):
        serial += 1
        heappush(heap, (period, serial, fire, index))
    while now < end:
        now, _, callback, argument = heappop(heap)
        callback(argument)
    return sum(fired)


def ping_pong(work: PingPong) -> int:
    """Callbacks that push the next message."""
    heap: list[tuple[int, int, Any, tuple[int, int]]] = []
    delays, partners, end = work.delays(), work.partners(), work.end
    received = [0] * work.nodes
    serial = now = 0

    def request(pair: tuple[int, int]) -> None:
        nonlocal serial
        received[pair[1]] += 1
        serial += 1
        heappush(heap, (now + next(delays), serial, answer, pair))

    def answer(pair: tuple[int, int]) -> None:
        nonlocal serial
        node = pair[0]
        received[node] += 1
        serial += 1
        heappush(heap, (now + next(delays), serial, request, (node, next(partners))))

    for node in range(work.nodes):
        serial += 1
        heappush(heap, (next(delays), serial, request, (node, next(partners))))
    while now < end:
        now, _, callback, argument = heappop(heap)
        callback(argument)
    return sum(received)


def sleepers(work: Timers) -> int:
    """Generators that yield how long they want to sleep."""
    heap: list[tuple[int, int, Any, None]] = []
    end = work.end
    woken = [0] * work.count
    serial = now = 0

    def sleeper(index: int, period: int) -> Generator[int, None, None]:
        while True:
            yield period
            woken[index] += 1

    for index, period in enumerate(work.periods):
        send = sleeper(index, period).send
        serial += 1
        heappush(heap, (send(None), serial, send, None))
    while now < end:
        now, _, send, argument = heappop(heap)
        serial += 1
        heappush(heap, (now + send(argument), serial, send, argument))
    return sum(woken)
