r"""The server's side of a connection: bytes become commands.

A request is an array of bulk strings, ``*2\r\n$4\r\nPING\r\n$2\r\nhi\r\n``, or, for people with
telnet, a line of words (*inline*). Spec: commands §1 [CMD-1-1].
"""

from __future__ import annotations

import re
from typing import Final

from minisentinel.codec.incoming import MAX_BULK_BYTES, MAX_LINE_BYTES, Incoming
from minisentinel.codec.numbers import parse_integer
from minisentinel.replies import Command
from minisentinel.words import UnbalancedQuotes, split_words

__all__ = ["RequestDecoder"]

MAX_ARGUMENTS: Final = 2**31 - 1
MAX_UNAUTHENTICATED_ARGUMENTS: Final = 10
MAX_UNAUTHENTICATED_BULK_BYTES: Final = 16 * 1024

_ARRAY: Final = ord("*")
_BULK: Final = ord("$")
_UNKNOWN: Final = -1

_PLAIN_BULK_HEAD: Final = re.compile(rb"\$(0|[1-9][0-9]{0,7})\r.", re.DOTALL)
"""What nearly all heads look like: taken at once, where any other is looked at closely."""


class RequestDecoder(Incoming):
    """Commands out of the bytes that a client sends, cut anywhere.

    Args:
        authenticated: False for a client that must give a password and has not yet: it may send
            small requests only. Settable at any time; counts for what is decoded from then on.
        most_arguments: Of how many words a request may be. An array of more is refused before they
            come, a line when it has.
    """

    __slots__ = (
        "_bulk_size",
        "_endless",
        "_missing",
        "_most_arguments",
        "_words",
        "authenticated",
    )

    def __init__(self, *, authenticated: bool = True, most_arguments: int = MAX_ARGUMENTS) -> None:
        super().__init__()
        self.authenticated = authenticated
        self._most_arguments = most_arguments
        self._words: list[str] = []
        self._missing = 0
        """Arguments of the current array that are still to come."""
        self._bulk_size = _UNKNOWN
        """Of the argument whose head was read last."""
        self._endless = False
        """Whether the current line holds a NUL."""

    def next(self) -> Command | None:
        """The next complete command, or None when more bytes are needed.

        Requests without a word (``*0``, ``*-1``, an empty line) are skipped as a server does.
        Raises `ProtocolError`; the connection is then to be answered and closed.
        [CMD-1.1-1] [CMD-1.1-3]
        """
        if self._failure is not None:
            self._fail(self._failure)
        while True:
            command = self._request()
            if command is None:
                self._drop_understood()
                return None
            self._complete()
            if command:
                return command

    def _request(self) -> Command | None:
        """The next request, without a word perhaps; None when its end has not come."""
        if not self._missing:
            if self._at == len(self._data):
                return None
            if self._data[self._at] != _ARRAY:
                return self._inline()
            if not self._array_head():
                return None
        if not self._arguments():
            return None
        command = tuple(self._words)
        self._words.clear()
        return command

    def _array_head(self) -> bool:
        """Read ``*<count>``; whether it was there. [CMD-1.1-4] [CMD-1.1-5]"""
        end = self._header_end("too big mbulk count string")
        if end < 0:
            return False
        count = parse_integer(self._data[self._at + 1 : end])
        if count is None or count > self._most_arguments:
            self._fail("invalid multibulk length")
        if count > MAX_UNAUTHENTICATED_ARGUMENTS and not self.authenticated:
            self._fail("unauthenticated multibulk length")
        self._at = end + 2
        self._missing = max(count, 0)
        return True

    def _arguments(self) -> bool:
        """Read the bulk strings of the current array; whether all were there."""
        data = self._data
        while self._missing:
            size = self._bulk_size
            if size == _UNKNOWN:
                size = self._bulk_head()
                if size == _UNKNOWN:
                    return False
            end = self._at + size
            if len(data) < end + 2:
                self._bulk_size = size
                return False
            # As in a real server the two bytes behind the text may be any.
            self._words.append(data[self._at : end].decode("utf-8", "surrogateescape"))
            self._at = end + 2
            self._bulk_size = _UNKNOWN
            self._missing -= 1
        return True

    def _bulk_head(self) -> int:
        """Read ``$<size>``; the size, or `_UNKNOWN` when it was not there.

        [CMD-1.1-6] to [CMD-1.1-8]
        """
        data = self._data
        head = _PLAIN_BULK_HEAD.match(data, self._at)
        if head:
            size = int(head[1])
            end = head.end(1)
        else:
            end = self._header_end("too big bulk count string")
            if end < 0:
                return _UNKNOWN
            if data[self._at] != _BULK:
                got = data[self._at : self._at + 1].decode("utf-8", "surrogateescape")
                one_line = " " if got in "\r\n" else got
                self._fail(f"expected '$', got '{one_line}'")
            parsed = parse_integer(data[self._at + 1 : end])
            if parsed is None or not 0 <= parsed <= MAX_BULK_BYTES:
                self._fail("invalid bulk length")
            size = parsed
        if size > MAX_UNAUTHENTICATED_BULK_BYTES and not self.authenticated:
            self._fail("unauthenticated bulk length")
        self._at = end + 2
        return size

    def _inline(self) -> Command | None:
        """The words of a line; None when its end has not come. [CMD-1.1-2] [CMD-1.1-10]"""
        end = self._text_end(b"\n", "too big inline request")
        if end < 0:
            return None
        line = self._data[self._at : end].decode("utf-8", "surrogateescape")
        self._at = end + 1
        try:
            words = split_words(line.removesuffix("\r"))
        except UnbalancedQuotes:
            self._fail("unbalanced quotes in request")
        if len(words) > self._most_arguments:
            self._fail("too big inline request")
        return words

    def _header_end(self, too_long: str) -> int:
        """Where the line ``*<count>`` or ``$<size>`` ends, or -1 when its end has not come."""
        end = self._text_end(b"\r", too_long)
        # Whatever follows the carriage return is taken for a line feed, but it must have come.
        return end if end + 1 < len(self._data) else -1

    def _text_end(self, mark: bytes, too_long: str) -> int:
        """As `_line_end`; but a line that holds a NUL never ends, until it is too long.

        A real server looks for the end as one does in a C string. [CMD-1.1-9]
        """
        if not self._endless:
            end = self._line_end(mark, too_long)
            if end < 0 or self._data.find(0, self._at, end) < 0:
                return end
            self._endless = True
        if len(self._data) - self._at > MAX_LINE_BYTES:
            self._fail(too_long)
        return -1
