"""The bytes of a connection that wait to be understood: what both decoders share."""

from __future__ import annotations

from typing import Final, NoReturn

from minisentinel.codec.errors import ProtocolError

__all__ = ["MAX_BULK_BYTES", "MAX_LINE_BYTES", "Incoming"]

MAX_BULK_BYTES: Final = 512 * 1024 * 1024
MAX_LINE_BYTES: Final = 64 * 1024
"""The longest line, without its end."""


class Incoming:
    """Received bytes and how far they are understood; the base of both decoders.

    Every byte is looked at a constant number of times, however the bytes are cut into chunks: the
    search for the end of a line goes on where it stopped, and a long text is waited for by its
    length. Nothing is reserved for what is only announced.
    """

    __slots__ = ("_at", "_boundary", "_data", "_dropped", "_failure", "_scanned")

    def __init__(self) -> None:
        self._data = bytearray()
        self._at = 0
        """Where in `_data` the first byte is that is not understood yet."""
        self._scanned = 0
        """Up to where in `_data` no end of the current line was found."""
        self._dropped = 0
        """How many bytes have gone from the front of `_data`."""
        self._boundary = 0
        """How many bytes of the connection belong to complete messages."""
        self._failure: str | None = None

    @property
    def buffered(self) -> int:
        """Bytes received of what is not a complete message yet."""
        return self._dropped + len(self._data) - self._boundary

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection; ignored after a protocol error."""
        if self._failure is None:
            self._data += data

    def _line_end(self, mark: bytes, too_long: str) -> int:
        """Where `mark` ends the line that starts at `_at`, or -1 when it has not come.

        Fails with the text `too_long` once the line is known to be longer than `MAX_LINE_BYTES`.
        A real server may let a longer line pass if its end arrives in one piece with its middle;
        here it does not matter how the bytes were cut.
        """
        end = self._data.find(mark, max(self._at, self._scanned))
        if end < 0:
            self._scanned = len(self._data) - len(mark) + 1
        if max(end, self._scanned) - self._at > MAX_LINE_BYTES:
            self._fail(too_long)
        return end

    def _complete(self) -> None:
        """A message ends here."""
        self._boundary = self._dropped + self._at

    def _drop_understood(self) -> None:
        """Give back the memory of what has been understood."""
        at = self._at
        if at:
            del self._data[:at]
            self._dropped += at
            self._scanned = max(self._scanned - at, 0)
            self._at = 0

    def _fail(self, text: str) -> NoReturn:
        """Raise a protocol error, now and whenever more is asked for."""
        self._failure = text
        self._data.clear()
        self._at = self._scanned = 0
        self._boundary = self._dropped
        raise ProtocolError(text)
