"""What words may follow a generic directive, and the server's complaint if others do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from minisentinel.config.errors import Refused
from minisentinel.core.text import strict_integer

__all__ = [
    "BUFFER_LIMITS",
    "INT_MAX",
    "LONG_MAX",
    "MEMORY",
    "MEMORY_OR_PERCENT",
    "OCTAL",
    "TEXT",
    "YES_NO",
    "Kind",
    "Values",
    "bytes_of",
    "groups",
    "integer",
    "memory_of_at_least",
    "one_of",
    "words",
]

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1

Values = tuple[str, ...]
WRONG_NUMBER = "wrong number of arguments"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of directive.

    `check` raises `Refused` with the server's message; `expected` is a phrase that goes on after
    "followed by".
    """

    expected: str
    check: Callable[[Values], None]


def _one_value(expected: str, message: str, accepts: Callable[[str], object]) -> Kind:
    def check(values: Values) -> None:
        if len(values) != 1:
            raise Refused(WRONG_NUMBER)
        if not accepts(values[0]):
            raise Refused(message)

    return Kind(expected, check)


_SIZE = re.compile(r"-?[0-9]{1,19}(b|kb?|mb?|gb?)?", re.IGNORECASE)
_SHARE = re.compile(_SIZE.pattern + "|[0-9]{1,19}%", re.IGNORECASE)

TEXT = _one_value("one value", "", lambda value: True)
YES_NO = _one_value(
    "yes or no", "argument must be 'yes' or 'no'", lambda value: value.lower() in ("yes", "no")
)
MEMORY = _one_value("a size such as 512mb", "argument must be a memory value", _SIZE.fullmatch)
MEMORY_OR_PERCENT = _one_value(
    "a size such as 512mb, or a share such as 5%",
    "argument must be a memory or percent value",
    _SHARE.fullmatch,
)
_UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 10**6, "mb": 1 << 20}
_UNITS |= {"g": 10**9, "gb": 1 << 30}


def bytes_of(size: str) -> int:
    """A size such as ``32mb`` in bytes; raises ValueError for what is none."""
    if not _SIZE.fullmatch(size):
        raise ValueError(size)
    digits = size.rstrip("bkmgBKMG")
    return int(digits) * _UNITS[size[len(digits) :].lower()]


def memory_of_at_least(least: int) -> Kind:
    """A size of `least` bytes or more."""

    def check(values: Values) -> None:
        MEMORY.check(values)
        if values[0][0] == "-":
            raise Refused("argument must be a memory value")
        if bytes_of(values[0]) < least:
            raise Refused(f"argument must be between {least} and {LONG_MAX} inclusive")

    return Kind(f"a size of at least {least} bytes, such as 512mb", check)


OCTAL = _one_value(
    "permissions as an octal number such as 700",
    "argument couldn't be parsed as an octal number",
    re.compile("[0-7]{1,4}").fullmatch,
)


def integer(low: int = 0, high: int = LONG_MAX) -> Kind:
    """A whole number without a plus sign or leading zeros, from `low` to `high`."""

    def is_number(value: str) -> bool:
        return strict_integer(value) is not None

    limits = f"{low} or more" if high == LONG_MAX else f"from {low} to {high}"
    number = _one_value(
        f"a whole number, {limits}", "argument couldn't be parsed into an integer", is_number
    )

    def check(values: Values) -> None:
        number.check(values)
        if not low <= int(values[0]) <= high:
            raise Refused(f"argument must be between {low} and {high} inclusive")

    return Kind(number.expected, check)


def one_of(choices: str, *, several: bool = False) -> Kind:
    """One of the words in `choices`, in any case; more than one where `several`."""
    listed = ", ".join(choices.split())
    known = choices.lower().split()

    def check(values: Values) -> None:
        if not values or (len(values) > 1 and not several):
            raise Refused(WRONG_NUMBER)
        if any(value.lower() not in known for value in values):
            raise Refused(f"argument(s) must be one of the following: {listed}")

    return Kind(f"{'one or more' if several else 'one'} of {listed}", check)


def words(expected: str, least: int = 0, most: int = 1 << 20, message: str = WRONG_NUMBER) -> Kind:
    """From `least` to `most` words that are not looked at."""

    def check(values: Values) -> None:
        if not least <= len(values) <= most:
            raise Refused(message)

    return Kind(expected, check)


def _check_buffer_limits(values: Values) -> None:
    if len(values) % 4:
        raise Refused("Wrong number of arguments in buffer limit configuration.")
    for at in range(0, len(values), 4):
        name, hard, soft, seconds = values[at : at + 4]
        if name.lower() not in ("normal", "replica", "slave", "pubsub"):
            raise Refused("Invalid client class specified in buffer limit configuration.")
        sizes_are_right = all(_SIZE.fullmatch(each) and each[0] != "-" for each in (hard, soft))
        if not (sizes_are_right and seconds.isascii() and seconds.isdecimal()):
            raise Refused(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration."
            )


BUFFER_LIMITS = Kind("<class> <hard limit> <soft limit> <seconds>", _check_buffer_limits)


def groups(expected: str, size: int, message: str) -> Kind:
    """Groups of `size` words that are not looked at, or a single empty word for none."""

    def check(values: Values) -> None:
        if values != ("",) and len(values) % size:
            raise Refused(message)

    return Kind(expected, check)
