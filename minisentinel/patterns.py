r"""Redis' glob patterns: ``*``, ``?``, ``[abc]``, ``[^a-z]`` and ``\\`` before a special one.

Clients choose the patterns (``PSUBSCRIBE``, ``SENTINEL RESET``), so a match may not take long
whatever they choose. A pattern is a row of *items*, each of which takes one byte, with stars in
between. Instead of trying one way to match after the other, all are followed at once: bit `n` of an
integer says that the text so far fits the first `n` items. No byte of the text is looked at twice.

As in a real server an item takes one *byte*, so that ``?`` does not fit an ``é``; no case but that
of ASCII is ignored, and not that of an escaped letter in a class; bytes above 127 come before the
others in a range; a lone star does not fit the empty text; and more than a thousand stars with
something behind them fit nothing.

Differs: what would take long even so fits nothing either, which is a pattern of more than 64 KB, or
one of tens of thousands of items with a text as long.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

__all__ = ["glob_matches"]

LONGEST = 64 * 1024
MOST_STARS = 1000
MOST_WORK = 2**31
"""Items times bytes of text; about a tenth of a second."""

_SHORT = 64
_STARS = re.compile(rb"\*+")
_CLASS = re.compile(rb"\[(?P<negated>\^?)(?P<members>(?:\\.|[^\]](?:-.)?)*)\]?", re.DOTALL)
"""It may lack its end. A range may begin or end with anything, such as a bracket."""

_MEMBER = re.compile(rb"\\(?P<escaped>.)|(?P<low>.)(?:-(?P<high>.))?", re.DOTALL)
_EVERY_BYTE = frozenset(range(256))


def glob_matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole of `text` matches `pattern`; upper and lower case differ by default."""
    is_short = len(pattern) <= _SHORT and len(text) <= _SHORT
    return (_matches_again if is_short else _matches)(pattern, text, ignore_case)


def _matches(pattern: str, text: str, ignore_case: bool) -> bool:
    if len(pattern) > LONGEST:
        return False
    wanted = pattern.encode("utf-8", "surrogateescape")
    given = text.encode("utf-8", "surrogateescape")
    items = (_read_again if len(wanted) <= _SHORT else _read)(wanted, ignore_case)
    if not given:
        return not wanted
    if len(items.fitting) > len(given) or items.inner_stars > MOST_STARS:
        return False
    return len(items.fitting) * len(given) <= MOST_WORK and _fits(items, given)


_matches_again = lru_cache(maxsize=4096)(_matches)
"""For what is asked over and over, such as who listens to an event."""


class _Pattern(NamedTuple):
    """The bytes that each item fits, and which items have stars before them.

    A star at the end counts as one before an item that is not there.
    """

    fitting: tuple[frozenset[int], ...]
    starred: tuple[int, ...]

    @property
    def inner_stars(self) -> int:
        """How many stars have something behind them."""
        return sum(number < len(self.fitting) for number in self.starred)


def _read(pattern: bytes, ignore_case: bool) -> _Pattern:
    fitting: list[frozenset[int]] = []
    starred: list[int] = []
    for item in _items(pattern, ignore_case):
        if item is None:
            starred.append(len(fitting))
        else:
            fitting.append(item)
    return _Pattern(tuple(fitting), tuple(starred))


_read_again = lru_cache(maxsize=256)(_read)


def _items(pattern: bytes, ignore_case: bool) -> Iterator[frozenset[int] | None]:
    """The bytes that each item of a pattern fits; None for one or more stars."""
    at = 0
    while at < len(pattern):
        letter = pattern[at : at + 1]
        if letter == b"*":
            found = _STARS.match(pattern, at)
            assert found is not None  # One star suffices.
            yield None
            at = found.end()
        elif letter == b"[":
            found = _CLASS.match(pattern, at)
            assert found is not None  # A bracket suffices.
            yield _class(found["members"], bool(found["negated"]), ignore_case)
            at = found.end()
        elif letter == b"?":
            yield _EVERY_BYTE
            at += 1
        else:
            if letter == b"\\" and at + 1 < len(pattern):
                at += 1
                letter = pattern[at : at + 1]
            yield _either_case(letter) if ignore_case else frozenset(letter)
            at += 1


@lru_cache(maxsize=256)
def _class(text: bytes, negated: bool, ignore_case: bool) -> frozenset[int]:
    """The bytes that a class fits whose members are `text`."""
    members: set[int] = set()
    for escaped, low, high in _MEMBER.findall(text):
        if escaped:
            members.update(escaped)
        elif high:
            members |= _range(low, high, ignore_case)
        else:
            members |= _either_case(low) if ignore_case else frozenset(low)
    return _EVERY_BYTE - members if negated else frozenset(members)


@lru_cache(maxsize=256)
def _range(low: bytes, high: bytes, ignore_case: bool) -> frozenset[int]:
    """The bytes from `low` to `high`, or the other way round."""
    first, last = sorted((low, high), key=_rank)
    if ignore_case:
        first, last = first.lower(), last.lower()
    return frozenset(
        byte
        for byte in _EVERY_BYTE
        if _rank(first) <= _rank(_lower(byte) if ignore_case else bytes((byte,))) <= _rank(last)
    )


def _rank(letter: bytes) -> int:
    """A byte's place in ranges, where those above 127 come first: to C they are negative."""
    return letter[0] ^ 0x80


def _lower(byte: int) -> bytes:
    return bytes((byte,)).lower()


def _either_case(letter: bytes) -> frozenset[int]:
    return frozenset(letter.lower() + letter.upper())


def _fits(pattern: _Pattern, text: bytes) -> bool:
    """Follow all ways at once."""
    of_byte: defaultdict[int, int] = defaultdict(int)
    letters = frozenset(text)
    every = 0
    for number, item in enumerate(pattern.fitting):
        if item is _EVERY_BYTE:
            every |= 1 << number
        else:
            for byte in item & letters:
                of_byte[byte] |= 1 << number
    stars = 0
    for number in pattern.starred:
        stars |= 1 << number
    reached = 1
    for byte in text:
        reached = ((reached & (of_byte[byte] | every)) << 1) | (reached & stars)
        if not reached:
            return False
    return bool(reached >> len(pattern.fitting))
