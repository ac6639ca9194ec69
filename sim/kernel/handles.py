"""What `call_soon` and `call_later` of the event loop return: the means to cancel a callback.

They are handles of asyncio by type and by behaviour, with constructors that do less: the parents'
ask the loop for debug mode and keep what a real loop needs, and a simulation makes millions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from traceback import StackSummary
from typing import Any

from sim.kernel.kernel import Kernel, Ticket, time_of
from sim.kernel.units import seconds

__all__ = ["LaterHandle", "SleepHandle", "SoonHandle", "describe_callback"]


def describe_callback(callback: object) -> str:
    """The name of a callback, without the address that a `repr` would show."""
    inner = getattr(callback, "func", callback)  # of a functools.partial
    return str(getattr(inner, "__qualname__", type(inner).__qualname__))


class SoonHandle(asyncio.Handle):
    """A callback in the line for the current instant."""

    __slots__ = ("args", "callback", "context", "origin")

    callback: Callable[..., object] | None  # None when cancelled
    args: tuple[Any, ...]
    context: Context
    origin: StackSummary | None  # who scheduled it; set in debug mode only

    def __repr__(self) -> str:
        name = "cancelled" if self.callback is None else describe_callback(self.callback)
        return f"<SoonHandle {name}>"

    def cancel(self) -> None:
        """Forget the callback; the empty handle is dropped when its turn comes."""
        self.callback = None
        self.args = ()

    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self.callback is None

    def get_context(self) -> Context:
        """The context in which the callback runs."""
        return self.context


class LaterHandle(asyncio.TimerHandle):
    """A callback in the queue of the kernel."""

    __slots__ = ("args", "callback", "context", "kernel", "origin", "ticket")

    ticket: Ticket | None  # None when it shall never run

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context,
        kernel: Kernel,
    ) -> None:
        self.callback: Callable[..., object] | None = callback  # None when cancelled
        self.args = args
        self.context = context
        self.kernel = kernel
        self.origin: StackSummary | None = None  # who scheduled it; kept in debug mode only

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = asyncio.Handle.__hash__

    def __repr__(self) -> str:
        name = "cancelled" if self.callback is None else describe_callback(self.callback)
        return f"<LaterHandle when={self.when()} {name}>"

    def cancel(self) -> None:
        """Take the callback out of the queue."""
        if self.ticket is not None:
            self.kernel.cancel(self.ticket)
        self.callback = None
        self.args = ()

    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self.callback is None

    def get_context(self) -> Context:
        """The context in which the callback runs."""
        return self.context

    def when(self) -> float:
        """The time of the loop (seconds) at which the callback runs."""
        return float("inf") if self.ticket is None else seconds(time_of(self.ticket))

    @property
    def _when(self) -> float:  # what the comparisons of the parent look at
        return self.when()


class SleepHandle:
    """What wakes an `asyncio.sleep`, which knows of handles only that they can be cancelled."""

    __slots__ = ("args", "kernel", "ticket")

    args: tuple[Any, ...]  # the future and its result
    kernel: Kernel
    ticket: Ticket | None  # None when the sleeper has been woken

    def __repr__(self) -> str:
        return "<SleepHandle>"

    def cancel(self) -> None:
        """Take the waking out of the queue."""
        if self.ticket is not None:
            self.kernel.cancel(self.ticket)
