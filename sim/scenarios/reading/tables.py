"""What a table of a scenario file may hold: its keys, each with a kind and a meaning.

Reading, error texts and the reference page all come from these declarations.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import Kind
from sim.scenarios.scenario import ScenarioError

__all__ = ["Key", "Table", "array_of_tables", "check_keys", "table_of"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key, the kind of its value, and what it means; `default` is how the page tells it."""

    name: str
    kind: Kind
    about: str
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a fixed set of keys; `name` is how the file calls it, empty for the head."""

    name: str
    about: str
    keys: tuple[Key, ...]
    many: bool = False
    """Whether the file has any number of them, as ``[[name]]``."""

    @property
    def title(self) -> str:
        """How the file begins it."""
        return f"[[{self.name}]]" if self.many else f"[{self.name}]"

    def read(
        self,
        file: ScenarioFile,
        found: Mapping[str, Any],
        index: int = 0,
        *,
        name: str = "",
        known: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """The values of the keys that are there, checked; raises `ScenarioError`.

        `name` is what the table is called if part of that is up to the file, and `known` are the
        keys that make sense here if not all do.
        """
        table = name or self.name
        check_keys(file, table, found, known or [key.name for key in self.keys], index)
        return {
            key.name: read_value(file, table, found, key, index)
            for key in self.keys
            if key.name in found or key.required
        }


def read_value(
    file: ScenarioFile, table: str, found: Mapping[str, Any], key: Key, index: int = 0
) -> Any:
    """The value of `key`, checked; raises `ScenarioError`."""
    if key.name not in found:
        raise file.error(table, key.name, f"missing; expected {key.kind.expected}", index)
    value = found[key.name]
    try:
        return key.kind.read(value)
    except ScenarioError:
        raise
    except ValueError as problem:
        what = str(problem) or f"expected {key.kind.expected}, found {value!r}"
        raise file.error(table, key.name, what, index) from None


def table_of(file: ScenarioFile, found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table `name` of `found`, empty if there is none."""
    table = found.get(name.rpartition(".")[2], {})
    if not isinstance(table, dict):
        raise file.error("", name, f"expected a table [{name}], found {table!r}")
    return table


def array_of_tables(
    file: ScenarioFile, found: Mapping[str, Any], name: str
) -> list[Mapping[str, Any]]:
    """The tables ``[[name]]`` of `found`, none if there are none."""
    tables = found.get(name.rpartition(".")[2], [])
    if not isinstance(tables, list) or any(not isinstance(each, dict) for each in tables):
        parent, _, key = name.rpartition(".")
        raise file.error(parent, key, f"expected tables [[{name}]]")
    return tables


def check_keys(
    file: ScenarioFile, table: str, found: Mapping[str, Any], known: Sequence[str], index: int = 0
) -> None:
    """Raises `ScenarioError` for a key that is not among the `known` ones."""
    for key in found:
        if key in known:
            continue
        close = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"expected one of: {', '.join(known)}"
        is_table = isinstance(found[key], dict) or (
            isinstance(found[key], list) and any(isinstance(each, dict) for each in found[key])
        )
        line_key = "" if is_table and not table else key
        raise file.error(
            table or (key if not line_key else ""), line_key, f"unknown; {hint}", index
        )
