"""The event loop of a live Sentinel, which counts its rounds and how long they take, for INFO."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable

from minisentinel.server.clock import monotonic_us

__all__ = ["MeteredLoop"]


class _MeteredSelector(selectors.DefaultSelector):
    """Tells `on_round` how long everything took between two times of waiting (microseconds)."""

    on_round: Callable[[int], None] | None = None
    _woke_us = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for something to happen."""
        if self.on_round is not None and self._woke_us:
            self.on_round(monotonic_us() - self._woke_us)
        ready = super().select(timeout)
        self._woke_us = monotonic_us()
        return ready


class MeteredLoop(asyncio.SelectorEventLoop):
    """An event loop that tells how long each of its rounds has taken."""

    def __init__(self) -> None:
        self._metered = _MeteredSelector()
        super().__init__(self._metered)

    def meter(self, on_round: Callable[[int], None]) -> None:
        """Have `on_round` called with the microseconds of every round from now on."""
        self._metered.on_round = on_round
