"""Where labels go, so that no two of them overlap: arithmetic on widths, no drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Placed", "in_rows", "spread", "widest_free"]


@dataclass(frozen=True, slots=True)
class Placed:
    """The label number `index` has its centre at `centre` in `row` (0 is nearest to its mark)."""

    index: int
    row: int
    centre: float


def spread(
    centres: Sequence[float], sizes: Sequence[float], low: float, high: float, gap: float
) -> list[float]:
    """Centres moved as little as needed so that intervals of `sizes` keep `gap` and stay inside.

    `centres` are in order. If there is too little room the intervals stay apart and leave `high`.
    """
    # Take the room of all earlier intervals away, and "apart" becomes "in order": what is then
    # out of order is pooled to its mean, which is the smallest move (isotonic regression).
    room: list[float] = [0.0]
    for size in sizes:
        room.append(room[-1] + size + gap)
    pools: list[tuple[float, int]] = []
    for centre, size, before in zip(centres, sizes, room, strict=False):
        mean, count = centre - size / 2 - before, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean = (mean * count + other * others) / (count + others)
            count += others
        pools.append((mean, count))
    last = high - (room[-1] - gap)
    starts = [max(min(mean, last), low) for mean, count in pools for _ in range(count)]
    return [
        start + before + size / 2 for start, before, size in zip(starts, room, sizes, strict=False)
    ]


def in_rows(
    centres: Sequence[float], sizes: Sequence[float], low: float, high: float, gap: float
) -> list[Placed]:
    """Labels spread over as few rows as hold them all, neighbours in turn on different rows."""
    rows = 1
    while True:
        members = [range(row, len(centres), rows) for row in range(rows)]
        lengths = [sum(sizes[index] + gap for index in each) - gap for each in members]
        if rows >= max(len(centres), 1) or max(lengths, default=0.0) <= high - low:
            break
        rows += 1
    placed: list[Placed] = []
    for row, each in enumerate(members):
        found = spread(
            [centres[index] for index in each], [sizes[index] for index in each], low, high, gap
        )
        placed += [Placed(index, row, centre) for index, centre in zip(each, found, strict=True)]
    return sorted(placed, key=lambda label: label.index)


def widest_free(low: float, high: float, taken: Sequence[float]) -> tuple[float, float]:
    """The widest interval from `low` to `high` that holds none of the ordered places `taken`."""
    edges = [low, *(place for place in taken if low < place < high), high]
    return max(pairwise(edges), key=lambda interval: interval[1] - interval[0])
