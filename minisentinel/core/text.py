"""Reading numbers the way the protocol does."""

from __future__ import annotations

import re

__all__ = ["leading_integer", "strict_integer"]

_LEADING = re.compile(r"\s*([+-]?[0-9]+)")
_STRICT = re.compile(r"-?(?:0|[1-9][0-9]*)")


def leading_integer(text: str) -> int:
    """The whole number that `text` begins with, or 0: configuration and INFO are read so."""
    match = _LEADING.match(text)
    return int(match[1]) if match else 0


def strict_integer(text: str) -> int | None:
    """`text` as a signed 64-bit number as commands demand it, or None."""
    if not _STRICT.fullmatch(text) or text == "-0":
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None
