"""Spans: what was true from when until when; the alphabet of every view of a trace."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Span", "Track", "merged_intervals", "span_at", "without_intervals"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """`value` held from `start_us` (included) until `end_us` (excluded)."""

    start_us: int
    end_us: int
    value: T

    @property
    def duration_us(self) -> int:
        """How long it held, in microseconds."""
        return self.end_us - self.start_us


@dataclass(slots=True)
class Track(Generic[T]):
    """Collects the spans of one variable while a trace is read from front to back.

    Equal neighbours become one span, and a value that lasted no time leaves none.
    """

    spans: list[Span[T]] = field(default_factory=list)
    _value: T | None = None
    _since_us: int = 0

    @property
    def value(self) -> T | None:
        """The value that holds now; None while nothing is known."""
        return self._value

    def change(self, time_us: int, value: T | None) -> None:
        """From `time_us` on the variable is `value`; None means unknown or absent."""
        if value == self._value:
            return
        self.finish(time_us)
        self._value = value
        self._since_us = time_us

    def finish(self, time_us: int) -> tuple[Span[T], ...]:
        """End the span that is open at `time_us`; returns all spans."""
        if self._value is not None and time_us > self._since_us:
            self.spans.append(Span(self._since_us, time_us, self._value))
        self._since_us = max(time_us, self._since_us)
        return tuple(self.spans)


def span_at(spans: Sequence[Span[T]], time_us: int) -> Span[T] | None:
    """The span that holds at `time_us`, out of ordered spans that do not overlap."""
    index = bisect_right(spans, time_us, key=lambda span: span.start_us) - 1
    if index >= 0 and time_us < spans[index].end_us:
        return spans[index]
    return None


def merged_intervals(intervals: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The union of (start, end) intervals, in order; intervals that touch become one."""
    union: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return tuple(union)


def without_intervals(
    intervals: Sequence[tuple[int, int]], removed: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """What is left of ordered (start, end) intervals when other ordered ones are cut out."""
    left: list[tuple[int, int]] = []
    for start, end in intervals:
        for gone_from, gone_to in removed:
            if gone_to <= start or end <= gone_from:
                continue
            if start < gone_from:
                left.append((start, gone_from))
            start = gone_to
        if start < end:
            left.append((start, end))
    return tuple(left)
