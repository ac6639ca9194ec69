"""Children of the server process: one at a time, and what having one costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from sim.redis.environment import Environment
from sim.redis.settings import Machine

__all__ = ["Forks", "Purpose"]

Purpose: TypeAlias = Literal["save", "rewrite", "transfer"]


class Forks:
    """The child that saves a dump, rewrites the append-only file, or feeds replicas.

    The server stands still while it forks. As long as the child lives, the pages that the server
    writes to are copied: `copied_bytes`. `data_memory` tells how much there is to
    fork; what every server has costs nothing to speak of.
    """

    __slots__ = (
        "_environment",
        "_machine",
        "copied_bytes",
        "count",
        "data_memory",
        "last_copied_bytes",
        "last_fork_us",
        "purpose",
    )

    def __init__(self, environment: Environment, machine: Machine) -> None:
        self._environment = environment
        self._machine = machine
        self.data_memory: Callable[[], int] = lambda: 0
        self.purpose: Purpose | None = None
        self.copied_bytes = 0
        self.last_copied_bytes = 0
        self.last_fork_us = 0
        self.count = 0

    def begin(self, purpose: Purpose) -> None:
        """Fork; there must be no child."""
        assert self.purpose is None
        self.purpose = purpose
        self.copied_bytes = 0
        self.count += 1
        self.last_fork_us = self._machine.fork_us(self.data_memory())
        self._environment.charge(self.last_fork_us)

    def end(self) -> None:
        """The child is gone."""
        self.purpose = None
        self.last_copied_bytes, self.copied_bytes = self.copied_bytes, 0

    def wrote(self, changes: int) -> None:
        """The server has written to so many places: pages are copied, each of them once at most."""
        if self.purpose is not None:
            copied = self.copied_bytes + changes * self._machine.page_bytes
            self.copied_bytes = min(copied, self.data_memory())
