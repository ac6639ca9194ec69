"""detangle: a deterministic asyncio loop made for exploring schedules, with nothing explored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import detangle

from benchmarks.contestants import asyncio_programs
from benchmarks.workloads import PingPong, Timers


def _run(program: Callable[[Any], Awaitable[int]], work: Timers | PingPong) -> int:
    config = detangle.SimConfig(reorder=False, max_steps=1_000_000_000, seed_random=False)
    result = detangle.execute(program, (work,), config=config)
    return int(result.value)


def timers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return _run(asyncio_programs.timers, work)


def ping_pong(work: PingPong) -> int:
    """See `asyncio_programs`."""
    return _run(asyncio_programs.ping_pong, work)


def sleepers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return _run(asyncio_programs.sleepers, work)
