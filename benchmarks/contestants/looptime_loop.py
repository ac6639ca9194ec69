"""looptime: asyncio's selector loop, with a clock that jumps."""

from __future__ import annotations

import asyncio

import looptime

from benchmarks.contestants import asyncio_programs
from benchmarks.workloads import PingPong, Timers


class _Loop(looptime.LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """The loop that looptime's documentation composes."""


def timers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return _Loop().run_until_complete(asyncio_programs.timers(work))


def ping_pong(work: PingPong) -> int:
    """See `asyncio_programs`."""
    return _Loop().run_until_complete(asyncio_programs.ping_pong(work))


def sleepers(work: Timers) -> int:
    """See `asyncio_programs`."""
    return _Loop().run_until_complete(asyncio_programs.sleepers(work))
