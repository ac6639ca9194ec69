"""One failover with every message in its trace, for all tests of this directory."""

from __future__ import annotations

import pytest

from minisentinel.trace import Trace
from sim import Deployment, World


@pytest.fixture(scope="package")
def failover() -> Trace:
    """A master is killed after 15 s; the new one stands at 25 s."""
    world = World(Deployment(down_after_milliseconds=2000), seed=3, messages=True)
    world.run(15)
    world.kill("master")
    world.run(10)
    world.end("duration")
    return world.trace
