"""Numbers in the arguments of settings."""

from __future__ import annotations

from minisentinel.core.text import strict_integer

__all__ = ["INT_MAX", "LONG_MAX", "number"]

INT_MAX = 2**31 - 1
"""The most that a configuration file can say: it is read into a C ``int`` (config §3)."""

LONG_MAX = 2**63 - 1


def number(text: str, least: int, most: int = INT_MAX) -> int | None:
    """`text` as a whole number from `least` to `most`, or None."""
    value = strict_integer(text)
    return value if value is not None and least <= value <= most else None
