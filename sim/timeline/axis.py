"""The time axis: one scale for all that happened, and short bands for the quiet in between.

A failover of a second may stand in the middle of a minute in which nothing happens. Between two
moments that matter, a long wait is therefore drawn as a band of fixed width, and says how long it
was; everything else has one and the same scale. The axis is piecewise linear, so anything that
does happen inside a band is drawn too, only closer together.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Stretch", "TimeAxis", "plan_axis"]

MARGIN_PT = 8.0
"""Room kept at full scale on both sides of a moment next to a band."""

BAND_PT = 34.0
"""Width of a band, at least."""

SHORT_US = 200_000
"""A shorter wait is none."""

FINE_PT_PER_US = 0.8 / 1000
"""No need to draw a microsecond wider than this."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis with one scale: from `start_us` at `left` to `end_us` at `right`."""

    start_us: float
    end_us: float
    left: float
    right: float
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Where each time of the run is on the paper (in points from the left edge)."""

    zero_us: int
    stretches: tuple[Stretch, ...]

    @property
    def start_us(self) -> float:
        """The first time that is shown."""
        return self.stretches[0].start_us

    @property
    def end_us(self) -> float:
        """The last time that is shown."""
        return self.stretches[-1].end_us

    @property
    def left(self) -> float:
        """The left edge of the plot."""
        return self.stretches[0].left

    @property
    def right(self) -> float:
        """The right edge of the plot."""
        return self.stretches[-1].right

    @property
    def quiet(self) -> tuple[Stretch, ...]:
        """The stretches that are drawn shorter than the rest."""
        return tuple(stretch for stretch in self.stretches if stretch.is_quiet)

    def at(self, time_us: float) -> float:
        """The place of `time_us`; times outside are put on the nearer edge."""
        time_us = min(max(time_us, self.start_us), self.end_us)
        index = bisect_right(self.stretches, time_us, key=lambda each: each.start_us) - 1
        stretch = self.stretches[max(index, 0)]
        share = (time_us - stretch.start_us) / (stretch.end_us - stretch.start_us)
        return stretch.left + share * (stretch.right - stretch.left)

    def shifted(self, by_us: int) -> TimeAxis:
        """The same axis for times that are all later by `by_us`."""
        stretches = (
            Stretch(
                each.start_us + by_us, each.end_us + by_us, each.left, each.right, each.is_quiet
            )
            for each in self.stretches
        )
        return TimeAxis(self.zero_us + by_us, tuple(stretches))

    def shows(self, time_us: float) -> bool:
        """Whether `time_us` is on the axis."""
        return self.start_us <= time_us <= self.end_us

    def ticks(self, distance_pt: float) -> tuple[tuple[float, str], ...]:
        """(place, label) of round times in seconds, about `distance_pt` apart or more.

        Bands have none; a stretch between bands that holds no such time gets one near its middle.
        """
        plain = [stretch for stretch in self.stretches if not stretch.is_quiet]
        widest = max(plain, key=lambda stretch: stretch.right - stretch.left)
        scale = (widest.right - widest.left) / (widest.end_us - widest.start_us)
        step_us, decimals = _round_step(distance_pt / scale)
        ticks: list[tuple[float, str]] = []
        for stretch in plain:
            first = math.ceil((stretch.start_us - self.zero_us) / step_us)
            last = math.floor((stretch.end_us - self.zero_us) / step_us)
            times = [self.zero_us + number * step_us for number in range(first, last + 1)]
            places = decimals
            while not times and places < 6:
                unit = 10 ** (6 - places)
                middle = (stretch.start_us + stretch.end_us) / 2 - self.zero_us
                nearest = self.zero_us + round(middle / unit) * unit
                times = [nearest] if stretch.start_us <= nearest <= stretch.end_us else []
                places += not times
            ticks += [(self.at(time), _seconds(time - self.zero_us, places)) for time in times]
        return tuple(ticks)


def _seconds(time_us: float, places: int) -> str:
    """A label in seconds; plain zero for zero, a real minus sign before what came earlier."""
    label = f"{abs(time_us) / 1e6:.{places}f}"
    if float(label) == 0:
        return "0"
    return f"\N{MINUS SIGN}{label}" if time_us < 0 else label


def _round_step(least_us: float) -> tuple[float, int]:
    """The smallest round step (1, 2 or 5 times a power of ten) and the decimals it needs."""
    power = math.floor(math.log10(max(least_us, 1.0)))
    for exponent in (power, power + 1):
        for factor in (1, 2, 5):
            step = factor * 10.0**exponent
            if step >= least_us:
                return step, max(0, 6 - exponent)
    raise AssertionError("unreachable: ten times a power of ten is larger than its remainder")


def plan_axis(
    moments: Sequence[int],
    *,
    zero_us: int,
    left: float,
    right: float,
    finest_us: float,
    finest_pt: float = 34.0,
    most_bands: int = 9,
    compress: bool = True,
) -> TimeAxis:
    """An axis from the first of the ordered `moments` to the last.

    Quiet gaps become bands, the longest first, as many as give the largest scale, but no more than
    `most_bands` and than it takes to make a duration of `finest_us` `finest_pt` wide.
    """
    gaps = sorted(
        ((end - start, start, end) for start, end in pairwise(moments)),
        key=lambda gap: (-gap[0], gap[1]),
    )
    total = moments[-1] - moments[0]
    width = right - left
    wanted = min(finest_pt / max(finest_us, 1.0), FINE_PT_PER_US)
    best, scale = 0, width / max(total, 1)
    kept = total
    for bands, gap in enumerate(gaps[:most_bands] if compress else (), start=1):
        if scale >= wanted or gap[0] < SHORT_US:
            break
        kept -= gap[0]
        better = (width - bands * (BAND_PT + 2 * MARGIN_PT)) / max(kept, 1)
        # One band more may gain nothing by itself, and much together with those that follow.
        if better > scale * 1.02:
            best, scale = bands, min(better, wanted)
    chosen = sorted(gaps[:best], key=lambda gap: gap[1])
    return TimeAxis(zero_us, _lay_out(chosen, moments, left, right, scale))


def _lay_out(
    gaps: Sequence[tuple[int, int, int]],
    moments: Sequence[int],
    left: float,
    right: float,
    scale: float,
) -> tuple[Stretch, ...]:
    kept = moments[-1] - moments[0] - sum(gap[0] for gap in gaps)
    # What a capped scale leaves over widens the bands.
    band = (right - left - kept * scale) / max(len(gaps), 1) - 2 * MARGIN_PT
    margin_us = MARGIN_PT / scale
    stretches: list[Stretch] = []
    time: float = moments[0]
    place = left
    for _, start, end in gaps:
        edge = place + (start - time) * scale + MARGIN_PT
        stretches.append(Stretch(time, start + margin_us, place, edge))
        stretches.append(Stretch(start + margin_us, end - margin_us, edge, edge + band, True))
        time, place = end - margin_us, edge + band
    stretches.append(Stretch(time, moments[-1], place, right))
    return tuple(stretches)
