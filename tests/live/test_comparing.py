"""The comparison of replies notices what it should, and overlooks only what it is told to."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.live.resp import Tree, read_tree
from tests.live.rules import comparable
from tests.live.sequences import read_sequence
from tests.live.servers import RealServer


def tree(data: bytes) -> Tree:
    return read_tree(io.BytesIO(data))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"+OK\r\n", b"$2\r\nOK\r\n"),
        (b"$-1\r\n", b"*-1\r\n"),
        (b"$-1\r\n", b"$0\r\n\r\n"),
        (b"$-1\r\n", b"_\r\n"),
        (b"*0\r\n", b"*-1\r\n"),
        (b"*0\r\n", b"~0\r\n"),
        (b"%1\r\n+a\r\n+b\r\n", b"*2\r\n+a\r\n+b\r\n"),
        (b"*2\r\n*1\r\n+a\r\n+b\r\n", b"*2\r\n*2\r\n+a\r\n+b\r\n+c\r\n"),
        (b":1\r\n", b",1\r\n"),
    ],
)
def test_replies_that_differ_in_any_byte_are_shown_differently(one: bytes, other: bytes) -> None:
    assert list(tree(one).lines()) != list(tree(other).lines())


def test_moving_values_are_overlooked_but_not_their_fields_nor_other_values() -> None:
    def reply(field: str, age: str, flags: str) -> Tree:
        texts = [field, age, "flags", flags]
        return Tree("*", "", tuple(Tree("$", text) for text in texts))

    def seen(*texts: str) -> Tree:
        return comparable(reply(*texts), ("moving",), {})

    assert seen("last-ping-reply", "12", "master") == seen("last-ping-reply", "7", "master")
    assert seen("last-ping-reply", "12", "master") != seen("last-ping-reply", "12", "s_down")
    assert seen("last-ping-reply", "12", "master") != seen("last-ping-sent", "12", "master")
    assert comparable(reply("last-ping-reply", "12", "master"), (), {}) != comparable(
        reply("last-ping-reply", "7", "master"), (), {}
    )


def test_names_stand_for_what_differs_between_the_sides() -> None:
    reply = Tree("-", "ERR no 12001 but 12002")
    named = comparable(reply, (), {"12001": "<one>", "12002": "<two>"})
    assert named == Tree("-", "ERR no <one> but <two>")


def test_known_difference_concerns_the_flavour_and_the_versions_it_names(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_text("[a]\nPING ~ moving ! redis<7.2: old ! valkey: theirs\nPING ! redis>=8: new\n")
    first, second = read_sequence(path).sections[0].lines
    assert first.words({}) == ("PING",)
    assert first.rules == ("moving",)
    assert first.known_difference(RealServer("redis", (7, 0, 15), "")) == "old"
    assert first.known_difference(RealServer("redis", (7, 2, 0), "")) is None
    assert first.known_difference(RealServer("valkey", (7, 2, 0), "")) == "theirs"
    assert second.known_difference(RealServer("redis", (7, 4, 1), "")) is None
    assert second.known_difference(RealServer("redis", (8, 2, 3), "")) == "new"
