"""What comes first: pairs of events that kept their order in the recordings, and that did not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from tools.compare_reference.sequences import Sequence

__all__ = ["HELD_AT_LEAST", "Order", "Varied", "count_orders", "held_orders", "varied_orders"]

HELD_AT_LEAST = 20
"""In so many recorded sequences a pair must have kept its order to count as never varying."""


@dataclass(frozen=True, slots=True, order=True)
class Order:
    """In the log of a Sentinel that plays `role`, `first` stands before `second`."""

    role: str
    first: str
    second: str

    @property
    def swapped(self) -> Order:
        """The other way round."""
        return Order(self.role, self.second, self.first)

    def __str__(self) -> str:
        return f"{self.role}: {self.first} < {self.second}"


@dataclass(frozen=True, slots=True)
class Varied:
    """A pair that came both ways: how often as `order` says, and how often the other way round."""

    order: Order
    times: int
    times_swapped: int


def count_orders(sequences: Iterable[Sequence]) -> Counter[Order]:
    """How many of the sequences show each order."""
    counts: Counter[Order] = Counter()
    for sequence in sequences:
        labels = [label for label, _ in sequence.steps]
        counts.update(Order(sequence.role, a, b) for a, b in combinations(labels, 2))
    return counts


def held_orders(recorded: Mapping[Order, int], at_least: int = HELD_AT_LEAST) -> dict[Order, int]:
    """The orders that were seen so often, and never the other way round."""
    return {
        order: times
        for order, times in sorted(recorded.items())
        if times >= at_least and not recorded.get(order.swapped)
    }


def varied_orders(recorded: Mapping[Order, int]) -> list[Varied]:
    """The pairs that came both ways, each once."""
    found: defaultdict[Order, int] = defaultdict(int)
    for order, times in sorted(recorded.items()):
        if recorded.get(order.swapped) and order.swapped not in found:
            found[order] = times
    return [Varied(order, times, recorded[order.swapped]) for order, times in found.items()]
