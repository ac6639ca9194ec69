"""What every test of the server gets: nothing of it is left for the next one."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def clear_away() -> Iterator[None]:
    """Collect what a test has left, so that it is not found in the middle of another one.

    A fake server that ends while somebody is about to connect may leave a socket to the garbage
    collector, and so does a test that fails. What a Sentinel itself leaves is looked for by the
    tests that are about that, before this.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
