"""Sizes are counted as RESP2 would write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.replies import OK, Command, Error, Reply, Status
from minisentinel.wire import command_size, reply_size

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def bulk(text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    return b"$%d\r\n%s\r\n" % (len(data), data)


def encoded(reply: Reply) -> bytes:
    """RESP2, written the plain way."""
    match reply:
        case str():
            return bulk(reply)
        case Status(text):
            return b"+" + text.encode() + b"\r\n"
        case Error(text):
            return b"-" + text.encode() + b"\r\n"
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % reply
        case tuple():
            return b"*%d\r\n" % len(reply) + b"".join(encoded(item) for item in reply)
    assert isinstance(reply, dict)
    pairs = [bulk(key) + encoded(value) for key, value in reply.items()]
    return b"*%d\r\n" % (2 * len(pairs)) + b"".join(pairs)


@pytest.mark.parametrize(
    ("reply", "size"), [(OK, 5), (None, 5), (0, 4), (-12, 6), ("", 6), ("é", 8), ("\udcff", 7)]
)
def test_known_sizes(reply: Reply, size: int) -> None:
    assert reply_size(reply) == size


REPLIES: st.SearchStrategy[Reply] = st.recursive(
    st.none() | st.integers() | TEXT | TEXT.map(Status) | TEXT.map(Error),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(REPLIES)
def test_the_size_of_a_reply_is_that_of_its_encoding(reply: Reply) -> None:
    assert reply_size(reply) == len(encoded(reply))


@given(st.lists(TEXT, max_size=6).map(tuple))
def test_the_size_of_a_command_is_that_of_an_array_of_bulk_strings(words: Command) -> None:
    assert command_size(words) == len(encoded(words))
