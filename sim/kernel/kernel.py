"""The event queue and the clock of the virtual world, in integer microseconds.

Think of a desk diary: entries are made for later, the page is turned to the next entry, and the
clock on the wall is set to what the entry says. Nothing happens between entries, so nobody waits.

The *ticket* of an entry is one integer: its time in the high bits, its serial number in the low
ones. Comparing tickets compares times first and the order of scheduling second, which is the whole
rule of the queue, and the heap has nothing but integers to compare.

What is due at once does not visit the heap: it stands in line in `_ready`. A call in the heap that
is due now was scheduled when now was still the future, hence before anything in that line, so the
rule of the queue is: first what the heap has for this instant, then the line, then time moves on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from itertools import repeat
from typing import Any, Final, NoReturn, TypeAlias

from sim.kernel.errors import (
    AlreadyRunningError,
    EventLimitError,
    PastTimeError,
    QueueEmptyError,
    TimeLimitError,
)

__all__ = ["MAX_EVENTS", "Callback", "Kernel", "Ticket", "time_of"]

Ticket: TypeAlias = int
Callback: TypeAlias = Callable[[Any], object]

MAX_EVENTS: Final = 100_000_000
"""How many calls one run may make unless told otherwise: a minute or more of real time."""

_SERIAL_BITS: Final = 40  # a million million calls in the life of a kernel
_NEVER: Final = 1 << 80  # µs, far beyond any run
_STALE_ALLOWED: Final = 64


def time_of(ticket: Ticket) -> int:
    """The virtual time (µs) for which a call was scheduled."""
    return ticket >> _SERIAL_BITS


class Kernel:
    """Runs plain callables at virtual times; equal times run in the order of scheduling.

    Every callback takes exactly one argument. An exception that a callback raises ends the run and
    reaches whoever asked for it; the queue stays as it is, and another run goes on from there.
    """

    __slots__ = ("_calls", "_heap", "_ready", "_redeem", "_running", "_serial", "now")

    now: int
    """The virtual time in microseconds; only the kernel sets it."""

    def __init__(self) -> None:
        self.now = 0
        self._serial = 0
        self._calls: dict[Ticket, tuple[Callback, Any]] = {}
        # Tickets of `_calls` that are due later, and some that were cancelled.
        self._heap: list[Ticket] = []
        # Calls that are due now, in order. One with a ticket stands here as (`_redeem`, ticket);
        # the event loop of this package appends its callbacks directly, without ticket.
        self._ready: deque[tuple[Callback, Any]] = deque()
        self._redeem: Callback = self._run_ticket
        self._running = False

    def __repr__(self) -> str:
        return f"<Kernel now={self.now} pending={self.pending}>"

    # Scheduling

    def call_at(self, when: int, callback: Callback, argument: Any = None) -> Ticket:
        """Run ``callback(argument)`` at virtual time `when` (µs); the ticket cancels it.

        Raises PastTimeError when `when` is before `now`.
        """
        if when < self.now:
            raise PastTimeError(f"cannot call at {when} µs: it is {self.now} µs already")
        return self.call_after(when - self.now, callback, argument)

    def call_after(self, delay: int, callback: Callback, argument: Any = None) -> Ticket:
        """Run ``callback(argument)`` `delay` microseconds from now; the ticket cancels it.

        Raises PastTimeError when `delay` is negative.
        """
        self._serial = serial = self._serial + 1
        ticket = ((self.now + delay) << _SERIAL_BITS) + serial
        if delay > 0:
            heappush(self._heap, ticket)
        elif delay == 0:
            self._ready.append((self._redeem, ticket))
        else:
            raise PastTimeError(f"cannot call {-delay} µs ago")
        self._calls[ticket] = (callback, argument)
        return ticket

    def call_soon(self, callback: Callback, argument: Any = None) -> Ticket:
        """Run ``callback(argument)`` now, after everything else that is due now."""
        return self.call_after(0, callback, argument)

    def cancel(self, ticket: Ticket) -> bool:
        """Forget a scheduled call; False when it has run or was cancelled already."""
        if self._calls.pop(ticket, None) is None:
            return False
        # The ticket stays in the heap and is skipped when its time comes. Timeouts are mostly
        # cancelled long before that, so a heap that is mostly stale is built anew.
        if len(self._heap) > 2 * len(self._calls) + _STALE_ALLOWED:
            self._heap[:] = [ticket for ticket in self._heap if ticket in self._calls]
            heapify(self._heap)
        return True

    def forget(self, callbacks: Sequence[Callback]) -> None:
        """Cancel all scheduled calls of these callbacks; the slow way, for the end of a user."""
        for ticket in [t for t, (callback, _) in self._calls.items() if callback in callbacks]:
            self.cancel(ticket)
        kept = [call for call in self._ready if call[0] not in callbacks]
        self._ready.clear()
        self._ready.extend(kept)

    def _run_ticket(self, ticket: Ticket) -> None:
        call = self._calls.pop(ticket, None)
        if call is not None:
            call[0](call[1])

    # Looking

    @property
    def pending(self) -> int:
        """The number of calls that are scheduled and not cancelled."""
        redeem = self._redeem
        return len(self._calls) + sum(callback is not redeem for callback, _ in self._ready)

    @property
    def next_time(self) -> int | None:
        """The virtual time of the next call (µs); None when nothing is scheduled."""
        heap, ready, calls = self._heap, self._ready, self._calls
        while ready and ready[0][0] is self._redeem and ready[0][1] not in calls:
            ready.popleft()
        while heap and heap[0] not in calls:
            heappop(heap)
        if ready:
            return self.now
        return heap[0] >> _SERIAL_BITS if heap else None

    # Running

    def step(self) -> bool:
        """Run the next call; False when nothing is scheduled.

        Raises AlreadyRunningError inside a callback.
        """
        if self.next_time is None:
            return False
        self._run(_NEVER, 1, lambda: True)
        return True

    def run_until(self, when: int, *, max_events: int = MAX_EVENTS) -> None:
        """Run everything that is due up to and including `when` (µs), and set the clock to it.

        Raises PastTimeError when `when` has passed, EventLimitError when more than `max_events`
        calls are due by then, AlreadyRunningError inside a callback.
        """
        if when < self.now:
            raise PastTimeError(f"cannot run until {when} µs: it is {self.now} µs already")
        self._run(when, max_events, None)
        self.now = when

    def run_until_true(
        self,
        predicate: Callable[[], object],
        *,
        max_time: int | None = None,
        max_events: int = MAX_EVENTS,
    ) -> None:
        """Run calls until `predicate` holds; it is asked at the start and after every call.

        Calls that are due after `max_time` (µs) do not run. Raises TimeLimitError when the
        predicate is still false then (with the clock at `max_time`), EventLimitError when it is
        false after `max_events` calls, QueueEmptyError when nothing is left that could make it
        true, PastTimeError when `max_time` has passed, AlreadyRunningError inside a callback.
        """
        if not predicate():
            self._run_to_the_end(predicate, max_time, max_events)

    def run_until_raised(
        self, *, max_time: int | None = None, max_events: int = MAX_EVENTS
    ) -> NoReturn:
        """Run calls until one of them raises; the limits and errors are those of run_until_true."""
        self._run_to_the_end(None, max_time, max_events)
        raise AssertionError("without a predicate a run ends in an error only")

    def run_until_idle(self, *, max_events: int = MAX_EVENTS) -> None:
        """Run calls until none is scheduled.

        Raises EventLimitError after `max_events` calls, AlreadyRunningError inside a callback.
        """
        self._run(_NEVER, max_events, None)

    def _run_to_the_end(
        self, predicate: Callable[[], object] | None, max_time: int | None, max_events: int
    ) -> None:
        if max_time is None:
            max_time = _NEVER
        elif max_time < self.now:
            raise PastTimeError(f"cannot run until {max_time} µs: it is {self.now} µs already")
        if self._run(max_time, max_events, predicate):
            return
        if self.next_time is None:
            raise QueueEmptyError(f"nothing is scheduled any more at {self.now} µs")
        self.now = max_time
        raise TimeLimitError(f"the run is not done at {max_time} µs, which is its limit")

    def _run(self, last: int, max_events: int, predicate: Callable[[], object] | None) -> bool:
        """Run calls up to time `last`; True as soon as `predicate` holds, False at the end."""
        if self._running:
            raise AlreadyRunningError("a callback cannot run the kernel that is running it")
        self._running = True
        started = self.now
        heap, ready = self._heap, self._ready
        take = self._calls.pop
        take_ready = ready.popleft
        limit = (last + 1) << _SERIAL_BITS
        try:
            for _ in repeat(None, max_events):
                while True:
                    if ready and (not heap or heap[0] >> _SERIAL_BITS != self.now):
                        callback, argument = take_ready()
                        break
                    if not heap or heap[0] >= limit:
                        return False
                    ticket = heappop(heap)
                    call = take(ticket, None)
                    if call is not None:
                        self.now = ticket >> _SERIAL_BITS
                        callback, argument = call
                        break
                callback(argument)
                if predicate is not None and predicate():
                    return True
        finally:
            self._running = False
        following = self.next_time
        if predicate is None and (following is None or following > last):
            return False
        raise EventLimitError(
            f"{max_events} calls have run from {started} µs to {self.now} µs, and the run is not"
            f" done; the next of {self.pending} scheduled calls is due at {following} µs"
        )
