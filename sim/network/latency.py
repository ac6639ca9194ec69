"""How long one segment travels: latency distributions, in microseconds.

A distribution is plain data; the random stream it draws from belongs to a path. One draw takes
at most one uniform number from the stream, so that replacing one distribution by another keeps
every other draw in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from random import Random
from statistics import NormalDist
from typing import Protocol

__all__ = ["Constant", "Latency", "LogNormal", "Uniform"]

_STANDARD_NORMAL = NormalDist()


class Latency(Protocol):
    """A distribution of one-way delays."""

    def draw(self, random: Random, /) -> int:
        """One delay in microseconds, never negative."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """Every segment takes `delay_us`; raises ValueError when that is negative."""

    delay_us: int

    def __post_init__(self) -> None:
        if self.delay_us < 0:
            raise ValueError(f"a latency cannot be negative: {self.delay_us} µs")

    def draw(self, random: Random, /) -> int:
        """The delay in microseconds; draws nothing."""
        return self.delay_us


@dataclass(frozen=True, slots=True)
class Uniform:
    """Any delay from `low_us` to `high_us`, both included; raises ValueError when out of order."""

    low_us: int
    high_us: int

    def __post_init__(self) -> None:
        if not 0 <= self.low_us <= self.high_us:
            raise ValueError(f"not a range of latencies: {self.low_us} to {self.high_us} µs")

    def draw(self, random: Random, /) -> int:
        """One delay in microseconds."""
        return self.low_us + int(random.random() * (self.high_us - self.low_us + 1))


@dataclass(frozen=True, slots=True)
class LogNormal:
    """`floor_us` plus a log-normal delay: half of the draws lie below ``floor_us + median_us``.

    `sigma` is the standard deviation of the logarithm: 0.3 is a quiet local network, 1.0 has a
    long tail (one draw in a hundred is ten times the median). Raises ValueError for a negative
    parameter.
    """

    median_us: float
    sigma: float
    floor_us: int = 0

    def __post_init__(self) -> None:
        if self.median_us < 0 or self.sigma < 0 or self.floor_us < 0:
            raise ValueError(f"a latency cannot have a negative parameter: {self}")

    def draw(self, random: Random, /) -> int:
        """One delay in microseconds."""
        # The quantile function rather than lognormvariate(): that one rejects and redraws, and
        # so takes an unpredictable number of draws. 1 - u avoids the quantile of 0 only; the
        # clamp avoids the one of 1.
        share = min(1.0 - random.random(), 1.0 - 2**-53)
        return self.floor_us + int(
            self.median_us * exp(self.sigma * _STANDARD_NORMAL.inv_cdf(share))
        )
