"""Numbers as C reads them: the leading digits count, anything else is 0.

``sentinel`` lines are read this way, generic directives are not. Spec: config §3.
"""

from __future__ import annotations

import re

__all__ = ["leading_int", "leading_unsigned"]

_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_LONG_MAX = 2**63 - 1
_UNSIGNED_MAX = 2**64 - 1


def _digits(text: str, most: int) -> int:
    match = _INTEGER.match(text)
    if match is None:
        return 0
    number = match.group(1)
    # Python refuses to convert absurdly long numbers; their value is beyond any limit anyway.
    if len(number.lstrip("+-").lstrip("0")) > 20:
        return -most - 1 if number.startswith("-") else most
    return int(number)


def leading_int(text: str) -> int:
    """The value of C's ``atoi``: 32 bits, and what does not fit wraps around."""
    value = min(max(_digits(text, _LONG_MAX), -_LONG_MAX - 1), _LONG_MAX)
    return (value + 2**31) % 2**32 - 2**31


def leading_unsigned(text: str) -> int:
    """The value of C's ``strtoull``: 64 bits; too large stops at the limit, negative wraps."""
    value = _digits(text, _UNSIGNED_MAX)
    if abs(value) > _UNSIGNED_MAX:
        return _UNSIGNED_MAX
    return value % 2**64
