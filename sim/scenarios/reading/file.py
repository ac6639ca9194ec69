"""A scenario file as text: where a key stands, for errors that name the line."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from sim.scenarios.scenario import ScenarioError

__all__ = ["ScenarioFile"]

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]")


class ScenarioFile:
    """The text at `path`; its `document` is what TOML makes of it.

    Raises `ScenarioError` for what is no TOML.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._lines = text.splitlines()
        self.document: dict[str, Any] = self._parsed(text)

    def _parsed(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            place = re.search(r"at line (\d+)", str(problem))
            line = int(place[1]) if place else max(1, len(self._lines))
            what = re.sub(r"\s*\(at [^)]*\)", "", str(problem))
            raise ScenarioError(f"{self.path}, line {line}: expected TOML: {what}") from None

    def error(self, table: str, key: str, problem: str, index: int = 0) -> ScenarioError:
        """The error that `problem` is wrong with `key` of the `index`-th table of that name."""
        where = f"{table}.{key}" if table and key else table or key
        return ScenarioError(
            f"{self.path}, line {self.line(table, key, index)}: {where}: {problem}"
        )

    def line(self, table: str, key: str, index: int = 0) -> int:
        """The line of `key` in the `index`-th table of that name, of the table, or the first."""
        current, seen, header_line = "", -1, 1
        for number, text in enumerate(self._lines, start=1):
            header = _HEADER.match(text)
            if header and "=" not in header[1]:
                current = re.sub(r"[\s\"']", "", header[1])
                if current == table:
                    seen += 1
                    if seen == index:
                        header_line = number
            elif (
                key
                and current == table
                and (seen == index or not table)
                and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", text)
            ):
                return number
        return header_line
