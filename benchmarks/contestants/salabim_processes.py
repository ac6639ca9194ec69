"""salabim: components with generators (its faster style), without trace and animation."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import salabim

from benchmarks.workloads import PingPong, Timers


def _environment() -> Any:
    return salabim.Environment(trace=False, yieldless=False)


def timers(work: Timers) -> int:
    """A component for each timer."""
    env = _environment()
    fired = [0] * work.count

    class Timer(salabim.Component):  # type: ignore[misc, name-defined, unused-ignore]
        def process(self, index: int, period: int) -> Generator[Any, Any, None]:
            while True:
                yield self.hold(period)
                fired[index] += 1

    for index, period in enumerate(work.periods):
        Timer(index=index, period=period)
    env.run(till=work.end)
    return sum(fired)


sleepers = timers


def ping_pong(work: PingPong) -> int:
    """A component and a store for each node, and a component for each message."""
    env = _environment()
    delays, partners = work.delays(), work.partners()
    received = [0] * work.nodes
    inboxes = [salabim.Store() for _ in range(work.nodes)]

    class Message(salabim.Component):  # type: ignore[misc, name-defined, unused-ignore]
        def process(self, to: int, is_request: bool, sender: int) -> Generator[Any, Any, None]:
            self.is_request, self.sender = is_request, sender
            yield self.hold(next(delays))
            yield self.to_store(inboxes[to], self)

    class Node(salabim.Component):  # type: ignore[misc, name-defined, unused-ignore]
        def process(self, me: int) -> Generator[Any, Any, None]:
            Message(to=next(partners), is_request=True, sender=me)
            while True:
                yield self.from_store(inboxes[me])
                message = self.from_store_item()
                received[me] += 1
                if message.is_request:
                    Message(to=message.sender, is_request=False, sender=me)
                else:
                    Message(to=next(partners), is_request=True, sender=me)

    for me in range(work.nodes):
        Node(me=me)
    env.run(till=work.end)
    return sum(received)
