"""What was published in May 2013, as numbers (spec: sentinel-2.6 §15)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["FIRST_LOST", "LAST_LOST", "NUMBERS", "PUBLISHED", "WRITES_BEFORE_CUT"]

NUMBERS = 2000
WRITES_BEFORE_CUT = 10
"""Of each client; the first number that was lost is the fifty-first."""

FIRST_LOST = 50
LAST_LOST = 1685
"""The last number that the old master took: the end of the cut is an input of the experiment."""

PUBLISHED: Mapping[str, float] = MappingProxyType(
    {
        "attempted": 2000,
        "acknowledged": 1998,
        "surviving": 872,
        "lost": 1126,
        "loss rate": 1126 / 1998,
        "found": 0,
        "lost, had the old master stopped at the last published one": 1126,
        "lost by clients 1 and 2": 655,
        "of these after the last published one": 0,
        "lost by clients 3 to 5": 471,
        "surviving from before the cut": 50,
        "surviving of clients 3 to 5, after their switch": 699,
        "surviving of clients 1 and 2, after the cut": 123,
        "not acknowledged": 2,
    }
)
"""By the names that `sim.jepsen.accounting.Outcome.figures` gives; clients are counted from 1."""
