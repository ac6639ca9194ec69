"""What every test gets: hypothesis profiles, golden files, the entropy tripwire, a last word."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from tests.support import draws, entropy
from tests.support.golden import DIRECTORY, Golden

# No deadlines: a slow machine is not a failing test. `ci` draws the same examples every time;
# `dev` looks for new ones; `soak` looks for long. Who wants to look for something says so: what is
# found by chance is no fault of the change that is tested. `sim.search` heeds the variable too.
PROFILE = os.environ.setdefault("HYPOTHESIS_PROFILE", "ci")
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", settings(**COMMON))  # type: ignore[arg-type]
settings.register_profile(
    "ci",
    settings(derandomize=True, database=None, print_blob=True, **COMMON),  # type: ignore[arg-type]
)
settings.register_profile("soak", settings(max_examples=2000, **COMMON))  # type: ignore[arg-type]
settings.load_profile(PROFILE)
if PROFILE == "ci":
    draws.depend_on_nothing_else()

# That matplotlib looks for fonts on a new machine, or can keep nowhere what it has found, is
# nothing that a command has to say.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


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


SHOWN = "shown: "


@pytest.fixture
def show(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """``show(title, text)`` prints `text` at the end of the tests, whatever becomes of them."""
    return lambda title, text: record_property(SHOWN + title, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have to show; with several processes too."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, text in report.user_properties:
                if name.startswith(SHOWN):
                    terminalreporter.section(name.removeprefix(SHOWN))
                    terminalreporter.write_line(str(text))
