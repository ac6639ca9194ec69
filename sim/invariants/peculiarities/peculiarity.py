"""What a peculiarity is: a circumstance in which the true protocol breaks a promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minisentinel.trace import Entry, Trace
from sim.invariants.invariant import Invariant
from sim.invariants.verdicts import Violation

__all__ = ["Occurrences", "Peculiarity"]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where in a trace a peculiarity is.

    `entries` are those in which it shows. It explains the violations in whose evidence one of them
    is; or, where that would be too much or too little, those of which `decides` says so.
    """

    entries: tuple[Entry, ...]
    decides: Callable[[Violation], bool] | None = None

    def __bool__(self) -> bool:
        """Whether it is in the trace at all."""
        return bool(self.entries)

    def explains(self, violation: Violation) -> bool:
        """Whether this violation would not be without the peculiarity."""
        if not self.entries:
            return False
        if self.decides is not None:
            return self.decides(violation)
        return any(entry in self.entries for entry in violation.evidence)


@dataclass(frozen=True, slots=True)
class Peculiarity:
    """A named circumstance in which the protocol, as specified, does not keep a promise.

    `statement` says what happens in one sentence, `why` what to make of it, `reference` names the
    rules from which it follows. `recognise` finds it in a trace by its precise condition, and
    `excuses` are the invariants that it may explain violations of. If it `never_rests`, its entries
    go on as long as nobody interferes, and are why a world does not become calm.
    """

    name: str
    statement: str
    why: str
    reference: str
    excuses: tuple[Invariant, ...]
    recognise: Callable[[Trace], Occurrences]
    never_rests: bool = False

    def __str__(self) -> str:
        return self.name

    def may_excuse(self, invariant: Invariant) -> bool:
        """Whether `invariant` is among those that it excuses."""
        return any(each.name == invariant.name for each in self.excuses)
