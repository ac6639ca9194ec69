"""Small statistics: quartiles, and how sure a share is."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from math import comb

__all__ = ["binomial_interval", "quartiles"]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median and third quartile, interpolated; of one value three times that."""
    if len(values) == 1:
        return (values[0], values[0], values[0])
    first, median, third = statistics.quantiles(values, n=4, method="inclusive")
    return (first, median, third)


def binomial_interval(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The shares that `hits` out of `trials` are compatible with (Clopper and Pearson)."""
    tail = (1 - confidence) / 2

    def at_most(count: int, share: float) -> float:
        return sum(
            comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(count + 1)
        )

    # Both probabilities fall as the share grows.
    low = 0.0 if hits == 0 else _solve(lambda share: at_most(hits - 1, share) - (1 - tail))
    high = 1.0 if hits == trials else _solve(lambda share: at_most(hits, share) - tail)
    return (low, high)


def _solve(falling: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
