"""Numbers as RESP writes them, and nothing that merely resembles them.

Python's own `int` and `float` take blanks, plus signs and underscores; a server does not.
"""

from __future__ import annotations

import re
from typing import Final

from minisentinel.wire import MAX_INT64, MIN_INT64

__all__ = ["parse_big_number", "parse_double", "parse_integer"]

_ZERO: Final = ord("0")
_MINUS: Final = ord("-")

_MAX_INT64_DIGITS: Final = 19
_MAX_BIG_DIGITS: Final = 4300
"""As many as Python converts at once; more would take quadratic time."""

_BIG_NUMBER: Final = re.compile(rb"-?[0-9]{1,%d}" % _MAX_BIG_DIGITS)
_DOUBLE: Final = re.compile(
    rb"-?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|nan)", re.IGNORECASE
)
"""What the digits mean is clear at the first look: matching takes time in proportion to length."""


def parse_integer(digits: bytes | bytearray) -> int | None:
    """The 64-bit integer that `digits` are, or None.

    No plus sign, no blank, no leading zero, no minus zero: what is accepted has one spelling.
    """
    if digits.isdigit():
        if digits[0] == _ZERO:
            return 0 if len(digits) == 1 else None
        if len(digits) > _MAX_INT64_DIGITS:
            return None
        number = int(digits)
        return number if number <= MAX_INT64 else None
    if not digits or digits[0] != _MINUS or len(digits) > _MAX_INT64_DIGITS + 1:
        return None
    magnitude = digits[1:]
    if not magnitude.isdigit() or magnitude[0] == _ZERO:
        return None
    number = int(digits)
    return number if number >= MIN_INT64 else None


def parse_big_number(digits: bytes | bytearray) -> int | None:
    """The integer of any size that `digits` are, or None; at most 4300 digits."""
    return int(digits) if _BIG_NUMBER.fullmatch(digits) else None


def parse_double(digits: bytes | bytearray) -> float | None:
    """The number that `digits` are, or None; infinities are ``inf`` and ``-inf``."""
    return float(digits) if _DOUBLE.fullmatch(digits) else None
