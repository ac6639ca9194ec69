"""The client's side of a connection: bytes become replies, in RESP2 and RESP3.

No server of the family sends what RESP3 calls streamed (``$?``, ``*?``): it is a protocol error
here.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias

from minisentinel.codec.incoming import MAX_BULK_BYTES, Incoming
from minisentinel.codec.numbers import parse_big_number, parse_double, parse_integer
from minisentinel.replies import NULL_ARRAY, Error, Push, Reply, Status, Unordered, Verbatim

__all__ = ["NOT_YET", "NotYet", "ReplyDecoder"]

MAX_DEPTH: Final = 128
"""A bound, where hiredis has none any more; COMMAND DOCS of a real Sentinel is 12 deep."""
MAX_ITEMS: Final = 2**32 - 1


class NotYet(Enum):
    """The type of `NOT_YET`."""

    NOT_YET = "not yet"


NOT_YET: Final[Literal[NotYet.NOT_YET]] = NotYet.NOT_YET
"""More bytes are needed; None would be a reply."""


class _Nothing(Enum):
    """What was read is no reply by itself: the head of an array, or an attribute."""

    NOTHING = "nothing"


_NOTHING: Final[Literal[_Nothing.NOTHING]] = _Nothing.NOTHING
_Item: TypeAlias = "Reply | NotYet | _Nothing"


class _Open:
    """An array, set, push, map or attribute whose items are still coming."""

    __slots__ = ("items", "kind", "size")

    def __init__(self, kind: str, size: int) -> None:
        self.kind = kind
        self.size = size
        self.items: list[Reply] = []


class ReplyDecoder(Incoming):
    """Replies out of the bytes that a server sends, cut anywhere.

    Attributes (``|``) are skipped. Errors of any size become `Error`, texts of any format
    `Verbatim`. Keys of a map that are no text become text: numbers their digits, a status its text.
    Stricter than hiredis on purpose: a bulk text must be followed by a line end, a line is
    bounded, a double is written without blanks, plus sign or hexadecimal digits.
    """

    __slots__ = ("_bulk_kind", "_bulk_size", "_open")

    def __init__(self) -> None:
        super().__init__()
        self._open: list[_Open] = []
        """From the outermost to the innermost."""
        self._bulk_kind = ""
        """What the bulk text is whose head was read; empty before one."""
        self._bulk_size = 0

    def next(self) -> Reply | NotYet:
        """The next complete reply, or `NOT_YET` when more bytes are needed.

        Raises `ProtocolError`; the connection is then to be closed.
        """
        if self._failure is not None:
            self._fail(self._failure)
        while True:
            item = self._bulk() if self._bulk_kind else self._line()
            if item is NOT_YET:
                self._drop_understood()
                return NOT_YET
            if item is _NOTHING:
                continue
            reply = self._placed(item)
            if reply is not _NOTHING:
                self._complete()
                return reply

    def _placed(self, item: Reply) -> Reply | _Nothing:
        """Put `item` where it belongs; the outermost reply if that is complete now."""
        while self._open:
            inner = self._open[-1]
            inner.items.append(item)
            if len(inner.items) < inner.size:
                return _NOTHING
            self._open.pop()
            if inner.kind == "|":
                return _NOTHING
            item = self._closed(inner.kind, inner.items)
        return item

    def _closed(self, kind: str, items: list[Reply]) -> Reply:
        match kind:
            case "%":
                return {
                    self._key(key): value
                    for key, value in zip(items[::2], items[1::2], strict=True)
                }
            case "~":
                return Unordered(items)
            case ">":
                return Push(items)
        return tuple(items)

    def _key(self, key: Reply) -> str:
        match key:
            case str():
                return key
            case Status(text):
                return text
            case int() | float():
                return str(key)
        self._fail("a map has a key that is no text")

    def _line(self) -> _Item:
        """Read the line at hand, and the bulk text that it announces."""
        end = self._line_end(b"\r\n", "too big line")
        if end < 0:
            return NOT_YET
        kind = chr(self._data[self._at])
        text = self._data[self._at + 1 : end]
        self._at = end + 2
        match kind:
            case "$" | "=" | "!":
                size = self._size(kind, text, MAX_BULK_BYTES)
                if size < 0:
                    return None
                self._bulk_kind = kind
                self._bulk_size = size
                return self._bulk()
            case "+":
                return Status(self._one_line(text))
            case ":":
                return self._checked(parse_integer(text), "invalid integer")
            case "*" | "%" | "~" | ">" | "|":
                return self._aggregate(kind, text)
            case "-":
                return Error(self._one_line(text))
            case ",":
                return self._checked(parse_double(text), "invalid double")
            case "(":
                return self._checked(parse_big_number(text), "invalid big number")
            case "_" if not text:
                return None
            case "#" if text == b"t" or text == b"f":
                return text == b"t"
        self._fail(f"unexpected {kind!r}")

    def _checked(self, number: int | float | None, otherwise: str) -> int | float:
        if number is None:
            self._fail(otherwise)
        return number

    def _size(self, kind: str, digits: bytearray, limit: int) -> int:
        """The length after `kind`; -1 is null."""
        size = parse_integer(digits)
        if size is None or not -1 <= size <= limit:
            self._fail(f"invalid length of {kind!r}")
        return size

    def _one_line(self, text: bytearray) -> str:
        if b"\r" in text or b"\n" in text:
            self._fail("a line ends without carriage return and line feed")
        return text.decode("utf-8", "surrogateescape")

    def _aggregate(self, kind: str, digits: bytearray) -> _Item:
        size = self._size(kind, digits, MAX_ITEMS)
        if size < 0:
            return NULL_ARRAY
        if len(self._open) == MAX_DEPTH:
            self._fail(f"more than {MAX_DEPTH} arrays in one another")
        if size:
            self._open.append(_Open(kind, size if kind in "*~>" else 2 * size))
            return _NOTHING
        return _NOTHING if kind == "|" else self._closed(kind, [])

    def _bulk(self) -> Reply | NotYet:
        """Read the bulk text that was announced."""
        end = self._at + self._bulk_size
        data = self._data
        if len(data) < end + 2:
            return NOT_YET
        if data[end : end + 2] != b"\r\n":
            self._fail("a bulk text is longer than announced")
        text = data[self._at : end].decode("utf-8", "surrogateescape")
        kind = self._bulk_kind
        self._at = end + 2
        self._bulk_kind = ""
        match kind:
            case "!":
                return Error(text)
            case "=":
                if text[3:4] != ":":
                    self._fail("a verbatim text without its format")
                return Verbatim(text[4:])
        return text
