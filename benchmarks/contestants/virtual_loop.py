"""Our event loop, with unmodified asyncio programs."""

from __future__ import annotations

from benchmarks.contestants import asyncio_programs
from benchmarks.workloads import PingPong, Timers
from sim.kernel import VirtualLoop


def timers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return VirtualLoop().run_until_complete(asyncio_programs.timers(work))


def ping_pong(work: PingPong) -> int:
    """See `asyncio_programs`."""
    return VirtualLoop().run_until_complete(asyncio_programs.ping_pong(work))


def sleepers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return VirtualLoop().run_until_complete(asyncio_programs.sleepers(work))
