"""The Sentinels' logs, as they would stand in their log files."""

from __future__ import annotations

from minisentinel.logformat import LEVELS, format_log_line
from minisentinel.trace import Entry, LogLine, SentinelEvent, Trace

__all__ = ["log_lines"]

FIRST_PID = 1001


def log_lines(trace: Trace, *, level: str = "notice", since: float = 0.0) -> list[str]:
    """Every Sentinel's log in its own format, merged in order of time, each line with its name.

    `level` is the lowest level shown, `since` seconds of the run. Times are UTC; process ids are
    made up, one per Sentinel.
    """
    pids: dict[str, int] = {}
    spoken = [(entry, text) for entry in trace.entries if (text := _text(entry)) is not None]
    width = max((len(entry.node) for entry, _ in spoken), default=0)
    lines = []
    for entry, (line_level, words) in spoken:
        pid = pids.setdefault(entry.node, FIRST_PID + len(pids))
        if LEVELS[line_level] >= LEVELS[level] and entry.time_us >= since * 1_000_000:
            at_ms = trace.header.started_at_ms + entry.time_us // 1000
            line = format_log_line(pid, at_ms, line_level, words)
            lines.append(f"{entry.node:<{width}} | {line}")
    return lines


def _text(entry: Entry) -> tuple[str, str] | None:
    data = entry.data
    if isinstance(data, SentinelEvent):
        return data.level, f"{data.name} {data.payload}"
    if isinstance(data, LogLine):
        return data.level, data.text
    return None
