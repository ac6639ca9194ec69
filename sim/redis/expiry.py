"""Keys whose time is over: a master removes them, and tells its replicas by a DEL. [RED-5-4]

A replica never removes a key by itself: to its clients the key is missing from then on, and it
stays in memory until the master's DEL comes. A real master looks through samples of its keys ten
times a second; here it looks at exactly those that are due, at the same ten times.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from sim.redis.environment import Environment, Timer
from sim.redis.keyspace import Expiry, Keyspace

__all__ = ["ExpiryCycle"]

CYCLE_US = 100_000
LONGEST_SLEEP_US = 1_000_000
"""The host's clock may be set, so nobody sleeps for longer."""


class ExpiryCycle:
    """The timer that removes keys; there is none while nothing has a time to live.

    `removed` is called after keys were removed.
    """

    __slots__ = ("_due", "_environment", "_keyspace", "_removed", "_timer")

    def __init__(
        self, environment: Environment, keyspace: Keyspace, removed: Callable[[], None]
    ) -> None:
        self._environment = environment
        self._keyspace = keyspace
        self._removed = removed
        self._due: list[tuple[int, str]] = []
        self._timer: Timer | None = None
        keyspace.on_expire_set = self._note

    def turn(self, expiry: Expiry) -> None:
        """Change what becomes of keys whose time is over."""
        before, self._keyspace.expiry = self._keyspace.expiry, expiry
        if expiry is Expiry.ACTIVE and before is not Expiry.ACTIVE:
            self._due = [(when_ms, key) for key, when_ms in self._keyspace.expiries().items()]
            heapify(self._due)
            self._set_timer()

    def _note(self, key: str, when_ms: int) -> None:
        if self._keyspace.expiry is Expiry.ACTIVE:
            heappush(self._due, (when_ms, key))
            if self._timer is not None and self._due[0] == (when_ms, key):
                self._timer.cancel()
                self._timer = None
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None or not self._due:
            return
        environment = self._environment
        wait_us = (self._due[0][0] - environment.unix_ms()) * 1000
        wait_us = min(max(wait_us, 0), LONGEST_SLEEP_US)
        next_us = (environment.now_us() + wait_us) // CYCLE_US * CYCLE_US + CYCLE_US
        self._timer = environment.after(next_us - environment.now_us(), self._run)

    def _run(self, _: object) -> None:
        self._timer = None
        keyspace = self._keyspace
        if keyspace.expiry is not Expiry.ACTIVE:
            return
        now_ms = self._environment.unix_ms()
        while self._due and self._due[0][0] < now_ms:
            when_ms, key = heappop(self._due)
            if keyspace.expires_at(key) == when_ms:
                keyspace.remove_by_itself(key, "expired")
        if keyspace.changes:
            self._removed()
        self._set_timer()
