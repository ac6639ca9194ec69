"""The closed set of values that travel between Redis processes: commands and replies.

A *command* is a tuple of text. A *reply* is one of seven things:

=========  =======================  ==================
RESP type  here                     example
=========  =======================  ==================
status     :class:`Status`          ``Status("PONG")``
error      :class:`Error`           ``Error("LOADING ...")``
bulk       ``str``                  ``"10.0.0.1"``
integer    ``int``                  ``3``
array      ``tuple``                ``("message", ...)``
map        ``dict``                 ``{"server": "redis"}``
null       ``None``
=========  =======================  ==================

Text is ``str`` everywhere; bytes that are no UTF-8 survive as surrogate escapes, and exist as
bytes only in the codec. Status and error are types of their own because the protocol tells them
apart: a *bulk string* ``PONG`` does not count as the answer to a PING (spec: monitoring §5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["OK", "PONG", "QUEUED", "Command", "Error", "Reply", "Status"]


@dataclass(frozen=True, slots=True)
class Status:
    """A simple string such as ``+OK``; `text` is without the plus sign."""

    text: str


@dataclass(frozen=True, slots=True)
class Error:
    """An error line such as ``-ERR no such thing``; `text` is without the minus sign."""

    text: str


Command: TypeAlias = tuple[str, ...]
Reply: TypeAlias = "Status | Error | str | int | tuple[Reply, ...] | dict[str, Reply] | None"

OK = Status("OK")
PONG = Status("PONG")
QUEUED = Status("QUEUED")
