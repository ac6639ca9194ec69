"""Turns that are short beside the timer's period, so that nobody who sends much holds up the rest.

What has come on a connection is worked off in rounds. When a round has taken long enough, who is
not done waits for the next, from the end of the line; between two rounds the timer, new bytes and
everybody else have their turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from minisentinel.server.clock import monotonic_us

__all__ = ["ROUND_US", "TakesTurns", "Turns"]

ROUND_US = 10_000
"""How long a round may take, if nothing else is said."""


class TakesTurns(Protocol):
    """A connection; `waits` says that it stands in line for its next turn."""

    waits: bool


T = TypeVar("T", bound=TakesTurns)


class Turns(Generic[T]):
    """Who is next: `work` goes on with one, `ask_for_round` asks that `next_round` be called.

    A round takes `round_us` microseconds by the clock (`ROUND_US` if None).
    """

    def __init__(
        self,
        work: Callable[[T], None],
        ask_for_round: Callable[[], None],
        round_us: int | None = None,
    ) -> None:
        self._work = work
        self._ask_for_round = ask_for_round
        self._round_us = ROUND_US if round_us is None else round_us
        self._waiting: deque[T] = deque()
        self._spent_us = 0

    def begin(self) -> int:
        """A turn begins; what is returned is for `is_over` and `end`."""
        return monotonic_us()

    def is_over(self, began_us: int) -> bool:
        """Whether the round has taken long enough; then `put_off`, and `end` the turn."""
        return self._spent_us + monotonic_us() - began_us > self._round_us

    def end(self, began_us: int) -> None:
        """A turn is over."""
        self._spent_us += monotonic_us() - began_us

    def put_off(self, who: T) -> None:
        """Give somebody a turn in the next round, after those who wait already."""
        who.waits = True
        self._waiting.append(who)
        self._ask_for_round()

    def next_round(self) -> None:
        """Give those a turn that had to wait."""
        self._spent_us = 0
        for _ in range(len(self._waiting)):
            if self._spent_us > self._round_us:
                self._ask_for_round()
                break
            # From the front, and who is not done goes to the end: each has its turn.
            who = self._waiting.popleft()
            who.waits = False
            self._work(who)
