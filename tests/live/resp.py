"""A raw client: requests as bytes, replies as trees that lose nothing.

It shares no code with the project's own codec on purpose: what both get wrong alike would not show.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

__all__ = [
    "CLOSED",
    "SILENCE",
    "Connection",
    "ErrorReply",
    "Listener",
    "Tree",
    "encode",
    "read_tree",
]

TIMEOUT_SECONDS = 120.0
"""How long a server may take to answer. Only one that never does takes that long."""

AGGREGATES = "*%~>"
BULKS = "$=!"
SIMPLE = "+-:_#,("


@dataclass(frozen=True)
class Tree:
    """One RESP element: its first character, its text, and the elements in it.

    Lengths are left out, since they follow from the rest; `None` as text is the null of RESP2. So
    two replies are equal as trees exactly if they are equal as bytes.
    """

    sign: str
    text: str | None = ""
    children: tuple[Tree, ...] = ()

    def lines(self, indent: str = "") -> Iterator[str]:
        """To read, and to compare line by line."""
        if self.sign in AGGREGATES:
            count = len(self.children) // (2 if self.sign == "%" else 1)
            shown = "null" if self.text is None else str(count)
            yield f"{indent}{self.sign}{shown}"
            for child in self.children:
                yield from child.lines(indent + "  ")
        elif self.text is None:
            yield f"{indent}{self.sign}null"
        else:
            first, *rest = self.text.splitlines() or [""]
            yield f"{indent}{self.sign}{first}"
            yield from (f"{indent}| {line}" for line in rest)

    @property
    def value(self) -> Any:
        """The same as a Python value: maps as dicts, an error as an `ErrorReply`."""
        if self.text is None or self.sign == "_":
            return None
        if self.sign == "%":
            values = [child.value for child in self.children]
            return dict(zip(values[::2], values[1::2], strict=True))
        if self.sign in AGGREGATES:
            return [child.value for child in self.children]
        if self.sign == ":":
            return int(self.text)
        if self.sign == "#":
            return self.text == "t"
        if self.sign in "-!":
            return ErrorReply(self.text)
        return self.text


CLOSED = Tree("x", "connection closed")
"""What stands for a reply when the server closes the connection instead."""

SILENCE = Tree("x", "no reply")
"""What stands for a reply when none comes in time."""


@dataclass(frozen=True)
class ErrorReply:
    """An error, with its code (``ERR``) but without the minus."""

    text: str


def encode(words: tuple[str, ...]) -> bytes:
    """A request as a client sends it: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word.encode("utf-8", "surrogateescape")
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class Connection:
    """A connection to a server on loopback. Usable in a with statement."""

    def __init__(self, port: int, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_seconds)
        self._stream: BinaryIO = self._socket.makefile("rb")

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes; that the other end has closed the connection shows when it is read."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def call(self, *words: str) -> Any:
        """Send a request and return the value of its reply."""
        return self.ask(*words).value

    def ask(self, *words: str) -> Tree:
        """Send a request and read one reply; `CLOSED` when the connection ends instead."""
        self.send(encode(words))
        return self.read()

    def is_silent_for(self, seconds: float) -> bool:
        """Whether no reply comes in that time; if so, this connection is of no use any more."""
        self._socket.settimeout(seconds)
        return self.read() == SILENCE

    def read(self) -> Tree:
        """Read one reply; `CLOSED` or `SILENCE` when none comes.

        After a silence there is no reading on: the stream may have been cut anywhere.
        """
        try:
            return read_tree(self._stream)
        except (EOFError, ConnectionResetError):
            return CLOSED
        except TimeoutError:
            return SILENCE


class Listener:
    """A subscription to everything, read when somebody asks, without waiting."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self._buffer = b""
        try:
            self._socket.sendall(encode(("PSUBSCRIBE", "*")))
            # What is asked next, on whatever connection, is asked of one that is being listened to.
            while b":1\r\n" not in self._buffer:
                chunk = self._socket.recv(1 << 16)
                if not chunk:
                    raise ConnectionResetError("closed before the subscription was confirmed")
                self._buffer += chunk
            self._socket.setblocking(False)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def messages(self) -> Iterator[tuple[str, str]]:
        """Channel and payload of what has come in since the last call."""
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            while chunk := self._socket.recv(1 << 16):
                self._buffer += chunk
        stream = io.BytesIO(self._buffer)
        done = 0
        with contextlib.suppress(EOFError):
            while True:
                value = read_tree(stream).value
                done = stream.tell()
                if value[0] == "pmessage":
                    yield value[2], value[3]
        self._buffer = self._buffer[done:]


def read_tree(stream: BinaryIO) -> Tree:
    """Read one element.

    Raises:
        EOFError: the stream ends within it.
        AssertionError: it is not RESP.
    """
    line = _line(stream)
    sign, rest = line[:1], line[1:]
    if sign and sign in SIMPLE:
        return Tree(sign, rest)
    if sign and sign in BULKS:
        length = int(rest)
        if length < 0:
            return Tree(sign, None)
        data = stream.read(length + 2)
        if len(data) < length + 2:
            raise EOFError
        assert data.endswith(b"\r\n"), f"a bulk string of {length} bytes ends with {data[-2:]!r}"
        return Tree(sign, data[:-2].decode("utf-8", "surrogateescape"))
    if sign and sign in AGGREGATES:
        count = int(rest)
        if count < 0:
            return Tree(sign, None)
        count *= 2 if sign == "%" else 1
        return Tree(sign, "", tuple(read_tree(stream) for _ in range(count)))
    raise AssertionError(f"not RESP: {line!r}")


def _line(stream: BinaryIO) -> str:
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError
    return line[:-2].decode("utf-8", "surrogateescape")
