"""A Sentinel of 2013 on the bench."""

from __future__ import annotations

import pytest

from tests.versions.bench import OldBench


@pytest.fixture
def bench() -> OldBench:
    return OldBench()
