"""The same examples are drawn every time, whatever else is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]

# `tests.conftest` sets hypothesis up as for every test.
PROGRAM = """
import sys
for name in sys.argv[1:]:
    __import__(name)
import tests.conftest
from hypothesis import given, settings, strategies

@given(strategies.integers(), strategies.text())
@settings(max_examples=300, database=None)
def some(number, text):
    print(number, ascii(text))

some()
"""


def drawn(*modules: str, profile: str = "ci") -> list[str]:
    """What a property is tried with in a process that has loaded these modules."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *modules],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HYPOTHESIS_PROFILE": profile},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.real_io
def test_examples_do_not_depend_on_what_is_loaded() -> None:
    first = drawn()
    assert len(first) == 300
    assert drawn("minisentinel.service", "sim.cli") == first


def test_profile_in_force_is_the_one_that_is_named_and_ci_otherwise() -> None:
    name = os.environ["HYPOTHESIS_PROFILE"]
    assert settings.default is not None
    assert settings.default.derandomize is (name == "ci")


@pytest.mark.parametrize("name", ["ci", "dev", "soak"])
def test_no_profile_judges_by_the_clock(name: str) -> None:
    profile = settings.get_profile(name)
    assert profile.deadline is None
    assert HealthCheck.too_slow in profile.suppress_health_check


def test_ci_remembers_no_failure_of_this_machine() -> None:
    profile = settings.get_profile("ci")
    assert profile.derandomize
    assert profile.database is None
