"""Where exceptions go that no coroutine awaits: the exception handlers of an event loop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sim.kernel.real_world import NoRealWorldLoop

__all__ = ["ErrorReportingLoop"]

_Handler = Callable[[Any, dict[str, Any]], object]
_logger = logging.getLogger("asyncio")  # where people look for the errors of an event loop


class ErrorReportingLoop(NoRealWorldLoop):
    """An event loop's exception handlers, with asyncio's rules, logger and `context` keys."""

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
        """Log the report in `context` as an error of the logger ``asyncio``."""
        exception = context.get("exception")
        lines = [context.get("message") or "Unhandled exception in event loop"]
        for key in sorted(context):
            if key in ("message", "exception"):
                continue
            value = context[key]
            if key == "source_traceback":
                value = "Object created at (most recent call last):\n" + "".join(value.format())
                lines.append(f"{key}: {value.rstrip()}")
            else:
                lines.append(f"{key}: {value!r}")
        _logger.error("\n".join(lines), exc_info=exception)

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
            _logger.error(
                "Exception in the exception handler, while it handled %r",
                context.get("message"),
                exc_info=error,
            )
