"""Who is meant by the names that a scenario gives: nodes that were hit, and moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Cast"]


@dataclass(frozen=True, slots=True)
class Cast:
    """`nodes` are those that a name stands for; `moments` are when a fault of that name happened.

    `first_fault_us` is the moment of the first of all.
    """

    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moments: Mapping[str, int] = field(default_factory=dict)
    first_fault_us: int = 0

    def members(self, name: str) -> tuple[str, ...]:
        """The nodes that `name` stands for."""
        return self.nodes.get(name, (name,))
