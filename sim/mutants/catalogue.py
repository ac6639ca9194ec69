"""The catalogue of planted bugs: the wrong rule, the lesson, and the promise that it breaks."""

from __future__ import annotations

from sim.mutants.agreement import AGREEMENT
from sim.mutants.corrections import CORRECTIONS
from sim.mutants.durability import DURABILITY
from sim.mutants.elections import ELECTIONS
from sim.mutants.failovers import FAILOVERS
from sim.mutants.gossip import GOSSIP
from sim.mutants.guarding import GUARDING
from sim.mutants.idleness import IDLENESS
from sim.mutants.monitoring import MONITORING
from sim.mutants.mutant import Mutant
from sim.mutants.replication import REPLICATION
from sim.mutants.selection import SELECTION

__all__ = ["FAMILIES", "MUTANTS", "find_mutant"]

FAMILIES: tuple[tuple[str, tuple[Mutant, ...]], ...] = (
    ("Watching", MONITORING),
    ("Agreement", AGREEMENT),
    ("Elections", ELECTIONS),
    ("Durability", DURABILITY),
    ("Selection", SELECTION),
    ("Failovers", FAILOVERS),
    ("Corrections", CORRECTIONS),
    ("Gossip", GOSSIP),
    ("Idleness", IDLENESS),
    ("Replication", REPLICATION),
    ("Guarding", GUARDING),
)
"""The mutants by the part that is wrong, in the order of a failover; servers come last."""

MUTANTS: tuple[Mutant, ...] = tuple(mutant for _, family in FAMILIES for mutant in family)
"""Every mutant."""


def find_mutant(name: str) -> Mutant:
    """The mutant of that name; raises ValueError, which names those that there are."""
    for mutant in MUTANTS:
        if mutant.name == name:
            return mutant
    known = ", ".join(mutant.name for mutant in MUTANTS)
    raise ValueError(f"no mutant is called {name!r}; expected one of: {known}")
