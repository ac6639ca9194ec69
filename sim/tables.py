"""A small table that shows itself: as text in a terminal, as HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under `headings`; cells are texts and numbers, an empty text is no answer.

    Raises ValueError for a row that is not as long as the headings.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.headings):
                raise ValueError(f"expected {len(self.headings)} cells in a row, found {row!r}")

    def __str__(self) -> str:
        texts = [self.headings, *(tuple(map(_text, row)) for row in self.rows)]
        widths = [max(len(row[place]) for row in texts) for place in range(len(self.headings))]
        numeric = self._numeric()
        lines = [
            "  ".join(
                f"{cell:>{width}}" if is_number else f"{cell:<{width}}"
                for cell, width, is_number in zip(row, widths, numeric, strict=True)
            ).rstrip()
            for row in texts
        ]
        return "\n".join([self.caption, *lines] if self.caption else lines)

    def _repr_html_(self) -> str:
        numeric = self._numeric()
        head = "".join(map(_cell, ["th"] * len(numeric), self.headings, numeric))
        body = "".join(
            "<tr>" + "".join(map(_cell, ["td"] * len(numeric), row, numeric)) + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def column(self, heading: str) -> tuple[object, ...]:
        """The cells under `heading`; raises ValueError, which names those that there are."""
        if heading not in self.headings:
            raise ValueError(f"no column {heading!r}; expected one of: {', '.join(self.headings)}")
        place = self.headings.index(heading)
        return tuple(row[place] for row in self.rows)

    def _numeric(self) -> Sequence[bool]:
        """Which columns hold numbers, and are set flush right."""
        return [
            any(isinstance(row[place], int | float) for row in self.rows)
            for place in range(len(self.headings))
        ]


def _text(cell: object) -> str:
    return f"{cell:.3f}".rstrip("0").rstrip(".") if isinstance(cell, float) else str(cell)


def _cell(tag: str, cell: object, is_number: bool) -> str:
    side = "right" if is_number else "left"
    return f'<{tag} style="text-align:{side}">{html.escape(_text(cell))}</{tag}>'
