"""Commands and replies as bytes. Spec: commands §1 [CMD-1-10].

Text is put together as `str` and encoded once: each character is encoded by itself, so the whole
is what its parts would be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from minisentinel.replies import (
    Command,
    Error,
    NullArray,
    Push,
    Reply,
    Status,
    Unordered,
    Verbatim,
)
from minisentinel.wire import MAX_INT64, MIN_INT64, format_double

__all__ = ["encode_command", "encode_reply"]

_ONE_LINE: Final = str.maketrans("\r\n", "  ")

_MANY: Final = 1000
"""From so many items on it is worth looking whether they are the same ones."""


def encode_command(command: Command) -> bytes:
    """`command` as an array of bulk strings.

    Raises `UnicodeEncodeError` for text that no bytes stand for.
    """
    return _encoded(f"*{len(command)}\r\n" + "".join(map(_bulk, command)))


def encode_reply(reply: Reply, protocol: int = 2) -> bytes:
    """`reply` in RESP2 or, with `protocol` 3, in RESP3.

    A status or error is one line whatever its text: line ends in it become blanks [CMD-1-9].
    Integers of more than 64 bits are big numbers in RESP3, and bulk strings in RESP2.
    Raises `UnicodeEncodeError` for text that no bytes stand for.
    """
    return _encoded(_resp3(reply) if protocol == 3 else _resp2(reply))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(_encoded(text))


def _bulk(text: str) -> str:
    return f"${_size(text)}\r\n{text}\r\n"


def _line(mark: str, text: str) -> str:
    one_line = text.translate(_ONE_LINE) if "\r" in text or "\n" in text else text
    return f"{mark}{one_line}\r\n"


def _all(items: tuple[Reply, ...], encode: Callable[[Reply], str]) -> str:
    """Every item; of very many the same one is encoded only once, however often it comes."""
    if len(items) < _MANY:
        return "".join(map(encode, items))
    known: dict[int, str] = {}
    for item in items:
        if id(item) not in known:
            known[id(item)] = encode(item)
    return "".join([known[id(item)] for item in items])


def _resp2(reply: Reply) -> str:
    match reply:
        case str():
            return _bulk(reply)
        case Status(text):
            return _line("+", text)
        case Error(text):
            return _line("-", text)
        case bool():
            return ":1\r\n" if reply else ":0\r\n"
        case int():
            is_short = MIN_INT64 <= reply <= MAX_INT64
            return f":{reply}\r\n" if is_short else _bulk(str(reply))
        case tuple():
            return f"*{len(reply)}\r\n" + _all(reply, _resp2)
        case None:
            return "$-1\r\n"
        case dict():
            pairs = (_bulk(key) + _resp2(value) for key, value in reply.items())
            return f"*{2 * len(reply)}\r\n" + "".join(pairs)
        case float():
            return _bulk(format_double(reply))
        case NullArray():
            return "*-1\r\n"


def _resp3(reply: Reply) -> str:
    match reply:
        case Verbatim():
            return f"={_size(reply) + 4}\r\ntxt:{reply}\r\n"
        case bool():
            return "#t\r\n" if reply else "#f\r\n"
        case int() if not MIN_INT64 <= reply <= MAX_INT64:
            return f"({reply}\r\n"
        case tuple():
            mark = ">" if isinstance(reply, Push) else "~" if isinstance(reply, Unordered) else "*"
            return f"{mark}{len(reply)}\r\n" + _all(reply, _resp3)
        case None | NullArray():
            return "_\r\n"
        case dict():
            pairs = (_bulk(key) + _resp3(value) for key, value in reply.items())
            return f"%{len(reply)}\r\n" + "".join(pairs)
        case float():
            return f",{format_double(reply)}\r\n"
    return _resp2(reply)
