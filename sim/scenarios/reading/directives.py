"""Directives of a ``redis.conf`` as keys of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import Kind
from sim.world.redis_conf import check_directives

__all__ = ["read_directives"]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | str):
        raise ValueError
    return str(value)


DIRECTIVE = Kind("a whole number, a text, or true or false", _value)


def read_directives(
    file: ScenarioFile, table: str, found: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """The directives that the keys of `table` are, checked. Raises `ScenarioError`."""
    directives = []
    for key, value in found.items():
        try:
            directives.append((key, DIRECTIVE.read(value)))
        except ValueError:
            what = f"expected {DIRECTIVE.expected}, found {value!r}"
            raise file.error(table, key, what) from None
        problem = check_directives(directives[-1:])
        if problem:
            raise file.error(table, key, problem)
    return tuple(directives)
