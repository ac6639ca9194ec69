"""Numbers read leniently, as C reads them: the digits that a text begins with, 0 without any."""

from __future__ import annotations

import re

__all__ = ["leading_int", "leading_long", "leading_unsigned"]

_LEADING = re.compile(r"[ \t\n\v\f\r]*([+-]?)0*([0-9]*)")
_MOST_DIGITS = 20
_SIGNED_MAX = 2**63 - 1
_UNSIGNED_MAX = 2**64 - 1


def _leading(text: str) -> int:
    """The number that `text` begins with; one of absurd length is cut, as nobody needs it."""
    match = _LEADING.match(text)
    if match is None or not match[2]:
        return 0
    # Python refuses to convert thousands of digits, and anybody may send them.
    value = int(match[2][: _MOST_DIGITS + 1])
    return -value if match[1] == "-" else value


def leading_int(text: str) -> int:
    """A C ``int`` as ``atoi`` reads it: 32 bits, and what does not fit wraps around.

    [MON-9.1-12] [CFG-3-1]
    """
    return (leading_long(text) + 2**31) % 2**32 - 2**31


def leading_long(text: str) -> int:
    """A signed number of 64 bits; what does not fit stops at the limit."""
    return max(min(_leading(text), _SIGNED_MAX), -_SIGNED_MAX - 1)


def leading_unsigned(text: str) -> int:
    """An unsigned number of 64 bits (epochs, offsets): too large stops, a negative one wraps.

    [MON-9.1-12]
    """
    value = _leading(text)
    return _UNSIGNED_MAX if abs(value) > _UNSIGNED_MAX else value % 2**64
