"""What of a run is shown: which lanes, and which parts of the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sim.judge import Node

__all__ = ["GROUPS", "PARTS", "Selection"]

GROUPS = {"clients": "client", "sentinels": "sentinel", "servers": "redis"}
"""Words for all lanes of a type, and the type."""

PARTS = {
    "story": "the lines below the title",
    "phases": "the phases of the failovers",
    "faults": "what was done to the world",
    "votes": "requests for votes, and the answers",
    "commands": "who is told to be a master or to follow one",
    "lag": "the panel of the replication lag",
    "legend": "what the marks mean",
}
"""Words for parts of the picture that are no lanes, and what they are."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Shown is what `only` names, but for what `hide` names.

    A word is a part (`PARTS`), a group of lanes (`GROUPS`), the name of a node, or a pattern for
    names (``redis-*``). If `only` names no lane, all lanes stay; if it names no part, all parts.
    """

    only: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()

    @staticmethod
    def of(only: Iterable[str], hide: Iterable[str], nodes: Sequence[Node]) -> Selection:
        """The selection of what exists; raises ValueError for a word that fits nothing."""
        chosen = Selection(tuple(only), tuple(hide))
        for word in (*chosen.only, *chosen.hide):
            if word not in PARTS and word not in GROUPS and not _matching(word, nodes):
                known = ", ".join((*PARTS, *GROUPS, *(node.name for node in nodes)))
                raise ValueError(f"nothing is called {word!r}; expected some of: {known}")
        if not any(chosen.lane(node) for node in nodes) and nodes:
            raise ValueError("no lane would be left")
        return chosen

    def part(self, name: str) -> bool:
        """Whether the part `name` is shown."""
        wanted = [word for word in self.only if word in PARTS]
        return (not wanted or name in wanted) and name not in self.hide

    def lane(self, node: Node) -> bool:
        """Whether the lane of `node` is shown."""
        wanted = [word for word in self.only if word not in PARTS]
        shown = not wanted or any(_fits(word, node) for word in wanted)
        return shown and not any(_fits(word, node) for word in self.hide)


def _fits(word: str, node: Node) -> bool:
    return GROUPS.get(word) == node.type or fnmatchcase(node.name, word)


def _matching(word: str, nodes: Sequence[Node]) -> bool:
    return any(_fits(word, node) for node in nodes)
