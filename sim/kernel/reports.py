"""Where exceptions go that no coroutine awaits: the exception handlers of an event loop."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

from sim.kernel.real_world import NoRealWorldLoop

__all__ = ["ErrorReportingLoop"]

_Handler = Callable[[Any, dict[str, Any]], object]


class ErrorReportingLoop(NoRealWorldLoop):
    """An event loop's exception handlers, with asyncio's rules and its keys of `context`.

    Differs on purpose: reports go to standard error with the virtual time, and not to the logger
    ``asyncio``, because a log record carries the wall clock's.
    """

    def __init__(self) -> None:
        self._exception_handler: _Handler | None = None

    def get_exception_handler(self) -> _Handler | None:
        """The handler that was set, or None for the default one."""
        return self._exception_handler

    def set_exception_handler(self, handler: _Handler | None) -> None:
        """Let ``handler(loop, context)`` be told of unhandled exceptions; None for the default."""
        if handler is not None and not callable(handler):
            raise TypeError(f"A callable object or None is expected, got {handler!r}")
        self._exception_handler = handler

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Write the report in `context` to standard error."""
        exception = context.get("exception")
        lines = [f"[{self.time():.6f}] {context.get('message') or 'Unhandled exception'}"]
        for key in sorted(context):
            if key == "source_traceback":
                stack = "".join(traceback.format_list(context[key])).rstrip()
                lines.append(f"{key}: Object created at (most recent call last):\n{stack}")
            elif key not in ("message", "exception"):
                lines.append(f"{key}: {context[key]!r}")
        if exception is not None:
            lines.append("".join(traceback.format_exception(exception)).rstrip())
        print("\n".join(lines), file=sys.stderr)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report an exception that nobody awaits, as asyncio does.

        The handler runs in the context of the task, future or handle that the report is about.
        """
        try:
            if self._exception_handler is None:
                self.default_exception_handler(context)
                return
            subject = context.get("task") or context.get("future") or context.get("handle")
            get_context = getattr(subject, "get_context", None)
            if get_context is None:
                self._exception_handler(self, context)
            else:
                get_context().run(self._exception_handler, self, context)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self.default_exception_handler(
                {
                    "message": "Exception in the exception handler, for another report",
                    "exception": error,
                    "report": context,
                }
            )
