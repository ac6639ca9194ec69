"""Texts, replies and bytes of every kind, and the ways to cut them."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from minisentinel.replies import (
    NULL_ARRAY,
    Command,
    Error,
    Push,
    Reply,
    Status,
    Unordered,
    Verbatim,
)

TEXTS = st.binary(max_size=30).map(lambda data: data.decode("utf-8", "surrogateescape"))
LINES = TEXTS.map(lambda text: text.replace("\r", "").replace("\n", ""))

COMMANDS: st.SearchStrategy[Command] = st.lists(TEXTS, min_size=1, max_size=12).map(tuple)

LEAVES: st.SearchStrategy[Reply] = (
    st.none()
    | st.just(NULL_ARRAY)
    | st.booleans()
    | st.integers()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | TEXTS
    | TEXTS.map(Verbatim)
    | LINES.map(Status)
    | LINES.map(Error)
)


def nests(inner: st.SearchStrategy[Reply]) -> st.SearchStrategy[Reply]:
    lists = st.lists(inner, max_size=4)
    maps = st.dictionaries(TEXTS, inner, max_size=4)
    return lists.map(tuple) | lists.map(Unordered) | lists.map(Push) | maps


REPLIES: st.SearchStrategy[Reply] = st.recursive(LEAVES, nests, max_leaves=12)


def cuts(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """Every way to cut `data`: at a few places, or at all."""

    def cut(places: list[int]) -> list[bytes]:
        edges = [0, *sorted(places), len(data)]
        return [data[start:end] for start, end in itertools.pairwise(edges)]

    bytewise = st.just([data[at : at + 1] for at in range(len(data))])
    return bytewise | st.lists(st.integers(0, len(data)), max_size=8).map(cut)


def noise(fragments: list[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes that are nearly right: `fragments` and anything else, in any order."""
    return st.lists(st.sampled_from(fragments) | st.binary(max_size=4), max_size=12).map(b"".join)
