"""Verdicts: true, false or unknown, with the reason and the entries that show it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from minisentinel.trace import Entry

__all__ = ["Truth", "Verdict", "Violation", "holds", "is_broken", "is_unknown"]


class Truth(enum.Enum):
    """What can be said about a claim: it holds, it does not, or the trace cannot tell."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Violation:
    """`entry` broke a claim, for `reason`; `against` are the earlier entries that it contradicts.

    A claim about the end of a run is broken by the last entry that tells of what is wrong, and a
    claim that something must have happened by now by the first entry that is too late.
    """

    entry: Entry
    reason: str
    against: tuple[Entry, ...] = ()

    @property
    def evidence(self) -> tuple[Entry, ...]:
        """All that shows it, in order of time, what broke the claim last."""
        return (*self.against, self.entry)

    def __str__(self) -> str:
        return f"{self.entry.time_us / 1e6:.3f} s, {self.entry.node}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one claim. `evidence` are the entries that broke it, the last one last.

    Where a claim can be broken several times in a run, `violations` are all of them, and reason and
    evidence are those of the first.
    """

    truth: Truth
    reason: str
    evidence: tuple[Entry, ...] = ()
    violations: tuple[Violation, ...] = ()

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
