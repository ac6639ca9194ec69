"""An asyncio event loop in virtual time: ``await asyncio.sleep(30)`` takes no time at all.

The loop has no queue of its own. Its callbacks stand in the kernel's, between the plain callables
of simulated nodes, under the one rule of that queue: by time, then by order of scheduling.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import traceback
import weakref
from asyncio import events, futures
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Final, NoReturn, TypeVar, TypeVarTuple, Unpack, cast

from sim.kernel.errors import (
    AlreadyRunningError,
    DeadlockError,
    EventLimitError,
    NotSimulatedError,
    QueueEmptyError,
    TimeLimitError,
)
from sim.kernel.handles import LaterHandle, SleepHandle, SoonHandle, describe_callback
from sim.kernel.kernel import MAX_EVENTS, Callback, Kernel, Ticket
from sim.kernel.reports import ErrorReportingLoop
from sim.kernel.tasks import VirtualTask, describe_waiting
from sim.kernel.units import microseconds, seconds

__all__ = ["VirtualLoop"]

_T = TypeVar("_T")
_Args = TypeVarTuple("_Args")


def _whole(time_seconds: float) -> int | None:
    """The time in microseconds; None for never."""
    try:
        return microseconds(time_seconds)
    except OverflowError:
        return None if time_seconds > 0 else 0


_FAR: Final = 1e15  # seconds; an infinite sleep is farther
# What asyncio.sleep asks to be called later. It does no more than set a result, so it needs neither
# a copy of the context nor a report of its errors, and sleeping is what coroutines do most.
_WAKE_SLEEPER: Final[object] = getattr(futures, "_set_result_unless_cancelled", None)

# A handle without a Python frame for its constructor.
_bare = object.__new__


class _Stop(BaseException):
    """Raised by the call that `stop` schedules; ends the run of the kernel."""


def _raise_stop(_: object) -> NoReturn:
    raise _Stop


def _stop_loop_of(future: asyncio.Future[Any]) -> None:
    # A SystemExit or KeyboardInterrupt has left the run already.
    if future.cancelled() or not isinstance(future.exception(), (SystemExit, KeyboardInterrupt)):
        future.get_loop().stop()


class VirtualLoop(ErrorReportingLoop):
    """Runs coroutines on the queue and by the clock of `kernel` (a new one by default).

    Use it as any other loop, ``asyncio.Runner(loop_factory=VirtualLoop)``, or drive coroutines and
    plain callables together with `run_until` and `run_until_true`. The times that asyncio's methods
    take are seconds, rounded up to whole microseconds (`sim.kernel.units`); those of the methods
    and parameters that asyncio does not have are microseconds, as in the kernel.

    `max_time` (µs) and `max_events` limit each run of `run_forever` and `run_until_complete`, by a
    TimeLimitError or EventLimitError. What needs the real world raises NotSimulatedError.

    Differs from asyncio's own loops on purpose: what is due now never overtakes what was scheduled
    earlier for the same instant; tasks have the same order and names in every run; a run that could
    only wait for ever raises DeadlockError; an error of a plain callable ends the run; debug mode
    does not look for slow callbacks.
    """

    def __init__(
        self,
        kernel: Kernel | None = None,
        *,
        max_time: int | None = None,
        max_events: int = MAX_EVENTS,
    ) -> None:
        super().__init__()
        self.kernel = Kernel() if kernel is None else kernel
        self.max_time = max_time
        self.max_events = max_events
        # Looked up once, because every callback needs them; `close` replaces the first two.
        self._stand_in_line: Callable[[tuple[Callback, Any]], object] = self.kernel._ready.append
        self._call_after: Callable[..., int] = self.kernel.call_after
        self._run_handle: Callback = self._run_one
        self._run_waking: Callback = self._wake_sleeper
        self.create_future = partial(asyncio.Future, loop=self)  # type: ignore[method-assign]
        self._running = False
        self._closed = False
        self._stop_ticket: Ticket | None = None
        self._thread = threading.get_ident()
        self._task_factory: Any = None
        self._tasks_created = 0
        # By identity and in order of their start; a WeakSet would be in the order of the addresses.
        self._generators: weakref.WeakValueDictionary[int, AsyncGenerator[Any, Any]]
        self._generators = weakref.WeakValueDictionary()
        self._debug = sys.flags.dev_mode or (
            not sys.flags.ignore_environment and bool(os.environ.get("PYTHONASYNCIODEBUG"))
        )

    def __repr__(self) -> str:
        state = "closed" if self._closed else "running" if self._running else "idle"
        return f"<VirtualLoop {state} time={self.time()}>"

    # Scheduling

    def time(self) -> float:
        """The virtual time in seconds."""
        return seconds(self.kernel.now)

    def call_soon(
        self,
        callback: Callable[[Unpack[_Args]], object],
        *args: *_Args,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Run ``callback(*args)`` now, after everything else that is due now."""
        handle = _bare(SoonHandle)
        handle.callback = callback
        handle.args = args
        handle.context = copy_context() if context is None else context
        if self._debug:
            self._note_origin(handle)
        self._stand_in_line((self._run_handle, handle))
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[_Args]], object],
        *args: *_Args,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run ``callback(*args)`` `delay` seconds from now; at once when that is not positive.

        An infinite delay is allowed and never ends.
        """
        if callback is _WAKE_SLEEPER and delay < _FAR and not self._debug:
            sleep = SleepHandle()
            sleep.args = args
            sleep.kernel = self.kernel
            sleep.ticket = self._call_after(microseconds(delay), self._run_waking, sleep)
            return sleep  # type: ignore[return-value]  # asyncio.sleep only cancels it
        return self._call_after_us(_whole(delay), callback, args, context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Args]], object],
        *args: *_Args,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run ``callback(*args)`` at the loop's time `when` (s); at once when that has passed."""
        when_us = _whole(when)
        delay_us = None if when_us is None else when_us - self.kernel.now
        return self._call_after_us(delay_us, callback, args, context)

    def _call_after_us(
        self,
        delay_us: int | None,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> LaterHandle:
        if context is None:
            context = copy_context()
        handle = LaterHandle(callback, args, context, self.kernel)
        if self._debug:
            self._note_origin(handle)
        if delay_us is None:
            handle.ticket = None
        else:
            handle.ticket = self._call_after(max(delay_us, 0), self._run_handle, handle)
        return handle

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[_Args]], object],
        *args: *_Args,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """The same as `call_soon`; raises NotSimulatedError in any thread but the loop's own."""
        self._check_thread()
        return self.call_soon(callback, *args, context=context)

    def _run_one(self, handle: SoonHandle | LaterHandle) -> None:
        callback, args = handle.callback, handle.args
        if callback is None:
            return
        try:
            if len(args) == 1:  # as in every step of a task; unpacking takes longer
                handle.context.run(callback, args[0])
            else:
                handle.context.run(callback, *args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            report = {
                "message": f"Exception in callback {describe_callback(callback)}",
                "exception": error,
                "handle": handle,
            }
            origin = getattr(handle, "origin", None)
            if origin is not None:
                report["source_traceback"] = origin
            self.call_exception_handler(report)

    def _wake_sleeper(self, handle: SleepHandle) -> None:
        handle.ticket = None  # asyncio.sleep cancels its handle in any case
        future, result = handle.args
        if not future.done():
            future.set_result(result)

    def _note_origin(self, handle: SoonHandle | LaterHandle) -> None:
        self._check_thread()
        handle.origin = traceback.extract_stack(sys._getframe(2))

    # Futures and tasks

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)  # in __init__ once more, without a Python frame

    def create_task(
        self,
        coro: Generator[Any, None, _T] | Coroutine[Any, Any, _T],
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[_T]:
        """Run `coro` as a task; without a name it is ``Task-1``, ``Task-2``... of this loop."""
        self._check_open()
        self._tasks_created = serial = self._tasks_created + 1
        if context is not None:
            options["context"] = context
        if self._task_factory is None:
            return VirtualTask(serial, coro, name=name, loop=self, **options)
        task: asyncio.Task[_T] = self._task_factory(self, coro, **options)
        if hasattr(task, "set_name"):
            task.set_name(name or f"Task-{serial}")
        return task

    def set_task_factory(self, factory: Any) -> None:
        """Let ``factory(loop, coro, **options)`` make the tasks; None for the default."""
        if factory is not None and not callable(factory):
            raise TypeError("task factory must be a callable or None")
        self._task_factory = factory

    def get_task_factory(self) -> Any:
        """The factory that was set, or None for the default one."""
        return self._task_factory

    # Running

    def run_forever(self) -> None:
        """Run until `stop` is called.

        Raises DeadlockError when nothing is scheduled any more, TimeLimitError at `max_time` and
        EventLimitError after `max_events` calls; all three say which tasks wait for what.
        """
        self._check_alone()
        with self._active():
            self.kernel.run_until_raised(max_time=self.max_time, max_events=self.max_events)

    def run_until_complete(self, future: Generator[Any, None, _T] | Awaitable[_T]) -> _T:
        """Run until `future` is done and return its result; a coroutine becomes a task first.

        Raises what `run_forever` does.
        """
        self._check_open()
        self._check_alone()
        is_new = not futures.isfuture(future)
        awaited: asyncio.Future[_T] = asyncio.ensure_future(cast(Awaitable[_T], future), loop=self)
        awaited.add_done_callback(_stop_loop_of)
        try:
            self.run_forever()
        except BaseException:
            if is_new and awaited.done() and not awaited.cancelled():
                awaited.exception()  # retrieved, so that it is not reported as lost
            raise
        finally:
            awaited.remove_done_callback(_stop_loop_of)
        if not awaited.done():
            raise RuntimeError("Event loop stopped before Future completed.")
        return awaited.result()

    def run_until(self, when: int, *, max_events: int = MAX_EVENTS) -> None:
        """Run coroutines and plain callables up to and including virtual time `when` (µs).

        Works under another running loop too, such as that of a notebook: virtual time passes
        while that one stands still. Returns early after `stop`. Raises what `Kernel.run_until`
        does.
        """
        with self._active():
            self.kernel.run_until(when, max_events=max_events)

    def run_until_true(
        self,
        predicate: Callable[[], object],
        *,
        max_time: int | None = None,
        max_events: int = MAX_EVENTS,
    ) -> None:
        """Run coroutines and plain callables until `predicate` holds; also under another loop.

        Returns early after `stop`. Raises what `Kernel.run_until_true` does, and DeadlockError in
        place of QueueEmptyError.
        """
        with self._active():
            self.kernel.run_until_true(predicate, max_time=max_time, max_events=max_events)

    def stop(self) -> None:
        """End the run when everything that is due now and scheduled already has run."""
        if self._stop_ticket is None:
            self._stop_ticket = self.kernel.call_soon(_raise_stop)

    def is_running(self) -> bool:
        """Whether the loop runs at this moment."""
        return self._running

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Forget all callbacks of the loop and refuse new ones; the kernel is as usable as before.

        Raises AlreadyRunningError while the loop runs.
        """
        if self._running:
            raise AlreadyRunningError("Cannot close a running event loop")
        self._closed = True
        self._stand_in_line = self._call_after = self._refuse_as_closed
        self.kernel.forget((self._run_handle, self._run_waking))

    @contextmanager
    def _active(self) -> Iterator[None]:
        """Be the running loop of this thread for the time of one run of the kernel."""
        self._check_open()
        self._check_idle()
        outer = events._get_running_loop()
        self._running = True
        self._thread = threading.get_ident()
        generator_hooks = sys.get_asyncgen_hooks()
        origin_depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_asyncgen_hooks(
            firstiter=self._generator_started, finalizer=self._generator_abandoned
        )
        sys.set_coroutine_origin_tracking_depth(10 if self._debug else origin_depth)
        events._set_running_loop(self)
        try:
            yield
        except _Stop:
            pass
        except QueueEmptyError as error:
            waiting = describe_waiting(self)
            raise DeadlockError(f"deadlock: {error}; waiting tasks:", waiting) from None
        except (TimeLimitError, EventLimitError) as error:
            for line in describe_waiting(self):
                error.add_note(line)
            raise
        finally:
            events._set_running_loop(outer)
            sys.set_coroutine_origin_tracking_depth(origin_depth)
            sys.set_asyncgen_hooks(*generator_hooks)
            self._running = False
            if self._stop_ticket is not None:
                self.kernel.cancel(self._stop_ticket)
                self._stop_ticket = None

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("Event loop is closed")

    def _refuse_as_closed(self, *_: object) -> NoReturn:
        raise RuntimeError("Event loop is closed")

    def _check_idle(self) -> None:
        if self._running:
            raise AlreadyRunningError("This event loop is already running")

    def _check_alone(self) -> None:
        self._check_idle()
        if events._get_running_loop() is not None:
            raise AlreadyRunningError("Cannot run the event loop while another loop is running")

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise NotSimulatedError(
                "the virtual loop was called from another thread, and threads have no virtual time;"
                " call it from its own thread, or let a simulated node or a task do the work"
            )

    # Debug mode

    def get_debug(self) -> bool:
        """Whether callbacks, tasks and coroutines remember where they were created."""
        return self._debug

    def set_debug(self, enabled: bool) -> None:
        """Turn debug mode on or off; it starts as it does in asyncio."""
        self._debug = enabled

    # The end: asynchronous generators and (absent) threads

    def _generator_started(self, generator: AsyncGenerator[Any, Any]) -> None:
        self._generators[id(generator)] = generator

    def _generator_abandoned(self, generator: AsyncGenerator[Any, Any]) -> None:
        self._generators.pop(id(generator), None)
        if not self._closed:
            self.call_soon(self.create_task, generator.aclose())

    async def shutdown_asyncgens(self) -> None:
        """Close all asynchronous generators that are not finished, in the order of their start."""
        generators = list(self._generators.values())
        self._generators.clear()
        results = await asyncio.gather(
            *(generator.aclose() for generator in generators), return_exceptions=True
        )
        for generator, result in zip(generators, results, strict=True):
            if isinstance(result, Exception):
                self.call_exception_handler(
                    {
                        "message": "an error occurred during closing of asynchronous generator"
                        f" {describe_callback(generator)}",
                        "exception": result,
                        "asyncgen": generator,
                    }
                )

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Nothing to do, as there are no threads; `asyncio.Runner` asks for it."""
