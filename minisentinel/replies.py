"""The closed set of values that travel between Redis processes: commands and replies.

A *command* is a tuple of text. A *reply* is one of these things:

==========  =======================  ========================  =======================
RESP3 type  here                     example                   in RESP2
==========  =======================  ========================  =======================
status      :class:`Status`          ``Status("PONG")``
error       :class:`Error`           ``Error("LOADING ...")``
bulk        ``str``                  ``"10.0.0.1"``
verbatim    :class:`Verbatim`        ``Verbatim("id=3 ...")``  bulk
integer     ``int``                  ``3``
boolean     ``bool``                 ``True``                  integer 1 or 0
double      ``float``                ``0.5``                   bulk
array       ``tuple``                ``("a", "b")``
set         :class:`Unordered`       ``Unordered(("a",))``     array
push        :class:`Push`            ``Push(("message", …))``  array
map         ``dict``                 ``{"server": "redis"}``   flat array
null        ``None``                                           null bulk
null        :data:`NULL_ARRAY`                                 null array
==========  =======================  ========================  =======================

Text is ``str`` everywhere; bytes that are no UTF-8 survive as surrogate escapes, and exist as
bytes only in the codec. Status and error are types of their own because the protocol tells them
apart: a *bulk string* ``PONG`` does not count as the answer to a PING (spec: monitoring §5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias

__all__ = [
    "NOT_AN_INTEGER",
    "NULL_ARRAY",
    "OK",
    "PONG",
    "QUEUED",
    "Command",
    "Error",
    "NullArray",
    "Push",
    "Reply",
    "Status",
    "Unordered",
    "Verbatim",
]


@dataclass(frozen=True, slots=True)
class Status:
    """A simple string such as ``+OK``; `text` is without the plus sign."""

    text: str


@dataclass(frozen=True, slots=True)
class Error:
    """An error line such as ``-ERR no such thing``; `text` is without the minus sign."""

    text: str


class Push(tuple["Reply", ...]):
    """An array that comes unasked, such as a Pub/Sub message; RESP3 marks it as such."""

    __slots__ = ()


class Unordered(tuple["Reply", ...]):
    """An array whose order means nothing: a set in RESP3."""

    __slots__ = ()


class Verbatim(str):
    """Text that a person may read as it is: a verbatim string (``txt``) in RESP3."""

    __slots__ = ()


class NullArray(Enum):
    """The type of `NULL_ARRAY`; an enumeration, so that it stays one object when copied."""

    NULL_ARRAY = "null array"


NULL_ARRAY: Final[Literal[NullArray.NULL_ARRAY]] = NullArray.NULL_ARRAY
"""No array, where RESP2 tells that from no bulk; RESP3 knows one null only."""

Command: TypeAlias = tuple[str, ...]
Reply: TypeAlias = (
    "Status | Error | str | int | float | tuple[Reply, ...] | dict[str, Reply] | NullArray | None"
)

OK = Status("OK")
PONG = Status("PONG")
QUEUED = Status("QUEUED")
NOT_AN_INTEGER = Error("ERR value is not an integer or out of range")
