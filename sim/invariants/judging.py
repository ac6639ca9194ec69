"""Judging a whole trace by all invariants in one pass, and excusing what a peculiarity explains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from minisentinel.trace import Data, Entry, Trace
from sim.invariants.catalogue import INVARIANTS, SAFETY
from sim.invariants.doubts import doubted
from sim.invariants.invariant import Invariant, Watch, WholeTrace, conclude
from sim.invariants.peculiarities import PECULIARITIES, Peculiarity
from sim.invariants.verdicts import Truth, Verdict, Violation

__all__ = ["Judgement", "broken_invariants", "first_violation", "judge_all"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of one invariant and one trace.

    `explanations` are the peculiarities that explain its violations, one after the other in the
    order of `verdict.violations`; None stands for a violation that nothing explains.
    """

    invariant: Invariant
    verdict: Verdict
    explanations: tuple[Peculiarity | None, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether the invariant is known to be broken, and something about that is unexplained."""
        return self.verdict.truth is Truth.FALSE and None in self.explanations

    @property
    def is_explained(self) -> bool:
        """Whether it is broken, and known peculiarities of the protocol explain all of that."""
        return self.verdict.truth is Truth.FALSE and None not in self.explanations

    @property
    def mark(self) -> str:
        """One word: ok, unknown, explained or BROKEN."""
        if self.is_broken:
            return "BROKEN"
        if self.is_explained:
            return "explained"
        return "ok" if self.verdict else "unknown"

    @property
    def unexplained(self) -> tuple[Violation, ...]:
        """The violations that nothing explains, in order."""
        pairs = zip(self.verdict.violations, self.explanations, strict=True)
        return tuple(violation for violation, why in pairs if why is None)

    @property
    def peculiarities(self) -> tuple[Peculiarity, ...]:
        """The peculiarities that explain something, each once."""
        return tuple(dict.fromkeys(each for each in self.explanations if each is not None))

    @property
    def told(self) -> Verdict:
        """The verdict, which in its reason names what explains it."""
        if not self.is_explained:
            return self.verdict
        names = " and ".join(each.name for each in self.peculiarities)
        return replace(self.verdict, reason=f"{self.verdict.reason} (explained by {names})")

    def __str__(self) -> str:
        if self.is_broken:
            return f"broken: {self.unexplained[0]}"
        if self.is_explained:
            names = ", ".join(each.name for each in self.peculiarities)
            return f"broken, but explained by {names}: {self.verdict.reason}"
        return str(self.verdict)


def judge_all(trace: Trace, invariants: Sequence[Invariant] = INVARIANTS) -> tuple[Judgement, ...]:
    """Every invariant with its verdict on `trace`, in the given order, from one pass over it."""
    watches = [(each, each.watch(trace.header), list[Violation]()) for each in invariants]
    for _, watch, _ in watches:
        if isinstance(watch, WholeTrace):
            watch.read(trace)
    readers: dict[type[Data], list[tuple[Callable[[Entry], Violation | None], list[Violation]]]]
    readers = {}
    for entry in trace.entries:
        kind = type(entry.data)
        wanted = readers.get(kind)
        if wanted is None:
            wanted = readers[kind] = [
                (watch.see, found) for _, watch, found in watches if _reads(watch, kind)
            ]
        for see, found in wanted:
            broken = see(entry)
            if broken is not None:
                found.append(broken)
    return tuple(
        _explained(trace, invariant, conclude(watch, found)) for invariant, watch, found in watches
    )


def _reads(watch: Watch, kind: type[Data]) -> bool:
    """Whether `watch` is to be shown entries with this class of data."""
    if isinstance(watch, WholeTrace):
        return False
    return not watch.reads or issubclass(kind, watch.reads)


def _explained(trace: Trace, invariant: Invariant, verdict: Verdict) -> Judgement:
    verdict = doubted(trace, invariant, verdict)
    if verdict.truth is not Truth.FALSE:
        return Judgement(invariant, verdict)
    excuses = [
        (each, each.recognise(trace)) for each in PECULIARITIES if each.may_excuse(invariant)
    ]
    return Judgement(
        invariant,
        verdict,
        tuple(
            next((each for each, found in excuses if found.explains(violation)), None)
            for violation in verdict.violations
        ),
    )


def broken_invariants(
    trace: Trace, invariants: Sequence[Invariant] = INVARIANTS
) -> tuple[Judgement, ...]:
    """The judgements of what is broken and not explained."""
    return tuple(each for each in judge_all(trace, invariants) if each.is_broken)


def first_violation(
    trace: Trace, invariants: Sequence[Invariant] = SAFETY
) -> tuple[Invariant, Violation] | None:
    """The earliest violation in `trace` that no peculiarity explains, and what it breaks.

    Explanations are looked for only where something is broken, so that a good trace costs one pass.
    """
    broken = [
        (violation, judgement.invariant)
        for judgement in judge_all(trace, invariants)
        for violation in judgement.unexplained
    ]
    if not broken:
        return None
    violation, invariant = min(broken, key=lambda pair: pair[0].entry.time_us)
    return invariant, violation
