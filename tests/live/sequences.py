"""The files of `tests/live/commands`: sequences of requests to put to two Sentinels alike.

A file holds `config` lines for the Sentinel that is asked, perhaps a line ``interleaved`` (each
request in RESP2 and at once in RESP3, where the waiting is long; otherwise the whole file in one
and then in the other), and then sections. A section starts with its title in brackets and has a
connection of its own; one with ``; last`` in its title is left for the end of everything. Its lines
are

    PING hello ~ rule ! valkey: why      a request, in the words of a shell, then the rules by which
                                         replies are made comparable, then known differences
    raw *1\\r\\n:1\\r\\n                     bytes as they are, and one reply
    @read                                one more reply
    @file                                the `sentinel` lines of the configuration file
    @wait all is well                    any other line with @: something that the test does

``$X200`` stands for 200 times the letter x, other words with a dollar for what differs between the
two (`MASTER_PORT`). A known difference names whom ours differs from: a flavour, a flavour and a
bound (``redis<7.2``), or ``any``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.servers import RealServer

__all__ = ["Line", "Section", "Sequence", "read_sequence"]

_CLAUSE = re.compile(r"(redis|valkey|any)(?:(<|>=)([\d.]+))?\Z")


@dataclass(frozen=True)
class Difference:
    """A reply of ours that is known to differ from that of some real servers, and why."""

    whom: str
    reason: str

    def concerns(self, server: RealServer) -> bool:
        match = _CLAUSE.match(self.whom)
        assert match is not None, f"not a server: {self.whom!r}"
        flavour, relation, bound = match.groups()
        if flavour not in ("any", server.flavour):
            return False
        if relation is None:
            return True
        numbers = tuple(int(part) for part in bound.split("."))
        is_older = server.version[: len(numbers)] < numbers
        return is_older if relation == "<" else not is_older


@dataclass(frozen=True)
class Line:
    """One line of a section."""

    number: int
    text: str
    rules: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def is_raw(self) -> bool:
        return self.text.startswith("raw ")

    @property
    def directive(self) -> str | None:
        return self.text[1:].strip() if self.text.startswith("@") else None

    @property
    def replies(self) -> int:
        """How many replies the request has."""
        if "silent" in self.rules:
            return 0
        return next((int(rule) for rule in self.rules if rule.isdigit()), 1)

    def words(self, meanings: dict[str, str]) -> tuple[str, ...]:
        """The request, with the words that begin with a dollar replaced."""
        words = shlex.split(self.text.replace("\\", "\\\\"))
        return tuple(_meaning(word, meanings) for word in words)

    def raw(self) -> bytes:
        return _unescaped(self.text.removeprefix("raw ")).encode()

    def known_difference(self, server: RealServer) -> str | None:
        """Why ours may differ from this server here."""
        reasons = [entry.reason for entry in self.differences if entry.concerns(server)]
        return reasons[0] if reasons else None


@dataclass
class Section:
    """Lines that share a connection."""

    title: str
    lines: list[Line] = field(default_factory=list)

    @property
    def is_last(self) -> bool:
        return self.title.endswith("; last")


@dataclass
class Sequence:
    """A file of requests."""

    config: list[str] = field(default_factory=list)
    is_interleaved: bool = False
    sections: list[Section] = field(default_factory=list)


def _meaning(word: str, meanings: dict[str, str]) -> str:
    word = _unescaped(word)
    if not word.startswith("$"):
        return word
    if match := re.fullmatch(r"\$X(\d+)", word):
        return "x" * int(match[1])
    return meanings[word[1:]]


def _unescaped(text: str) -> str:
    return text.replace("\\r", "\r").replace("\\n", "\n")


def read_sequence(path: Path) -> Sequence:
    """Read a file of requests.

    Raises:
        ValueError: a line before the first section is not understood.
    """
    sequence = Sequence()
    for number, text in _lines(path):
        if text.startswith("["):
            sequence.sections.append(Section(text.strip("[]")))
        elif sequence.sections:
            sequence.sections[-1].lines.append(_line(number, text))
        elif text.startswith("config "):
            sequence.config.append(text.removeprefix("config "))
        elif text == "interleaved":
            sequence.is_interleaved = True
        else:
            raise ValueError(f"{path}, line {number}: not in a section: {text}")
    return sequence


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.strip() and not text.startswith("#"):
            yield number, text.strip()


def _line(number: int, text: str) -> Line:
    text, *clauses = re.split(r"\s+! ", text)
    text, _, rules = text.partition(" ~ ")
    differences = []
    for clause in clauses:
        whom, _, reason = clause.partition(": ")
        differences.append(Difference(whom, reason))
    return Line(number, text.strip(), tuple(rules.split()), tuple(differences))
