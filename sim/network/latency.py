"""How long one segment travels: latency distributions, in microseconds.

A distribution is plain data; the random stream it draws from belongs to a path. One draw takes
at most one uniform number from the stream, so that replacing one distribution by another keeps
every other draw in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import exp
from random import Random
from statistics import NormalDist
from typing import Protocol

__all__ = [
    "Constant",
    "Distances",
    "Empirical",
    "Latency",
    "LogNormal",
    "Uniform",
    "delay_in_words",
]

_STANDARD_NORMAL = NormalDist()


class Latency(Protocol):
    """A distribution of one-way delays."""

    def draw(self, random: Random, /) -> int:
        """One delay in microseconds, never negative."""
        ...

    def sampler(self, random: Random, /) -> Callable[[], int]:
        """What gives the next delay at each call: `draw` of that stream, made once for a path."""
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

    def sampler(self, random: Random, /) -> Callable[[], int]:
        """The delay at every call."""
        return partial(self.draw, random)


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

    def sampler(self, random: Random, /) -> Callable[[], int]:
        """`draw`, with everything looked up in advance: most messages travel by this one."""
        low, count, uniform = self.low_us, self.high_us - self.low_us + 1, random.random
        return lambda: low + int(uniform() * count)


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

    def sampler(self, random: Random, /) -> Callable[[], int]:
        """`draw` of that stream at every call."""
        return partial(self.draw, random)


@dataclass(frozen=True, slots=True, init=False)
class Empirical:
    """Delays as they were measured: any value between the least and the greatest of them.

    `samples_us` are the measurements in microseconds, in whatever order. A draw is a quantile of
    them, linear between neighbours, so that a few dozen are a smooth distribution. Raises
    ValueError for no sample, or a negative one.
    """

    samples_us: tuple[int, ...]

    def __init__(self, samples_us: Iterable[int]) -> None:
        samples = tuple(sorted(samples_us))
        if not samples or samples[0] < 0:
            raise ValueError("expected measured latencies in microseconds, one at least, from 0 on")
        object.__setattr__(self, "samples_us", samples)

    def draw(self, random: Random, /) -> int:
        """One delay in microseconds."""
        samples = self.samples_us
        place = random.random() * (len(samples) - 1)
        index = int(place)
        low = samples[index]
        return low + int((place - index) * (samples[min(index + 1, len(samples) - 1)] - low))

    def sampler(self, random: Random, /) -> Callable[[], int]:
        """`draw` of that stream at every call."""
        return partial(self.draw, random)


@dataclass(frozen=True, slots=True)
class Distances:
    """Every pair of hosts is its own distance apart: a one-way delay from `low_us` to `high_us`.

    It is drawn once for each pair and is the same both ways; single messages take up to the share
    `jitter` longer. It is no distribution of single delays, but what a network may be given in
    place of one. Raises ValueError when out of order.
    """

    low_us: int
    high_us: int
    jitter: float = 0.02

    def __post_init__(self) -> None:
        if not 0 <= self.low_us <= self.high_us or self.jitter < 0:
            raise ValueError(f"not a range of distances: {self.low_us} to {self.high_us} µs")

    def between_two(self, random: Random, /) -> Uniform:
        """The delays between two hosts, which are drawn from the stream of that pair."""
        delay_us = Uniform(self.low_us, self.high_us).draw(random)
        return Uniform(delay_us, delay_us + round(delay_us * self.jitter))


def delay_in_words(latency: Latency | Distances) -> str:
    """A distribution for people, in milliseconds."""
    match latency:
        case Constant(delay_us):
            return f"{delay_us / 1000:g} to {delay_us / 1000:g} ms"
        case Uniform(low_us, high_us):
            return f"{low_us / 1000:g} to {high_us / 1000:g} ms"
        case Distances(low_us, high_us):
            low, high = low_us / 1000, high_us / 1000
            return f"{low:g} to {high:g} ms, of its own for every two of them"
        case LogNormal(median_us, sigma, floor_us):
            return f"about {(floor_us + median_us) / 1000:g} ms (log-normal, sigma {sigma:g})"
        case Empirical(samples_us):
            return f"{samples_us[0] / 1000:g} to {samples_us[-1] / 1000:g} ms, as measured"
        case _:
            return str(latency)
