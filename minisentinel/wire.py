"""How many bytes a command or a reply would occupy in RESP2, counted without encoding it.

The simulator moves objects, not bytes; replication offsets and bandwidth are still counted in the
bytes that a real server would have written. What the codec must agree on with that stands here too:
how a double is written, and which integers RESP2 has.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Final

from minisentinel.replies import PONG, Command, Error, NullArray, Reply, Status

__all__ = ["MAX_INT64", "MIN_INT64", "command_size", "format_double", "reply_size"]

MIN_INT64: Final = -(2**63)
MAX_INT64: Final = 2**63 - 1
"""An integer beyond these is no RESP2 integer."""

_MAX_WRITTEN_AS_INTEGER: Final = 2.0**62


def format_double(number: float) -> str:
    """The shortest text that reads back as `number`, as a server since 7.2 writes it.

    Python chooses the digits; the server's own rules say when there is an exponent.
    """
    if not isfinite(number):
        return repr(number)
    if number.is_integer() and abs(number) <= _MAX_WRITTEN_AS_INTEGER:
        return f"{number:.0f}"
    sign, digit_tuple, power = Decimal(repr(number)).as_tuple()
    assert isinstance(power, int)  # it is a text for what is no number
    minus = "-" if sign else ""
    digits = "".join(map(str, digit_tuple))
    exponent = len(digits) - 1 + power
    if power >= 0 and exponent < len(digits) + 7:
        return f"{minus}{digits}{'0' * power}"
    if -7 < power < 0 or (power < 0 and abs(exponent) < 4):
        digits = digits.rjust(1 - power, "0")
        return f"{minus}{digits[:power]}.{digits[power:]}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{exponent:+d}"


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _bulk_size(text: str) -> int:
    size = len(text) if text.isascii() else _text_size(text)
    return len(str(size)) + size + 5  # $<size>\r\n<text>\r\n


@lru_cache(maxsize=1024)  # most commands are said again and again, word by word
def command_size(command: Command) -> int:
    """Bytes of `command` as a RESP array of bulk strings."""
    total = len(str(len(command))) + 3  # *<count>\r\n
    for word in command:
        total += _bulk_size(word)
    return total


def reply_size(reply: Reply) -> int:
    """Bytes of `reply` in RESP2, where a map is a flat array and null is ``$-1``."""
    if reply is PONG:
        return 7
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
        digits = str(reply)
        return len(digits) + 3 if MIN_INT64 <= reply <= MAX_INT64 else _bulk_size(digits)
    if isinstance(reply, tuple):
        return len(str(len(reply))) + 3 + sum(map(reply_size, reply))
    return (
        len(str(2 * len(reply)))
        + 3
        + sum(_bulk_size(key) + reply_size(value) for key, value in reply.items())
    )
