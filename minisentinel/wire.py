"""How many bytes a command or a reply would occupy in RESP2, counted without encoding it.

The simulator moves objects, not bytes; replication offsets and bandwidth are still counted in the
bytes that a real server would have written.
"""

from __future__ import annotations

from minisentinel.replies import Command, Error, NullArray, Reply, Status

__all__ = ["command_size", "format_double", "reply_size"]


def format_double(number: float) -> str:
    """The shortest text that reads back as `number`, as a server writes it."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e17 else repr(number)


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _bulk_size(text: str) -> int:
    size = _text_size(text)
    return len(str(size)) + size + 5  # $<size>\r\n<text>\r\n


def command_size(command: Command) -> int:
    """Bytes of `command` as a RESP array of bulk strings."""
    total = len(str(len(command))) + 3  # *<count>\r\n
    for word in command:
        total += _bulk_size(word)
    return total


def reply_size(reply: Reply) -> int:
    """Bytes of `reply` in RESP2, where a map is a flat array and null is ``$-1``."""
    if isinstance(reply, str):
        return _bulk_size(reply)
    if isinstance(reply, Status | Error):
        return _text_size(reply.text) + 3
    if reply is None or isinstance(reply, NullArray):
        return 5
    if isinstance(reply, float):
        return _bulk_size(format_double(reply))
    if isinstance(reply, bool):
        return 4
    if isinstance(reply, int):
        return len(str(reply)) + 3
    if isinstance(reply, tuple):
        return len(str(len(reply))) + 3 + sum(map(reply_size, reply))
    return (
        len(str(2 * len(reply)))
        + 3
        + sum(_bulk_size(key) + reply_size(value) for key, value in reply.items())
    )
