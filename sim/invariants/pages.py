"""The invariants and the peculiarities as text for the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from sim.invariants.catalogue import INVARIANTS
from sim.invariants.invariant import Invariant
from sim.invariants.peculiarities import PECULIARITIES, Peculiarity

__all__ = ["BEGIN", "END", "invariants_text", "with_generated_text"]

BEGIN = "<!-- generated from sim.invariants: begin -->"
END = "<!-- generated from sim.invariants: end -->"


def invariants_text() -> str:
    """Every invariant and every peculiarity, as Markdown."""
    lines = ["## The invariants"]
    for invariant in INVARIANTS:
        lines += ["", *_invariant(invariant)]
    lines += ["", "## The peculiarities"]
    for peculiarity in PECULIARITIES:
        lines += ["", *_peculiarity(peculiarity)]
    return "\n".join(lines)


def _invariant(invariant: Invariant) -> Iterable[str]:
    excused = [each.name for each in PECULIARITIES if each.may_excuse(invariant)]
    yield f"### {invariant.name}"
    yield ""
    yield f"*{invariant.kind.value}* · {invariant.reference}"
    yield ""
    yield f"**{invariant.statement}**"
    yield invariant.why
    if excused:
        yield ""
        yield f"Excused by: {', '.join(f'[{name}](#{name})' for name in excused)}."


def _peculiarity(peculiarity: Peculiarity) -> Iterable[str]:
    yield f"### {peculiarity.name}"
    yield ""
    yield peculiarity.reference
    yield ""
    yield f"**{peculiarity.statement}**"
    yield peculiarity.why
    yield ""
    yield f"It may break: {', '.join(each.name for each in peculiarity.excuses)}."


def with_generated_text(page: str) -> str:
    """`page` with what is between the two marks made anew; raises ValueError without the marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"expected a page with the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{invariants_text()}\n\n{END}{after}"
