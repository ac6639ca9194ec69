"""asimpy: processes written as coroutines, on a queue of its own."""

from __future__ import annotations

import asimpy

from benchmarks.workloads import PingPong, Timers


def timers(work: Timers) -> int:
    """A process for each timer."""
    env = asimpy.Environment()
    fired = [0] * work.count

    class Timer(asimpy.Process):  # type: ignore[misc, unused-ignore]
        def init(self, index: int, period: int) -> None:
            self.index = index
            self.period = period

        async def run(self) -> None:
            while True:
                await self.timeout(self.period)
                fired[self.index] += 1

    for index, period in enumerate(work.periods):
        Timer(env, index, period)
    env.run(until=work.end)
    return sum(fired)


sleepers = timers


def ping_pong(work: PingPong) -> int:
    """A process and a queue for each node, and a process for each message."""
    env = asimpy.Environment()
    delays, partners = work.delays(), work.partners()
    received = [0] * work.nodes
    inboxes = [asimpy.Queue(env) for _ in range(work.nodes)]

    class Deliver(asimpy.Process):  # type: ignore[misc, unused-ignore]
        def init(self, to: int, message: tuple[bool, int]) -> None:
            self.to = to
            self.message = message

        async def run(self) -> None:
            await self.timeout(next(delays))
            await inboxes[self.to].put(self.message)

    class Node(asimpy.Process):  # type: ignore[misc, unused-ignore]
        def init(self, me: int) -> None:
            self.me = me

        async def run(self) -> None:
            me = self.me
            Deliver(env, next(partners), (True, me))
            while True:
                is_request, sender = await inboxes[me].get()
                received[me] += 1
                if is_request:
                    Deliver(env, sender, (False, me))
                else:
                    Deliver(env, next(partners), (True, me))

    for me in range(work.nodes):
        Node(env, me)
    env.run(until=work.end)
    return sum(received)
