"""The part of a trace that somebody wants to see, entry by entry, each with its wording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minisentinel.trace import Entry, Trace
from sim.judge import find_nodes
from sim.judge.wording import Weight, Wording, put_into_words

__all__ = ["ExportError", "Slice", "Telling", "tell"]


class ExportError(ValueError):
    """What was asked for cannot be written in this format; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a trace: entries from `since` to `until` (seconds of the run, both included).

    Only those of `nodes` (all if empty), and only those that matter at least as much as `weight`.
    Raises `ExportError` for a weight that is none, and for nodes that are not a tuple of names.
    """

    since: float = 0.0
    until: float | None = None
    nodes: tuple[str, ...] = ()
    weight: Weight = Weight.STEP

    def __post_init__(self) -> None:
        if not isinstance(self.weight, Weight):
            known = ", ".join(f"Weight.{each.name}" for each in Weight)
            raise ExportError(f"weight is {self.weight!r}; expected one of: {known}")
        if not isinstance(self.nodes, tuple):
            raise ExportError(f"nodes is {self.nodes!r}; expected a tuple of names")

    def has_moment(self, time_us: int) -> bool:
        """Whether this time, in microseconds of the run, belongs to it."""
        late = self.until is not None and time_us > self.until * 1_000_000
        return time_us >= self.since * 1_000_000 and not late

    def has_node(self, node: str) -> bool:
        """Whether what this node did belongs to it."""
        return not self.nodes or node in self.nodes


@dataclass(frozen=True, slots=True)
class Telling:
    """One entry of a slice: its place in the trace, itself, and what it says."""

    index: int
    entry: Entry
    wording: Wording


def tell(trace: Trace, part: Slice) -> Iterator[Telling]:
    """The entries of `part` in order; raises `ExportError` if it names a node that is not there."""
    nodes = find_nodes(trace)
    known = dict.fromkeys(entry.node for entry in trace.entries)
    for name in part.nodes:
        if name not in known:
            raise ExportError(
                f"no node is called {name!r}; expected one of: {', '.join(sorted(known))}"
            )
    for index, entry in enumerate(trace.entries):
        if part.has_moment(entry.time_us) and part.has_node(entry.node):
            wording = put_into_words(entry, nodes)
            if wording.weight >= part.weight:
                yield Telling(index, entry, wording)
