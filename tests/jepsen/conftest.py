"""Runs that several tests look at, each made once."""

from __future__ import annotations

from functools import cache

import pytest

from minisentinel.trace import Trace
from sim.jepsen.accounting import Outcome
from sim.jepsen.experiment import Experiment
from sim.jepsen.plan import find_variant


@cache
def played(variant: str, seed: int) -> tuple[Outcome, Trace]:
    """One run and its trace."""
    experiment = Experiment(find_variant(variant), seed)
    return experiment.run(), experiment.world.trace


@pytest.fixture
def old() -> Outcome:
    """A run of the published experiment."""
    return played("2.6.13", 1)[0]
