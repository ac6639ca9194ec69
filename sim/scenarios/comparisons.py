"""Comparisons of a number with what is expected of it, as scenario files write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

__all__ = ["Comparison"]

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_ONE = re.compile(rf"(<=|>=|<|>|=)?\s*{_NUMBER}")
_RANGE = re.compile(rf"{_NUMBER}\s+to\s+{_NUMBER}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A range of numbers; `low_open` and `high_open` tell that its ends do not belong to it."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def parse(cls, value: float | str) -> Comparison:
        """What a number, or a text such as ``>= 1`` or ``2 to 5``, allows.

        Raises ValueError for another text, and for what every number or none fulfils.
        """
        if not isinstance(value, str):
            return cls(value, value)
        words = value.strip()
        between = _RANGE.fullmatch(words)
        if between:
            low, high = float(between[1]), float(between[2])
            if low > high:
                raise ValueError(f"expected the smaller number first, found {value!r}")
            return cls(low, high)
        one = _ONE.fullmatch(words)
        if not one:
            raise ValueError(
                f'expected a number, or a comparison such as ">= 1" or "2 to 5", found {value!r}'
            )
        number = float(one[2])
        match one[1]:
            case "<":
                found = cls(0, number, high_open=True)
            case "<=":
                found = cls(0, number)
            case ">":
                found = cls(number, math.inf, low_open=True)
            case ">=":
                found = cls(number, math.inf)
            case _:
                found = cls(number, number)
        if found.low == 0 and found.high == math.inf and not found.low_open:
            raise ValueError(f"{value!r} holds of every run; expected a number that can be wrong")
        if found.high == 0 and found.high_open:
            raise ValueError(f"{value!r} holds of no run; expected a number from 0")
        return found

    def allows(self, number: float) -> bool:
        """Whether `number` lies within."""
        above = number > self.low if self.low_open else number >= self.low
        below = number < self.high if self.high_open else number <= self.high
        return above and below

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low:g}"
        if self.high == math.inf:
            return f"{'>' if self.low_open else '>='} {self.low:g}"
        if self.low == 0:
            return f"{'<' if self.high_open else '<='} {self.high:g}"
        return f"{self.low:g} to {self.high:g}"
