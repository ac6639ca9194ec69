"""Every registered kind of record survives a file, whatever its fields hold."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim.trace.records  # noqa: F401  (registers the records of the world)
from minisentinel.trace import Data, Entry, Trace, kinds
from minisentinel.trace.file import decode_entry, encode_entry

ENVELOPE = {"t", "node", "kind"}
TEXT = st.text(max_size=20)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values that a field with this type may hold."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return st.lists(values(inner[0]), max_size=4).map(tuple)
        return st.tuples(*map(values, inner))
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(values, inner))
    return {
        str: TEXT,
        int: st.integers(),
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
    }[hint]


def records(kind: str) -> st.SearchStrategy[Data]:
    """Records of a kind with any contents."""
    cls = kinds()[kind]
    hints = typing.get_type_hints(cls)
    fields = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    return st.fixed_dictionaries({name: values(hints[name]) for name in fields}).map(
        lambda values: cls(**values)
    )


ANY_ENTRY = st.sampled_from(sorted(kinds())).flatmap(
    lambda kind: st.builds(Entry, st.integers(0, 2**53), TEXT, records(kind))
)


@pytest.mark.parametrize("kind", sorted(kinds()))
@settings(max_examples=30)  # of each kind: all have the same few types of fields
@given(data=st.data())
def test_a_record_is_read_as_it_was_written(kind: str, data: st.DataObject) -> None:
    entry = Entry(12, "node", data.draw(records(kind)))
    line = encode_entry(entry)
    assert line.isascii()
    assert "\n" not in line
    assert decode_entry(line) == entry
    assert encode_entry(decode_entry(line)) == line


@given(st.lists(ANY_ENTRY, max_size=6))
def test_reading_and_writing_keeps_the_digest(entries: list[Entry]) -> None:
    again = [decode_entry(encode_entry(entry)) for entry in entries]
    assert Trace(entries=again).digest() == Trace(entries=entries).digest()


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_kind_is_frozen_data_that_does_not_shadow_the_envelope(kind: str) -> None:
    cls = kinds()[kind]
    names = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    assert not names & ENVELOPE
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert hash(cls.kind)
