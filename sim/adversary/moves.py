"""What the adversary may do next, and how it is written down.

A run is a list of moves, one a line, which can be kept, edited and replayed:

==========================  =======================================================================
``deliver s1>s2``           the oldest packet on its way from s1 to s2, on s1's connection
``deliver s1<s2``           the oldest packet of replies on the same connection, back to s1
``tick s1``                 the timer of s1 fires
``tick s1 +1000``           1000 ms pass for s1, then its timer fires
``crash s1``                s1 is killed and starts again from what is on its disk
``deliver s1>s2 !2``        as above, but s2 dies right after its second save of that step
``drop s1>s2``              the connection is cut; what is on its way in it is lost
``cut s1 alpha-2``          s1 and that server do not reach each other any more
``mend s1 alpha-2``         they do again
``kill alpha-1``            the server dies
``revive alpha-1``          it runs again, in the role that it had
==========================  =======================================================================

A connection is named by who opened it and where it leads: ``s1>s2``; a second one of the same kind
between the same two ``s1>s2#2`` (the first was given up, and something is still on its way in it);
that for hello messages ``s1>alpha-1/pubsub``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["BadMove", "Key", "Move", "parse_moves"]


class BadMove(ValueError):
    """A line is no move, or a move that cannot be made in this situation."""


class Key(NamedTuple):
    """Which connection: opener, target, ``""`` or ``"pubsub"``, and which one of several."""

    opener: str
    target: str
    purpose: str = ""
    ordinal: int = 1

    def text(self, arrow: str = ">") -> str:
        """As it is written in a move."""
        purpose = f"/{self.purpose}" if self.purpose else ""
        ordinal = f"#{self.ordinal}" if self.ordinal > 1 else ""
        return f"{self.opener}{arrow}{self.target}{purpose}{ordinal}"


class Move(NamedTuple):
    """One choice of the adversary. `verb` is ``deliver``, ``answer`` (deliver replies), ``tick``, …

    `key` is the connection concerned, `node` and `other` nodes, `ms` the time that passes, `fuse`
    after how many saves of the step the process dies (0: it does not).
    """

    verb: str
    node: str = ""
    key: Key | None = None
    other: str = ""
    ms: int = 0
    fuse: int = 0

    def __str__(self) -> str:
        fuse = f" !{self.fuse}" if self.fuse else ""
        if self.key is not None:
            arrow = "<" if self.verb == "answer" else ">"
            verb = "deliver" if self.verb == "answer" else self.verb
            return f"{verb} {self.key.text(arrow)}{fuse}"
        ms = f" +{self.ms}" if self.ms else ""
        other = f" {self.other}" if self.other else ""
        return f"{self.verb} {self.node}{other}{ms}{fuse}"


_CONNECTION = re.compile(r"([\w-]+)([<>])([\w-]+?)(?:/(pubsub))?(?:#(\d+))?")
_LINE = re.compile(
    r"(?P<verb>\w+) (?P<what>[\w<>#/-]+)(?: (?P<other>[\w-]+))?"
    r"(?: \+(?P<ms>\d+))?(?: !(?P<fuse>\d+))?"
)
_OF_NODES = ("tick", "crash", "cut", "mend", "kill", "revive")


def parse_move(line: str) -> Move:
    """The move that a line means; raises `BadMove`."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise BadMove(f"no move: {line.strip()!r}")
    verb, what, other = found["verb"], found["what"], found["other"] or ""
    ms, fuse = int(found["ms"] or 0), int(found["fuse"] or 0)
    connection = _CONNECTION.fullmatch(what)
    if connection is not None and verb in ("deliver", "drop"):
        opener, arrow, target, purpose, ordinal = connection.groups()
        key = Key(opener, target, purpose or "", int(ordinal or 1))
        return Move("answer" if arrow == "<" else verb, key=key, fuse=fuse)
    if verb in _OF_NODES and re.fullmatch(r"[\w-]+", what):
        return Move(verb, what, None, other, ms, fuse)
    raise BadMove(f"no move: {line.strip()!r}")


def parse_moves(text: str) -> list[Move]:
    """The moves in a text, one a line; empty lines and what follows ``--`` or ``#`` are skipped."""
    lines = (re.split(r"\s--|^\s*#", line)[0].strip() for line in text.splitlines())
    return [parse_move(line) for line in lines if line]
