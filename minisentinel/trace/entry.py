"""What a trace is made of: an envelope (time, node, kind) around typed data.

A trace is the one record of a run. It is append-only, saved as JSON Lines, and its digest is the
fingerprint of the run. Data classes register under the *kind* that names them in a file; the
protocol's own kinds are in `minisentinel.trace.records`, the virtual world adds its own.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

__all__ = ["Data", "Entry", "UnknownKind", "data_fields", "data_from_fields", "kinds", "record"]


class Data:
    """Base of everything that an entry can carry; `kind` is its name in a trace file."""

    __slots__ = ()
    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a trace: at `time_us` microseconds of the run, `node` did or saw `data`."""

    time_us: int
    node: str
    data: Data

    @property
    def kind(self) -> str:
        """The registered name of the data, for example ``"event"``."""
        return self.data.kind


class UnknownKind(ValueError):
    """A trace file names a kind of record that this version does not know."""


_KINDS: dict[str, type[Data]] = {}
_HINTS: dict[type[Data], dict[str, Any]] = {}

D = TypeVar("D", bound=type[Data])


def record(cls: D) -> D:
    """Class decorator: register a frozen data class under its `kind`; kinds are unique."""
    if not cls.kind or cls.kind in _KINDS:
        raise ValueError(f"{cls.__name__}: kind {cls.kind!r} is empty or taken")
    _KINDS[cls.kind] = cls
    return cls


def kinds() -> Mapping[str, type[Data]]:
    """Every registered kind and its class, in order of registration."""
    return types.MappingProxyType(_KINDS)


def data_fields(data: Data) -> dict[str, Any]:
    """The fields of `data` as JSON values, tuples as lists, in order of declaration."""
    return {
        field.name: _to_json(getattr(data, field.name))
        for field in dataclasses.fields(data)  # type: ignore[arg-type]
    }


def _to_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    return value


def data_from_fields(kind: str, fields: Mapping[str, Any]) -> Data:
    """Build the data of a trace line; raises `UnknownKind` or ValueError saying what is wrong."""
    cls = _KINDS.get(kind)
    if cls is None:
        raise UnknownKind(f"unknown kind of record {kind!r}")
    hints = _HINTS.get(cls)
    if hints is None:
        declared = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        resolved = typing.get_type_hints(cls)
        hints = _HINTS[cls] = {name: resolved[name] for name in resolved if name in declared}
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in hints:
            raise ValueError(f"record {kind!r} has no field {name!r}")
        values[name] = _from_json(value, hints[name], f"{kind}.{name}")
    try:
        return cls(**values)
    except TypeError as problem:
        raise ValueError(f"record {kind!r}: {problem}") from None


def _from_json(value: Any, hint: Any, where: str) -> Any:
    """`value` checked against `hint`: scalars, optional scalars and tuples of them."""
    origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where}: expected a list, found {value!r}")
        inner = typing.get_args(hint)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_from_json(item, inner[0], where) for item in value)
        if len(inner) != len(value):
            raise ValueError(f"{where}: expected {len(inner)} items, found {len(value)}")
        return tuple(_from_json(item, each, where) for item, each in zip(value, inner, strict=True))
    allowed = typing.get_args(hint) if origin in (types.UnionType, typing.Union) else (hint,)
    if type(value) in allowed or (type(value) is int and float in allowed):
        return value
    raise ValueError(f"{where}: expected {_hint_name(hint)}, found {value!r}")


def _hint_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)
