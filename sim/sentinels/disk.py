"""The disk that a Sentinel keeps its configuration file on."""

from __future__ import annotations

from random import Random

from sim.network.latency import Latency, LogNormal

__all__ = ["FLUSH", "Disk"]

FLUSH = LogNormal(median_us=3000, sigma=0.5, floor_us=500)
"""Writing, renaming and syncing a small file: a few milliseconds, now and then ten or more."""


class Disk:
    """One file that survives its process.

    `error` is what writing fails with, empty if it works. Everything takes `slowdown` times as long
    as on a sound disk, failures too; so much longer the process does nothing else.
    """

    def __init__(self, content: str, random: Random, flush: Latency = FLUSH) -> None:
        self.content = content
        self.error = ""
        self.slowdown = 1.0
        self._flush = flush
        self._random = random

    def write(self, content: str) -> tuple[str, int]:
        """Replace the content durably; the error text and the time it took in µs."""
        took_us = round(self._flush.draw(self._random) * self.slowdown)
        if not self.error:
            self.content = content
        return self.error, took_us
