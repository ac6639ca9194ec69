"""Numbers as commands and directives demand them, and text that is cut."""

from __future__ import annotations

from minisentinel.codec.numbers import parse_integer

__all__ = ["cut", "strict_integer"]


def strict_integer(text: str) -> int | None:
    """`text` as a signed 64-bit number as commands and directives demand it, or None.

    It has one spelling, that of the protocol itself.
    """
    return parse_integer(text.encode("ascii")) if text.isascii() else None


def cut(text: str, size: int) -> str:
    """The first `size` bytes of `text`, perhaps with a part of a letter at the end."""
    if text.isascii():
        return text[:size]
    return text.encode("utf-8", "surrogateescape")[:size].decode("utf-8", "surrogateescape")
