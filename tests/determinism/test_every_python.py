"""On any Python, with any hashes, in another process, in the opposite order: the same digests.

That every shipped scenario has the digest that was reviewed says `tests.scenarios.test_shipped`,
on the Python that runs the tests. Here others are asked: for a quick scenario of each theme in
``make test``, for all that are shipped in ``make determinism``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.scenarios import THEMES, find_scenario
from sim.scenarios.catalogue import shipped_names
from tests.determinism.digests import BACKWARDS
from tests.support.golden import DIRECTORY
from tests.support.pythons import Version, interpreters

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = tuple(interpreters())
HERE: Version = (sys.implementation.name, *sys.version_info[:2])
HASH_SEEDS = ("0", "4711", "random")
WAYS = tuple(
    (VERSIONS[number % len(VERSIONS)], HASH_SEEDS[number % len(HASH_SEEDS)])
    for number in range(max(len(VERSIONS), len(HASH_SEEDS)))
)
"""Every version and every seed of hashes at least once."""

ALL_OF_THEM = "DETERMINISM_ALL"
SAMPLE = (
    "kill-master",
    "two-machines",
    "all-masters-at-once",
    "lua-busy",
    "empty-master-restart",
    "docker-nat",
    "config-not-saved",
    "own-address",
)
"""The scenario of each theme that tells most in a second or two, in the order of the themes."""

SHARES = (
    [shipped_names()[start::4] for start in range(4)]
    if os.environ.get(ALL_OF_THEM)
    else [list(SAMPLE)]
)
"""What one process has to do: all that are shipped are shared out, to keep all processors busy."""


def digests_elsewhere(python: str, hash_seed: str, *arguments: str) -> list[str]:
    """The lines that another process comes to."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed, "PATH": ""}
    done = subprocess.run(
        [python, "-m", "tests.determinism.digests", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def reviewed(names: list[str]) -> list[str]:
    """The lines of the golden files."""
    texts = ((DIRECTORY / f"digests/{name}.txt").read_text(encoding="utf-8") for name in names)
    return [line for text in texts for line in text.splitlines()]


@pytest.mark.real_io
@pytest.mark.parametrize("names", SHARES, ids=lambda names: f"{names[0]}-and-others")
@pytest.mark.parametrize(
    ("version", "hash_seed"), WAYS, ids=["{}-{}.{}-{}".format(*one, two) for one, two in WAYS]
)
def test_every_python_comes_to_the_same_digests_with_other_hashes_and_in_another_order(
    version: Version, hash_seed: str, names: list[str]
) -> None:
    """In another process, the last scenario first."""
    found = digests_elsewhere(interpreters()[version], hash_seed, BACKWARDS, *names)
    assert sorted(found) == sorted(reviewed(names))


def test_the_sample_has_a_scenario_of_each_theme() -> None:
    assert [find_scenario(name).theme for name in SAMPLE] == list(THEMES)


def test_there_are_several_pythons_to_compare() -> None:
    if len(VERSIONS) == 1:
        pytest.skip("no other Python from 3.11 on, neither on PATH nor under pyenv")
    assert HERE in VERSIONS
