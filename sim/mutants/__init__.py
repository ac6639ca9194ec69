"""Planted bugs: what becomes of Sentinel when one of its rules is wrong.

A mutant is a `Profile` that differs from the true one in a single rule; the protocol core knows
nothing of them. Run one with ``run_scenario(scenario, profile=mutant.profile)`` and see which
promise it breaks; `sim.search.hunting` does that for all of them.
"""

from sim.mutants.catalogue import FAMILIES, MUTANTS, find_mutant
from sim.mutants.mutant import Mutant

__all__ = ["FAMILIES", "MUTANTS", "Mutant", "find_mutant"]
