"""The kinds of values that keys of a scenario file may have, each with what it expects in words."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minisentinel.words import UnbalancedQuotes, split_words
from sim.kernel.units import microseconds
from sim.network.latency import Constant, Distances, Empirical, Latency, LogNormal, Uniform
from sim.scenarios.comparisons import Comparison
from sim.scenarios.events import EVENT_NAMES

__all__ = [
    "BOOLEAN",
    "COMMAND",
    "COMPARISON",
    "CREDENTIALS",
    "DELAY",
    "DISTANCES",
    "EVENT",
    "GROUPS",
    "MEGABITS",
    "MILLISECONDS",
    "NAME",
    "NAMES",
    "PARTS_PER_MILLION",
    "PORT",
    "POSITIVE_SECONDS",
    "PRIORITIES",
    "SECONDS",
    "SHARE",
    "SIGNED_SECONDS",
    "TEXT",
    "TEXTS",
    "WHOLE",
    "Kind",
    "choice",
    "whole_from",
]

FOREVER_S = 10**7
"""Nothing in a scenario takes as long as that, which is 115 days."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be: `expected` in words, and `read`, which gives the value that is meant.

    `read` raises ValueError, without words of its own, or with a problem that says more.
    """

    expected: str
    read: Callable[[Any], Any]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _name(value: object) -> str:
    text = _text(value)
    if not text or any(char.isspace() for char in text):
        raise ValueError
    return text


def _credentials(value: object) -> tuple[str, ...]:
    words = tuple(map(_text, value)) if isinstance(value, list) else (_text(value),)
    if not all(words) or len(words) not in ((2,) if isinstance(value, list) else (1,)):
        raise ValueError
    return words


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError
    return value


def _number(lowest: float, *, above: bool = False) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        if not lowest <= value < FOREVER_S or (above and value == lowest):
            raise ValueError
        return float(value)

    return read


def _milliseconds(value: object) -> tuple[float, float]:
    read = _number(0)
    if isinstance(value, list):
        if len(value) != 2 or not read(value[0]) <= read(value[1]):
            raise ValueError
        return read(value[0]), read(value[1])
    return read(value), read(value)


def _microseconds(value: object) -> int:
    return microseconds(_number(0)(value) / 1000)


def _delay(value: object) -> Latency:
    if isinstance(value, list):
        low, high = _milliseconds(value)
        return Uniform(_microseconds(low), _microseconds(high))
    if not isinstance(value, dict):
        return Constant(_microseconds(value))
    for key in value:
        if key not in (("samples",) if "samples" in value else ("median", "sigma", "floor")):
            raise ValueError(f"expected {DELAY_WORDS}, found the key {key!r}")
    if "samples" in value:
        samples = value["samples"]
        if not isinstance(samples, list) or not samples:
            raise ValueError(f"expected measured milliseconds, one at least, found {samples!r}")
        return Empirical(_microseconds(each) for each in samples)
    return LogNormal(
        _microseconds(value.get("median")),
        _number(0)(value.get("sigma", 0.5)),
        _microseconds(value.get("floor", 0)),
    )


def _distances(value: object) -> Distances:
    """Round trips, half of which is one way."""
    low, high = _milliseconds(value)
    return Distances(_microseconds(low / 2), _microseconds(high / 2))


def _share(value: object) -> float:
    share = _number(0)(value)
    if share >= 1:
        raise ValueError
    return share


def _port(value: object) -> int:
    port = _whole(value)
    if not 0 < port < 65536:
        raise ValueError
    return port


def _parts_per_million(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 100_000:
        raise ValueError
    return float(value)


def _names(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ValueError
    if any(not name for name in names):
        raise ValueError
    return tuple(names)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError
    return tuple(value)


def _groups(value: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(_names(group) for group in value)


def _priorities(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or any(type(each) is not int or each < 0 for each in value):
        raise ValueError
    return tuple(value)


def _event(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    if value not in EVENT_NAMES:
        close = difflib.get_close_matches(value, EVENT_NAMES, 2, cutoff=0.8)
        hint = f"; did you mean {' or '.join(sorted(close))}?" if close else ""
        raise ValueError(f"expected an event such as +odown, found {value!r}{hint}")
    return value


def _command(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            words = tuple(split_words(value))
        except UnbalancedQuotes:
            problem = f"expected a command with every quote closed, found {value!r}"
            raise ValueError(problem) from None
    elif isinstance(value, list) and all(isinstance(each, str) for each in value):
        words = tuple(value)
    else:
        raise ValueError
    if not words:
        raise ValueError
    return words


def _comparison(value: object) -> Comparison:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    if not isinstance(value, str) and (not math.isfinite(value) or value < 0):
        raise ValueError(f"expected a number from 0, or a comparison; found {value!r}")
    return Comparison.parse(value)


def choice(options: Sequence[str]) -> Kind:
    """One of these texts."""

    def read(value: object) -> str:
        if value not in options:
            close = difflib.get_close_matches(str(value), options, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"expected one of: {', '.join(options)}; found {value!r}{hint}")
        return str(value)

    return Kind(f"one of: {', '.join(options)}", read)


def whole_from(lowest: int) -> Kind:
    """A whole number that is no smaller than `lowest`."""

    def read(value: object) -> int:
        if _whole(value) < lowest:
            raise ValueError
        return _whole(value)

    return Kind(f"a whole number, {lowest} or more", read)


TEXT = Kind("a text", _text)
NAME = Kind("a name without blanks", _name)
NAMES = Kind("the name of a node, or a list of names", _names)
TEXTS = Kind("a list of texts", _texts)
GROUPS = Kind("a list of lists of node names", _groups)
PRIORITIES = Kind("a list of whole numbers, 0 = never", _priorities)
CREDENTIALS = Kind("a password, or [user, password]", _credentials)
BOOLEAN = Kind("true or false", _boolean)
WHOLE = Kind("a whole number", _whole)
SECONDS = Kind("a number of seconds, 0 or more", _number(0))
POSITIVE_SECONDS = Kind("a number of seconds greater than 0", _number(0, above=True))
SIGNED_SECONDS = Kind(f"a number of seconds, -{FOREVER_S} or more", _number(-FOREVER_S))
MILLISECONDS = Kind("a number of milliseconds, or [lowest, highest]", _milliseconds)
DELAY_WORDS = (
    "a number of milliseconds, [lowest, highest], { median = .., sigma = .., floor = .. } or "
    "{ samples = [..] }"
)
DELAY = Kind(DELAY_WORDS, _delay)
DISTANCES = Kind("a number of milliseconds, or [lowest, highest]", _distances)
SHARE = Kind("a share, 0 or more and less than 1", _share)
MEGABITS = Kind("a number of megabits per second greater than 0", _number(0, above=True))
PORT = Kind("a port, 1 to 65535", _port)
PARTS_PER_MILLION = Kind("parts per million, -100000 to 100000", _parts_per_million)
EVENT = Kind("an event such as +odown", _event)
COMMAND = Kind("a command, as one text or a list of words", _command)
COMPARISON = Kind('a number, or a comparison such as ">= 1" or "2 to 5"', _comparison)
