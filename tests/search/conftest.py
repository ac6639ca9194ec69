"""What several tests of searches need."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import Phase, settings


@pytest.fixture
def unshrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that fails is shown as it was found; `test_strategies` is about shrinking."""
    found = partial(settings, phases=(Phase.generate,))
    monkeypatch.setattr("sim.search.strategies.settings", found)
