"""What kinds of expectations there are: what their values must be, and who judges them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from minisentinel.trace import Trace
from sim.invariants import Verdict
from sim.scenarios.expectations.cast import Cast

__all__ = ["ExpectationKind", "Value"]

Value = Literal["true or false", "whole number", "comparison", "node", "invariants"]


@dataclass(frozen=True, slots=True)
class ExpectationKind:
    """A claim that scenario files can make, the sort of its value, and how it is judged.

    With `needs_clients` it says nothing about a run without any client.
    """

    value: Value
    about: str
    judge: Callable[[Trace, Any, Cast], Verdict]
    needs_clients: bool = False
    lowest: int = 0
    """The smallest whole number that can be wrong."""
