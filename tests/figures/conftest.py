"""One failover with every message in its trace, for all tests of this directory."""

from __future__ import annotations

import pytest

from minisentinel.trace import Trace
from sim import Deployment, World


@pytest.fixture(scope="package")
def failover() -> Trace:
    """A master is killed after 12 s, and its Sentinels have made another one by 17 s."""
    world = World(Deployment(down_after_milliseconds=2000, clients=1), seed=3, messages=True)
    world.run(12)
    world.kill("master")
    world.run(5)
    world.end("duration")
    return world.trace
