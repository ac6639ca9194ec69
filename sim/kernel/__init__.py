"""The lowest floor of the simulator: virtual time, the queue, coroutines, random streams.

- `kernel`: the queue of plain callables and its clock; whatever happens, happens there.
- `loop`: an asyncio event loop on that queue, made of `real_world` (what is refused), `reports`
  (unhandled exceptions), `handles` (cancelling callbacks) and `tasks` (their order, who waits).
- `units`: from seconds to microseconds, the one rule of rounding.
- `streams`: named random generators, all derived from one seed.
- `errors`: what can go wrong in a run.
"""

from __future__ import annotations

from sim.kernel.errors import (
    AlreadyRunningError,
    DeadlockError,
    EventLimitError,
    KernelError,
    NotSimulatedError,
    PastTimeError,
    QueueEmptyError,
    TimeLimitError,
)
from sim.kernel.kernel import MAX_EVENTS, Callback, Kernel, Ticket
from sim.kernel.loop import VirtualLoop
from sim.kernel.streams import Streams
from sim.kernel.units import SECOND, microseconds, seconds

__all__ = [
    "MAX_EVENTS",
    "SECOND",
    "AlreadyRunningError",
    "Callback",
    "DeadlockError",
    "EventLimitError",
    "Kernel",
    "KernelError",
    "NotSimulatedError",
    "PastTimeError",
    "QueueEmptyError",
    "Streams",
    "Ticket",
    "TimeLimitError",
    "VirtualLoop",
    "microseconds",
    "seconds",
]
