"""SimPy with processes, as its guide writes them: a process per message in flight, and stores."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.workloads import PingPong, Timers


def timers(work: Timers) -> int:
    """A process for each timer."""
    env = simpy.Environment()
    fired = [0] * work.count

    def timer(index: int, period: int) -> Generator[Any, Any, None]:
        while True:
            yield env.timeout(period)
            fired[index] += 1

    for index, period in enumerate(work.periods):
        env.process(timer(index, period))
    env.run(until=work.end)
    return sum(fired)


sleepers = timers


def ping_pong(work: PingPong) -> int:
    """A process and a store for each node, and a process for each message."""
    env = simpy.Environment()
    delays, partners = work.delays(), work.partners()
    received = [0] * work.nodes
    inboxes = [simpy.Store(env) for _ in range(work.nodes)]

    def deliver(to: int, message: tuple[bool, int]) -> Generator[Any, Any, None]:
        yield env.timeout(next(delays))
        inboxes[to].put(message)

    def node(me: int) -> Generator[Any, Any, None]:
        env.process(deliver(next(partners), (True, me)))
        while True:
            is_request, sender = yield inboxes[me].get()
            received[me] += 1
            if is_request:
                env.process(deliver(sender, (False, me)))
            else:
                env.process(deliver(next(partners), (True, me)))

    for me in range(work.nodes):
        env.process(node(me))
    env.run(until=work.end)
    return sum(received)
