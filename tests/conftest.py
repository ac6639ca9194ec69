"""What every test gets: hypothesis profiles, golden files, the entropy tripwire."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support import entropy
from tests.support.golden import DIRECTORY, Golden

# No deadlines: a slow machine is not a failing test. `ci` draws the same examples every time;
# `dev` looks for new ones; `soak` looks for long.
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", settings(**COMMON))  # type: ignore[arg-type]
settings.register_profile(
    "ci",
    settings(derandomize=True, database=None, print_blob=True, **COMMON),  # type: ignore[arg-type]
)
settings.register_profile("soak", settings(max_examples=2000, **COMMON))  # type: ignore[arg-type]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        default=False,
        help="write the golden files from this run instead of comparing with them",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """``golden(name, text)`` compares `text` with ``tests/golden/<name>``."""
    return Golden(DIRECTORY, rewrite=bool(request.config.getoption("--rewrite-golden")))


@pytest.fixture(autouse=True)
def entropy_tripwire(request: pytest.FixtureRequest) -> None:
    """Our packages may not ask the machine for time, chance or sockets (`real_io` tests may)."""
    if request.node.get_closest_marker("real_io") is None:
        entropy.install(request.getfixturevalue("monkeypatch"))
