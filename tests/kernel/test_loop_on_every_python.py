"""The tour through asyncio takes the same way on every Python, hash seed and in debug mode."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.golden import Golden
from tests.support.pythons import interpreters

ROOT = Path(__file__).resolve().parents[2]
TOUR = Path(__file__).with_name("asyncio_tour.py")


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
    """On every CPython, for one that collects garbage later also complains later of what is in it.

    It does so to the log of the loop; no trace knows when anything is collected.
    """
    for (implementation, *_), interpreter in interpreters().items():
        if implementation == "cpython":
            golden("kernel/asyncio-tour.txt", tour(interpreter, hash_seed=hash_seed))


def test_the_tour_is_the_same_in_development_mode(golden: Golden) -> None:
    golden("kernel/asyncio-tour.txt", tour(sys.executable, "-X", "dev"))
