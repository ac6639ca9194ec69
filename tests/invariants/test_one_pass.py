"""Judging by all invariants in one pass, and looking only at the records that can matter."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import pytest

from minisentinel.trace import Data, Trace, kinds
from sim.invariants import INVARIANTS, judge_all
from sim.invariants.coverage import _SHOWING, _happening
from sim.judge.datasets import TELLING, DataSets
from tests.judge.stories import failover_story

TEXTS = ("", "x", "role", "forced", "unknown", "+sentinel-address-switch")
"""What stands in every field of text in turn: some of it means something somewhere."""


def samples(cls: type[Data]) -> list[Data]:
    """Records of this class."""
    hints = typing.get_type_hints(cls)
    names = [each.name for each in dataclasses.fields(cls)]  # type: ignore[arg-type]
    found = []
    for text in TEXTS:
        values: dict[Any, Any] = {int: 1, str: text, bool: True, float: 1.0}
        found.append(cls(**{name: values.get(hints[name], ()) for name in names}))
    return found


@pytest.fixture(scope="module", name="trace")
def _trace() -> Trace:
    return failover_story()


def test_one_pass_says_the_same_as_every_invariant_alone(trace: Trace) -> None:
    for end in (0, len(trace.entries) // 2, len(trace.entries)):
        part = Trace(trace.header, trace.entries[:end])
        found = {each.invariant: each.verdict for each in judge_all(part)}
        assert found == {each: each.judge(part) for each in INVARIANTS}


def test_only_what_tells_of_data_sets_changes_them() -> None:
    changing = set()
    for cls in kinds().values():
        for data in samples(cls):
            sets = DataSets()
            sets.note(0, "redis-1", data)
            if sets != DataSets():
                changing.add(cls)
    assert changing == set(TELLING)


def test_only_records_that_are_looked_at_show_that_something_happened() -> None:
    showing = {cls for cls in kinds().values() if any(map(_happening, samples(cls)))}
    assert showing == set(_SHOWING)
