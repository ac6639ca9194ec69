r"""Redis' glob patterns: ``*``, ``?``, ``[abc]``, ``[^a-z]`` and ``\\`` before a special one.

Clients choose the patterns (``PSUBSCRIBE``, ``SENTINEL RESET``), so a match may not take long
whatever they choose: only the last star is ever tried again.
"""

from __future__ import annotations

__all__ = ["glob_matches"]


def glob_matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole of `text` matches `pattern`; upper and lower case differ by default."""
    if ignore_case:
        pattern, text = pattern.lower(), text.lower()
    at = here = 0
    after_star = -1  # where the pattern goes on after the last star
    retry = 0  # where in the text that rest is tried next
    while here < len(text) or at < len(pattern):
        if at < len(pattern) and pattern[at] == "*":
            at += 1
            after_star, retry = at, here
            continue
        if here < len(text) and at < len(pattern):
            fits, following = _one(pattern, at, text[here])
            if fits:
                at, here = following, here + 1
                continue
        if after_star < 0 or retry >= len(text):
            return False
        retry += 1
        at, here = after_star, retry
    return True


def _one(pattern: str, at: int, letter: str) -> tuple[bool, int]:
    """Whether the item of `pattern` at `at` fits `letter`, and where the next item begins."""
    item = pattern[at]
    if item == "?":
        return True, at + 1
    if item == "[":
        return _class(pattern, at + 1, letter)
    if item == "\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at] == letter, at + 1


def _class(pattern: str, at: int, letter: str) -> tuple[bool, int]:
    """The same for a character class, whose first character is at `at`; it may lack its end."""
    negated = pattern.startswith("^", at)
    at += negated
    found = False
    while at < len(pattern) and pattern[at] != "]":
        if pattern[at] == "\\" and at + 1 < len(pattern):
            at += 1
            low = high = pattern[at]
        elif pattern.startswith("-", at + 1) and at + 2 < len(pattern):
            low, high = sorted((pattern[at], pattern[at + 2]))
            at += 2
        else:
            low = high = pattern[at]
        found = found or low <= letter <= high
        at += 1
    return found != negated, at + 1
