r"""Redis' glob patterns: ``*``, ``?``, ``[abc]``, ``[^a-z]`` and ``\`` before a special one."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["matches"]


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Does the whole of `text` match `pattern`?"""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif char == "[":
            part, position = _character_class(pattern, position)
            parts.append(part)
        else:
            if char == "\\" and position < len(pattern):
                char = pattern[position]
                position += 1
            parts.append(re.escape(char))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _character_class(pattern: str, position: int) -> tuple[str, int]:
    """The class that starts behind ``[`` as a regular expression, and where it ends."""
    negated = pattern.startswith("^", position)
    position += negated
    items: list[str] = []
    while position < len(pattern) and pattern[position] != "]":
        if pattern[position] == "\\" and position + 1 < len(pattern):
            position += 1
        low = high = pattern[position]
        if pattern.startswith("-", position + 1) and position + 2 < len(pattern):
            low, high = sorted((low, pattern[position + 2]))
            position += 2
        items.append(f"{re.escape(low)}-{re.escape(high)}")
        position += 1
    if not items:
        return ("." if negated else "(?!)"), position + 1
    return f"[{'^' if negated else ''}{''.join(items)}]", position + 1
