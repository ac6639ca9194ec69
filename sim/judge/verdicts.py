"""Verdicts: true, false or unknown, with the reason and the entries that show it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from minisentinel.trace import Entry, Trace

__all__ = ["Invariant", "Truth", "Verdict", "holds", "is_broken", "is_unknown"]


class Truth(enum.Enum):
    """What can be said about a claim: it holds, it does not, or the trace cannot tell."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one claim. `evidence` are the entries that broke it, the last one last."""

    truth: Truth
    reason: str
    evidence: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        """Whether the claim is known to hold; an unknown verdict is not true."""
        return self.truth is Truth.TRUE

    def __str__(self) -> str:
        return f"{self.truth.value}: {self.reason}"


def holds(reason: str) -> Verdict:
    """A verdict that the claim is true."""
    return Verdict(Truth.TRUE, reason)


def is_broken(reason: str, *evidence: Entry) -> Verdict:
    """A verdict that the claim is false, with what shows it."""
    return Verdict(Truth.FALSE, reason, evidence)


def is_unknown(reason: str) -> Verdict:
    """A verdict that the trace cannot tell."""
    return Verdict(Truth.UNKNOWN, reason)


@dataclass(frozen=True, slots=True)
class Invariant:
    """A claim about every run: its `name`, the claim in one `sentence`, and how to judge it."""

    name: str
    sentence: str
    judge: Callable[[Trace], Verdict]
