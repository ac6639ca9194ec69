"""A Sentinel on the bench, and the master that it watches."""

from __future__ import annotations

import pytest

from minisentinel.core.state import Master
from tests.core.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def master(bench: Bench) -> Master:
    return bench.master()
