"""Where labels go, so that no two of them overlap: arithmetic on widths, no drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Placed", "flags", "in_rows", "spread", "widest_free"]

_HANG = 2.0
"""A flag begins so far before its mark, or ends so far after it."""


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
    centres: Sequence[float],
    sizes: Sequence[float],
    low: float,
    high: float,
    gap: float,
    *,
    reach: float = float("inf"),
    most: int = 3,
) -> list[Placed]:
    """Labels spread over as few rows as hold them all, neighbours in turn on different rows.

    There are more rows, but not more than `most` for that, as long as some label ends further than
    `reach` from where its centre should be and another row brings it nearer.
    """
    rows = 1
    while rows < len(centres) and _longest(sizes, rows, gap) > high - low:
        rows += 1
    best = _spread_over(rows, centres, sizes, low, high, gap)
    for more in range(rows + 1, min(most, len(centres)) + 1):
        if _furthest(best, centres, sizes) <= reach:
            break
        other = _spread_over(more, centres, sizes, low, high, gap)
        if _furthest(other, centres, sizes) < _furthest(best, centres, sizes):
            best = other
    return best


def _longest(sizes: Sequence[float], rows: int, gap: float) -> float:
    """The length of the fullest of `rows`, neighbours in turn on different rows."""
    return max(sum(size + gap for size in sizes[row::rows]) - gap for row in range(rows))


def _furthest(placed: Sequence[Placed], centres: Sequence[float], sizes: Sequence[float]) -> float:
    """How far from its place the label is that was moved furthest; none if it still covers it."""
    return max(
        (abs(each.centre - centres[each.index]) - sizes[each.index] / 2 for each in placed),
        default=0.0,
    )


def _spread_over(
    rows: int,
    centres: Sequence[float],
    sizes: Sequence[float],
    low: float,
    high: float,
    gap: float,
) -> list[Placed]:
    placed: list[Placed] = []
    for row in range(rows):
        each = range(row, len(centres), rows)
        found = spread(
            [centres[index] for index in each], [sizes[index] for index in each], low, high, gap
        )
        placed += [Placed(index, row, centre) for index, centre in zip(each, found, strict=True)]
    return sorted(placed, key=lambda label: label.index)


def flags(
    marks: Sequence[float], sizes: Sequence[float], low: float, high: float, gap: float
) -> list[Placed]:
    """Labels near their ordered `marks`: in one row above them if it has room, else as flags.

    A flag hangs on its mark by one end, and its pole (from the label straight down to the mark)
    passes no other label, as far as that can be had.
    """
    placed = _spread_over(1, marks, sizes, low, high, gap)
    if _furthest(placed, marks, sizes) <= 0:
        return placed
    hoisted: dict[int, tuple[int, float]] = {}
    for index in reversed(range(len(marks))):
        hoisted[index] = _hoist(index, marks, sizes, low, high, gap, hoisted)
    lowest = min(row for row, _ in hoisted.values())
    return [
        Placed(index, row - lowest, left + sizes[index] / 2)
        for index, (row, left) in sorted(hoisted.items())
    ]


def _hoist(
    index: int,
    marks: Sequence[float],
    sizes: Sequence[float],
    low: float,
    high: float,
    gap: float,
    others: dict[int, tuple[int, float]],
) -> tuple[int, float]:
    """The row of one more flag (below 0 is below all so far) and the left end of its label."""
    size, mark = sizes[index], marks[index]
    rows = [row for row, _ in others.values()]
    top, bottom = max(rows, default=-1), min(rows, default=0)
    # A flag flies to the right of its pole, at the right edge to the left of it.
    sides = [min(max(left, low), high - size) for left in (mark - _HANG, mark + _HANG - size)]
    if mark - _HANG + size > high:
        sides.reverse()

    def fits(row: int, left: float, poles: bool) -> bool:
        for other, (its_row, its_left) in others.items():
            its_right, right = its_left + sizes[other], left + size
            if its_row == row and its_left - gap < right and left - gap < its_right:
                return False
            if not poles or abs(marks[other] - mark) < _HANG:
                continue
            if its_row < row and its_left - 1 <= mark <= its_right + 1:
                return False
            if its_row > row and left - 1 <= marks[other] <= right + 1:
                return False
        return True

    for left, poles in ((sides[0], True), (sides[1], True), (sides[0], False)):
        for row in (*range(bottom, top + 2), bottom - 1):
            if fits(row, left, poles):
                return row, left
    raise AssertionError("unreachable: a row above all others is free")


def widest_free(low: float, high: float, taken: Sequence[float]) -> tuple[float, float]:
    """The widest interval from `low` to `high` that holds none of the ordered places `taken`."""
    edges = [low, *(place for place in taken if low < place < high), high]
    return max(pairwise(edges), key=lambda interval: interval[1] - interval[0])
