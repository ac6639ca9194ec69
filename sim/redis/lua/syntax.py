"""The syntax trees of scripts: expressions and statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Assign",
    "Binary",
    "Break",
    "Call",
    "Constant",
    "Expression",
    "For",
    "If",
    "Index",
    "Local",
    "Name",
    "Return",
    "Run",
    "Statement",
    "TableOf",
    "Unary",
    "While",
]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a string, true, false or nil."""

    value: float | str | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Index:
    """``table[key]``, or ``table.key``."""

    table: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """``function(arguments)``."""

    function: Expression
    arguments: tuple[Expression, ...]
    line: int


@dataclass(frozen=True, slots=True)
class TableOf:
    """``{a, b, key = c}``: values in order, and values by name."""

    items: tuple[Expression, ...]
    named: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``not x``, ``-x``, ``#x``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``x operator y``."""

    operator: str
    left: Expression
    right: Expression
    line: int


Expression: TypeAlias = Constant | Name | Index | Call | TableOf | Unary | Binary


@dataclass(frozen=True, slots=True)
class Local:
    """``local name = value``."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = value``."""

    target: Name | Index
    value: Expression


@dataclass(frozen=True, slots=True)
class Run:
    """A call for its effect."""

    call: Call


@dataclass(frozen=True, slots=True)
class Return:
    """``return value``."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Break:
    """``break``."""


@dataclass(frozen=True, slots=True)
class If:
    """``if``: conditions with their blocks; the last one may be true always (``else``)."""

    branches: tuple[tuple[Expression, tuple[Statement, ...]], ...]


@dataclass(frozen=True, slots=True)
class While:
    """``while condition do ... end``."""

    condition: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class For:
    """``for name = first, last, step do ... end``."""

    name: str
    first: Expression
    last: Expression
    step: Expression
    body: tuple[Statement, ...]


Statement: TypeAlias = Local | Assign | Run | Return | Break | If | While | For
