"""The trace of a live Sentinel: a file that only grows, whole up to its last line at any time."""

from __future__ import annotations

import json
import os

from minisentinel.server.clock import TraceClock, wall_clock_ms
from minisentinel.trace import Data, Entry, Header, Trace, TraceError
from minisentinel.trace.file import FORMAT, VERSION, encode_entry, trace_lines

__all__ = ["TraceFile"]


class TraceFile:
    """Appends entries to the trace at `path`; a restart of the process continues it.

    `node` names the process in every entry. Raises OSError, or `TraceError` if the file there is
    something else.
    """

    def __init__(self, path: str) -> None:
        self.node = "sentinel"
        self._lines: list[str] = []
        self._file = open(path, "a+b", buffering=0)  # noqa: SIM115 - lives as long as the process
        try:
            self._clock = TraceClock(self._begin(path))
        except BaseException:
            self._file.close()
            raise

    def _begin(self, path: str) -> int:
        """Write the header, or read the one that is there; Unix milliseconds of time zero."""
        file = self._file
        if not file.tell():
            header = Header(scenario="live", started_at_ms=wall_clock_ms())
            self._lines += trace_lines(Trace(header))
            self.flush()
            return header.started_at_ms
        file.seek(0)
        try:
            fields = json.loads(file.readline())
            started_at_ms = fields["started_at_ms"]
            if (fields["format"], fields["version"], type(started_at_ms)) != (FORMAT, VERSION, int):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise TraceError(f"{path}: expected a trace to continue, or no file") from None
        _end_after_a_line(file.fileno())
        return int(started_at_ms)

    def note(self, data: Data) -> None:
        """Add an entry; it is written with the next `flush`."""
        self._lines.append(encode_entry(Entry(self._clock.now_us(), self.node, data)) + "\n")

    def flush(self) -> None:
        """Write what was added since the last time. Raises OSError."""
        if self._lines:
            text, self._lines = "".join(self._lines), []
            self._file.write(text.encode("ascii"))

    def close(self) -> None:
        """Write the rest, and no more; not at all if closed already. Raises OSError."""
        if not self._file.closed:
            try:
                self.flush()
            finally:
                self._file.close()


def _end_after_a_line(descriptor: int) -> None:
    """Cut off half a line, which a killed process may have left."""
    size = os.fstat(descriptor).st_size
    while size and os.pread(descriptor, 1, size - 1) != b"\n":
        size -= 1
    os.ftruncate(descriptor, size)
