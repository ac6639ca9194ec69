"""What a search must remember of the past to see that a promise is broken.

Two situations may be merged only if they also agree in this. A *watch* says which promises matter
in a search; facts that none of them needs are forgotten, so that more situations are equal. The
last word has the judge, who gets the whole trace of a run that breaks a promise here.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.adversary.minds import Fact

__all__ = ["EVERYTHING", "Breach", "Histories", "History"]

History = tuple[tuple[str, str, str, int, str], ...]
"""Node and fact, sorted, each once."""

PROMISES = {
    "two-leaders": ("elected",),
    "two-votes": ("vote",),
    "two-addresses": ("holds",),
    "went-back": (),
    "not-elected": ("had-enough",),
}
"""Each breach that is looked for, and the facts that must be remembered for it."""

EVERYTHING = tuple(PROMISES)


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that was broken; `what` is a key of the table of promises, `text` tells it."""

    what: str
    text: str


class Histories:
    """Histories by number, and how each goes on, for one watch."""

    def __init__(self, watch: tuple[str, ...] = EVERYTHING) -> None:
        self.watch = watch
        self._kept = frozenset(fact for each in watch for fact in PROMISES[each])
        self.table: list[History] = [()]
        self._numbers: dict[History, int] = {(): 0}
        self._next: dict[tuple[int, str, tuple[Fact, ...]], tuple[int, tuple[Breach, ...]]] = {}

    def after(
        self, history: int, node: str, facts: tuple[Fact, ...]
    ) -> tuple[int, tuple[Breach, ...]]:
        """The history after `node` did `facts`, and the promises that this broke."""
        key = (history, node, facts)
        found = self._next.get(key)
        if found is None:
            found = self._next[key] = self._compute(self.table[history], node, facts)
        return found

    def _compute(
        self, past: History, node: str, facts: tuple[Fact, ...]
    ) -> tuple[int, tuple[Breach, ...]]:
        breaches: list[Breach] = []
        for what, master, epoch, whom in facts:
            if what == "gave-up" and "not-elected" in self.watch:
                breaches += _given_up(past, node, master, epoch)
            elif what == "went-back" and what in self.watch:
                text = f"{node} went back to the configuration {epoch} of {master}"
                breaches.append(Breach(what, text))
            elif what in self._kept:
                breaches += _contradictions(past, node, what, master, epoch, whom)
                past = tuple(sorted({*past, (node, what, master, epoch, whom)}))
        number = self._numbers.get(past)
        if number is None:
            number = self._numbers[past] = len(self.table)
            self.table.append(past)
        return number, tuple(breaches)


def _given_up(past: History, node: str, master: str, epoch: int) -> list[Breach]:
    text = f"{node} held {{}} votes for {master} in epoch {epoch}, and was not elected in it"
    return [
        Breach("not-elected", text.format(votes))
        for who, what, of, then, votes in past
        if (who, what, of, then) == (node, "had-enough", master, epoch)
    ][:1]


def _contradictions(
    past: History, node: str, what: str, master: str, epoch: int, whom: str
) -> list[Breach]:
    breaches = []
    for other, same, of, then, name in past:
        if (same, of, then) != (what, master, epoch):
            continue
        if what == "elected" and other != node:
            text = f"{other} and {node} were both elected for {master} in epoch {epoch}"
            breaches.append(Breach("two-leaders", text))
        elif what == "vote" and other == node and name != whom:
            text = f"{node} voted twice for {master} in epoch {epoch}"
            breaches.append(Breach("two-votes", text))
        elif what == "holds" and name != whom:
            text = (
                f"{master} is {whom} for {node} and {name} for {other}, "
                f"both in configuration epoch {epoch}"
            )
            breaches.append(Breach("two-addresses", text))
    return breaches
