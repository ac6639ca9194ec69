"""Our kernel with plain callables, as simulated nodes use it."""

from __future__ import annotations

from benchmarks.workloads import PingPong, Timers
from sim.kernel import Kernel


def timers(work: Timers) -> int:
    """Callbacks that schedule themselves again."""
    kernel = Kernel()
    call_after = kernel.call_after
    periods = work.periods
    fired = [0] * work.count

    def fire(index: int) -> None:
        fired[index] += 1
        call_after(periods[index], fire, index)

    for index, period in enumerate(periods):
        call_after(period, fire, index)
    kernel.run_until(work.end)
    return sum(fired)


def ping_pong(work: PingPong) -> int:
    """Callbacks that schedule the next message."""
    kernel = Kernel()
    call_after = kernel.call_after
    delays, partners = work.delays(), work.partners()
    received = [0] * work.nodes

    def request(pair: tuple[int, int]) -> None:
        received[pair[1]] += 1
        call_after(next(delays), answer, pair)

    def answer(pair: tuple[int, int]) -> None:
        node = pair[0]
        received[node] += 1
        call_after(next(delays), request, (node, next(partners)))

    for node in range(work.nodes):
        call_after(next(delays), request, (node, next(partners)))
    kernel.run_until(work.end)
    return sum(received)
