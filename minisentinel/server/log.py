"""The log of a live Sentinel, in a real one's form.

Spec: events §4. Lines go to the file `path`, opened anew for each, so that it may be moved away at
any time; or to standard output. If asked for, they go to the system's log as well.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from minisentinel.logformat import LEVELS, format_log_line
from minisentinel.server.clock import wall_clock_ms

__all__ = ["ServerLog"]

_PRIORITIES = {
    "debug": "LOG_DEBUG",
    "verbose": "LOG_INFO",
    "notice": "LOG_NOTICE",
    "warning": "LOG_WARNING",
    "nothing": "LOG_WARNING",
}
_ONE_LINE = str.maketrans({"\n": "\\n", "\r": "\\r"})


class ServerLog:
    """Writes lines whose level is at least `level`; a log that cannot be written stops nothing."""

    def __init__(self, level: str = "notice", path: str = "") -> None:
        self.level = level
        self.path = path
        self._pid = os.getpid()
        self._syslog: Any = None

    def tell_system(self, ident: str, facility: str) -> None:
        """Write to the system's log too, as `ident`; `facility` is ``user``, ``local0``, …"""
        import syslog  # Only few want it.

        syslog.openlog(
            ident,
            syslog.LOG_PID | syslog.LOG_NDELAY | syslog.LOG_NOWAIT,
            getattr(syslog, f"LOG_{facility.upper()}"),
        )
        self._syslog = syslog

    def write(self, level: str, text: str) -> None:
        """Write one line; `level` is debug, verbose, notice or warning."""
        if LEVELS[level] >= LEVELS[self.level]:
            text = text.translate(_ONE_LINE)
            self._put(format_log_line(self._pid, wall_clock_ms(), level, text, zone=None))
            if self._syslog is not None:
                text = text.replace("\0", "\\0").encode("utf-8", "replace").decode()
                self._syslog.syslog(getattr(self._syslog, _PRIORITIES[level]), text)

    def write_raw(self, seconds: int, text: str) -> None:
        """What a signal handler says: a line with the Unix time, whatever the level."""
        self._put(f"{self._pid}:signal-handler ({seconds}) {text}")

    def _put(self, line: str) -> None:
        data = f"{line}\n".encode("utf-8", "surrogateescape")
        try:
            if not self.path:
                sys.stdout.flush()
                os.write(sys.stdout.fileno(), data)
                return
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
        except (OSError, ValueError, AttributeError):
            pass
