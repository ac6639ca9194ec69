"""The tour through asyncio takes the same way on every Python, hash seed and in debug mode."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.golden import Golden

ROOT = Path(__file__).resolve().parents[2]
TOUR = Path(__file__).with_name("asyncio_tour.py")


def candidates() -> Iterator[str]:
    yield sys.executable
    for minor in range(11, 20):
        if found := shutil.which(f"python3.{minor}"):
            yield found
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path) for path in sorted(versions.glob("3.*/bin/python")))


@functools.cache
def interpreters() -> tuple[str, ...]:
    """One interpreter for each version of Python from 3.11 on that the machine has."""
    question = "import sys; print(*sys.version_info[:2])"
    by_version: dict[tuple[int, int], str] = {}
    for candidate in candidates():
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True)
        if answer.returncode == 0:
            major, minor = map(int, answer.stdout.split())
            by_version.setdefault((major, minor), candidate)
    return tuple(by_version[version] for version in sorted(by_version) if version >= (3, 11))


def tour(interpreter: str, *options: str, hash_seed: int = 0) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [interpreter, *options, str(TOUR)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tour_is_what_it_was(golden: Golden) -> None:
    golden("kernel/asyncio-tour.txt", tour(sys.executable))


@pytest.mark.parametrize("hash_seed", [1, 2])
def test_the_tour_is_the_same_on_every_python(golden: Golden, hash_seed: int) -> None:
    for interpreter in interpreters():
        golden("kernel/asyncio-tour.txt", tour(interpreter, hash_seed=hash_seed))


def test_the_tour_is_the_same_in_development_mode(golden: Golden) -> None:
    golden("kernel/asyncio-tour.txt", tour(sys.executable, "-X", "dev"))
