"""Who makes the choices of a random story: a generator with a seed, or a search that shrinks.

Whatever is random in a story is one of two questions, a number within limits or one of several
things, so that anybody can answer. `Dice` answers by a seed; `sim.search.strategies` lets
hypothesis answer, which then looks for the simplest answers that still make a property fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

__all__ = ["Chooser", "Dice"]

T = TypeVar("T")


class Chooser(Protocol):
    """Makes the choices of which a story consists. Simple answers come first, for the shrinking."""

    def integer(self, low: int, high: int) -> int:
        """A number of `low` to `high`, both included; simpler ones are near `low`."""

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`; simpler ones stand first. An option may stand there several times."""


class Dice:
    """Chooses by a seeded generator: the same `seed`, the same story, on every machine."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        """A number of `low` to `high`, all equally likely."""
        return self._random.randint(low, high)

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`, all equally likely."""
        return options[self._random.randrange(len(options))]
