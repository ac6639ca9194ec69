"""Log lines in the form of a real Sentinel (spec: events §4, README §6)."""

from __future__ import annotations

import datetime
import re

__all__ = ["LEVELS", "format_log_line"]

LEVELS = {"debug": 0, "verbose": 1, "notice": 2, "warning": 3, "nothing": 4}
"""Log levels by name; a line is written if its level is at least the configured one."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What could begin a line of its own, or command the terminal of whoever reads the log."""

_SIGNS = {"debug": ".", "verbose": "-", "notice": "*", "warning": "#"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_log_line(
    pid: int,
    time_ms: int,
    level: str,
    text: str,
    zone: datetime.tzinfo | None = datetime.UTC,
) -> str:
    """``<pid>:X <DD Mon YYYY HH:MM:SS.mmm> <level sign> <text>``; `time_ms` is Unix milliseconds.

    A real Sentinel writes local time: `zone` is the time zone of its host, None that of this
    machine. Control characters in `text` are escaped. Month names do not depend on the locale.
    [EVT-4-1] to [EVT-4-3], [GEN-6-8] to [GEN-6-12]
    """
    seconds, milliseconds = divmod(time_ms, 1000)
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC).astimezone(zone)
    stamp = f"{at.day:02d} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S}.{milliseconds:03d}"
    return f"{pid}:X {stamp} {_SIGNS[level]} {_CONTROL.sub(_escaped, text)}"


def _escaped(control: re.Match[str]) -> str:
    return ascii(control[0])[1:-1]
