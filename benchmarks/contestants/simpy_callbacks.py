"""SimPy with callbacks on its timeouts."""

from __future__ import annotations

from typing import Any

import simpy

from benchmarks.workloads import PingPong, Timers


def timers(work: Timers) -> int:
    """A new timeout for each firing."""
    env = simpy.Environment()
    timeout = env.timeout
    periods = work.periods
    fired = [0] * work.count

    def fire(event: Any) -> None:
        index = event.value
        fired[index] += 1
        timeout(periods[index], index).callbacks.append(fire)

    for index, period in enumerate(periods):
        timeout(period, index).callbacks.append(fire)
    env.run(until=work.end)
    return sum(fired)


def ping_pong(work: PingPong) -> int:
    """A new timeout for each message."""
    env = simpy.Environment()
    timeout = env.timeout
    delays, partners = work.delays(), work.partners()
    received = [0] * work.nodes

    def request(event: Any) -> None:
        pair = event.value
        received[pair[1]] += 1
        timeout(next(delays), pair).callbacks.append(answer)

    def answer(event: Any) -> None:
        node = event.value[0]
        received[node] += 1
        timeout(next(delays), (node, next(partners))).callbacks.append(request)

    for node in range(work.nodes):
        timeout(next(delays), (node, next(partners))).callbacks.append(request)
    env.run(until=work.end)
    return sum(received)
