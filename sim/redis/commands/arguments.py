"""Reading the words of a command: integers, floats, options. What is wrong raises `Refused`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

from minisentinel.replies import NOT_AN_INTEGER, Command, Error
from minisentinel.wire import MAX_INT64, MIN_INT64
from sim.redis.refused import NOT_A_FLOAT, Refused

__all__ = ["WriteId", "as_written", "count", "integer", "is_integer", "number", "span"]

INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
FLOAT = re.compile(r"[+-]?(inf(inity)?|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)", re.IGNORECASE | re.ASCII)

WriteId: TypeAlias = Callable[[Command], str]


def is_integer(text: str) -> bool:
    """Whether `text` is a 64-bit integer as Redis writes them."""
    return bool(INTEGER.fullmatch(text)) and MIN_INT64 <= int(text) <= MAX_INT64


def integer(text: str, error: Error = NOT_AN_INTEGER) -> int:
    """The integer that `text` is."""
    if not is_integer(text):
        raise Refused(error)
    return int(text)


def count(text: str) -> int:
    """An integer that may not be negative."""
    error = Error("ERR value is out of range, must be positive")
    found = integer(text, error)
    if found < 0:
        raise Refused(error)
    return found


def number(text: str, error: Error = NOT_A_FLOAT) -> float:
    """The floating-point number that `text` is."""
    if not FLOAT.fullmatch(text):
        raise Refused(error)
    found = float(text)
    if math.isnan(found):
        raise Refused(error)
    return found


def span(start: int, stop: int, length: int) -> range:
    """The indexes from `start` to `stop`, both included; negative ones count from the end."""
    first = max(start + length if start < 0 else start, 0)
    last = min(stop + length if stop < 0 else stop, length - 1)
    return range(first, last + 1)


def as_written(command: Command) -> str:
    """The trace's name of a write to a container: the command, with its first element only."""
    name = command[0].lower()
    words = 4 if name in ("zadd", "zincrby", "hset", "hsetnx", "hincrby", "hmset", "lset") else 3
    return " ".join((name, *command[1:words]))
