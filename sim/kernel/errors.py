"""What can go wrong in a run of the virtual world, as exceptions that say what to do about it."""

from __future__ import annotations

__all__ = [
    "AlreadyRunningError",
    "DeadlockError",
    "EventLimitError",
    "KernelError",
    "NotSimulatedError",
    "PastTimeError",
    "QueueEmptyError",
    "TimeLimitError",
]


class KernelError(RuntimeError):
    """Base of every error of the kernel and of its event loop."""


class PastTimeError(KernelError, ValueError):
    """A call was scheduled, or a run asked to end, at a virtual time that has passed."""


class AlreadyRunningError(KernelError):
    """A callback asked the kernel that runs it to run, which would reorder events."""


class EventLimitError(KernelError):
    """A run executed as many events as it was allowed, and was not done."""


class TimeLimitError(KernelError):
    """A run reached the virtual time it was allowed, and was not done."""


class QueueEmptyError(KernelError):
    """The awaited condition is false and nothing is scheduled that could make it true."""


class DeadlockError(QueueEmptyError):
    """Coroutines wait for each other, or for what nobody will do, and nothing is scheduled.

    `waiting` holds one description per waiting task: its name, where it waits, and for what.
    """

    def __init__(self, message: str, waiting: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join((message, *(f"  {line}" for line in waiting))))
        self.waiting = waiting


class NotSimulatedError(KernelError, NotImplementedError):
    """Real input and output, real threads or real signals were asked of the virtual loop."""
