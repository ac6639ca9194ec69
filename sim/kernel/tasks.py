"""Tasks whose order is the same in every run, and what they are waiting for.

asyncio keeps tasks in sets: `TaskGroup` cancels its children in the order of a set, `Runner` those
that are left at the end, `asyncio.wait` returns sets. The order in a set follows the hashes, and an
object's hash follows its address. A task of the virtual loop hashes to its serial number instead,
so that the order, whatever it is, is the same in every run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator, Iterator, Mapping
from types import FrameType
from typing import Any, TypeVar

__all__ = ["VirtualTask", "describe_waiting"]

_T = TypeVar("_T")


class VirtualTask(asyncio.Task[_T]):
    """An asyncio task with a serial number, and a name that no other run in the process shifts."""

    __slots__ = ("is_being_cancelled", "serial")

    def __init__(
        self,
        serial: int,
        coro: Generator[Any, None, _T] | Coroutine[Any, Any, _T],
        *,
        name: str | None = None,
        **options: Any,
    ) -> None:
        self.is_being_cancelled = False
        self.serial = serial  # the parent's constructor puts the task into a set already
        super().__init__(coro, name=name or f"Task-{serial}", **options)

    def __hash__(self) -> int:
        return self.serial

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel what the task waits for, and thereby the task, as in asyncio.

        Tasks that wait for each other in a circle cannot be cancelled so. They stay as they are,
        where asyncio goes round until the stack overflows.
        """
        if self.is_being_cancelled:
            return False
        self.is_being_cancelled = True
        try:
            return super().cancel(msg)
        finally:
            self.is_being_cancelled = False


def describe_waiting(loop: asyncio.AbstractEventLoop) -> tuple[str, ...]:
    """One line for each unfinished task of `loop`: its name, where it waits, and for what."""
    tasks = sorted(
        asyncio.all_tasks(loop), key=lambda task: (getattr(task, "serial", 0), task.get_name())
    )
    return tuple(_describe(task) for task in tasks)


def _describe(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    frames = list(_frames(coroutine))
    where = " > ".join(
        f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}" for frame in frames
    )
    name = getattr(coroutine, "__qualname__", type(coroutine).__qualname__)
    awaited = _awaited(task, frames[-1].f_locals if frames else {})
    return f"{task.get_name()} ({name}) waits for {awaited} at {where or 'its beginning'}"


def _frames(awaitable: object) -> Iterator[FrameType]:
    """The frames of a suspended coroutine, outermost first."""
    while awaitable is not None:
        for prefix in ("cr", "gi", "ag"):  # coroutine, generator, asynchronous generator
            frame = getattr(awaitable, f"{prefix}_frame", None)
            if frame is not None:
                break
        else:
            return
        yield frame
        awaitable = getattr(awaitable, "gi_yieldfrom" if prefix == "gi" else f"{prefix}_await")


def _awaited(task: asyncio.Task[Any], names: Mapping[str, object]) -> str:
    """What the task waits for; `names` are the local variables where it does."""
    waiter = getattr(task, "_fut_waiter", None)
    if waiter is None:
        return "its turn"
    if isinstance(waiter, asyncio.Task):
        return f"the task {waiter.get_name()}"
    children = getattr(waiter, "_children", None)  # of asyncio.gather
    if children:
        return "all of " + ", ".join(
            child.get_name() if isinstance(child, asyncio.Task) else "a future"
            for child in children
            if not child.done()
        )
    for name, value in names.items():
        if value is waiter:
            return f"the future `{name}`"
    return "a future"
