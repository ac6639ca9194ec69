"""Same-time order is scheduling order, whoever schedules: compared with the most naive model.

A program is a list of scripts. Whenever a call runs, it performs one script: it schedules further
calls, each in one of the ways there are, and cancels some. The model is a list, sorted each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from hypothesis import given
from hypothesis import strategies as st

from sim.kernel import Kernel, VirtualLoop

WAYS = ("kernel.call_after", "kernel.call_at", "loop.call_later", "loop.call_at", "loop.call_soon")
MOST_CALLS = 80

schedule = st.tuples(st.sampled_from(WAYS), st.integers(0, 3))
cancel = st.tuples(st.just("cancel"), st.integers(0, MOST_CALLS))
scripts = st.lists(st.lists(st.one_of(schedule, schedule, cancel), max_size=4), min_size=1)


class Queue(Protocol):
    def now(self) -> int: ...
    def schedule(self, way: str, delay: int, number: int) -> None: ...
    def cancel(self, number: int) -> None: ...


class Program:
    """Performs its scripts on a queue and notes when which call ran."""

    def __init__(self, program: list[list[tuple[str, int]]]) -> None:
        self.scripts = program
        self.calls_made = 0
        self.log: list[tuple[int, int]] = []

    def perform(self, queue: Queue, number: int) -> None:
        self.log.append((queue.now(), number))
        for action, value in self.scripts[number % len(self.scripts)]:
            if action == "cancel":
                queue.cancel(value)
            elif self.calls_made < MOST_CALLS:
                self.calls_made += 1
                delay = 0 if action == "loop.call_soon" else value
                queue.schedule(action, delay, self.calls_made)


class Model:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.time = 0
        self.waiting: list[tuple[int, int]] = []  # time and number; numbers are given in order

    def now(self) -> int:
        return self.time

    def schedule(self, _: str, delay: int, number: int) -> None:
        self.waiting.append((self.time + delay, number))

    def cancel(self, number: int) -> None:
        self.waiting = [call for call in self.waiting if call[1] != number]

    def run(self) -> None:
        self.program.perform(self, 0)
        while self.waiting:
            self.waiting.sort()
            self.time, number = self.waiting.pop(0)
            self.program.perform(self, number)


class Real:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.kernel = Kernel()
        self.loop = VirtualLoop(self.kernel)
        self.cancellers: dict[int, Callable[[], object]] = {}

    def now(self) -> int:
        return self.kernel.now

    def perform(self, number: int) -> None:
        self.program.perform(self, number)

    def schedule(self, way: str, delay: int, number: int) -> None:
        kernel, loop = self.kernel, self.loop
        if way.startswith("kernel"):
            if way == "kernel.call_at":
                ticket = kernel.call_at(kernel.now + delay, self.perform, number)
            else:
                ticket = kernel.call_after(delay, self.perform, number)
            self.cancellers[number] = lambda: kernel.cancel(ticket)
            return
        handle: asyncio.Handle
        if way == "loop.call_soon":
            handle = loop.call_soon(self.perform, number)
        elif way == "loop.call_later":
            handle = loop.call_later(delay / 1_000_000, self.perform, number)
        else:
            handle = loop.call_at((kernel.now + delay) / 1_000_000, self.perform, number)
        self.cancellers[number] = handle.cancel

    def cancel(self, number: int) -> None:
        if number in self.cancellers:
            self.cancellers[number]()

    def run(self) -> None:
        self.perform(0)
        self.loop.run_until(1_000)


@given(scripts)
def test_prop_calls_run_by_time_and_then_in_the_order_of_scheduling(
    program: list[list[tuple[str, int]]],
) -> None:
    expected, observed = Program(program), Program(program)
    Model(expected).run()
    Real(observed).run()
    assert observed.log == expected.log


def test_call_soon_does_not_overtake_a_plain_callable_of_the_same_instant() -> None:
    kernel = Kernel()
    loop = VirtualLoop(kernel)
    log: list[str] = []
    kernel.call_at(5, lambda _: loop.call_soon(log.append, "coroutine side"))
    kernel.call_at(5, log.append, "plain, scheduled before")
    loop.run_until(5)
    assert log == ["plain, scheduled before", "coroutine side"]
