"""Lines of a configuration text. Spec: config §1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Line", "source_lines"]

_TRIMMED = " \t\r\n"


class Line(NamedTuple):
    """One line as the real Sentinel sees it: trimmed, with its number counted from 1."""

    number: int
    text: str

    @property
    def says_nothing(self) -> bool:
        """Whether the line is empty or a comment."""
        return not self.text or self.text.startswith("#")


def source_lines(text: str) -> Iterator[Line]:
    """Every line of `text`, comments and empty ones included.

    As in the real server a final line feed begins one more, empty line. [CFG-1-1]
    """
    for number, line in enumerate(text.split("\n"), start=1):
        yield Line(number, line.strip(_TRIMMED))
