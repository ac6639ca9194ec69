"""Commands and replies as the bytes that a real server writes [CMD-1-10]."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.codec import encode_command, encode_reply
from minisentinel.replies import (
    NULL_ARRAY,
    OK,
    Error,
    Push,
    Reply,
    Status,
    Unordered,
    Verbatim,
)
from tests.codec.strategies import TEXTS


def test_a_command_is_an_array_of_bulk_strings() -> None:
    assert encode_command(("PING",)) == b"*1\r\n$4\r\nPING\r\n"
    assert encode_command(("a", "", "é", "\udcff")) == (
        b"*4\r\n$1\r\na\r\n$0\r\n\r\n$2\r\n\xc3\xa9\r\n$1\r\n\xff\r\n"
    )


@pytest.mark.parametrize(
    ("reply", "resp2", "resp3"),
    [
        (OK, b"+OK\r\n", b"+OK\r\n"),
        (Error("ERR no"), b"-ERR no\r\n", b"-ERR no\r\n"),
        ("", b"$0\r\n\r\n", b"$0\r\n\r\n"),
        ("é\r\n", b"$4\r\n\xc3\xa9\r\n\r\n", b"$4\r\n\xc3\xa9\r\n\r\n"),
        (Verbatim("é"), b"$2\r\n\xc3\xa9\r\n", b"=6\r\ntxt:\xc3\xa9\r\n"),
        (-3, b":-3\r\n", b":-3\r\n"),
        (2**63 - 1, b":9223372036854775807\r\n", b":9223372036854775807\r\n"),
        (2**63, b"$19\r\n9223372036854775808\r\n", b"(9223372036854775808\r\n"),
        (-(2**63) - 1, b"$20\r\n-9223372036854775809\r\n", b"(-9223372036854775809\r\n"),
        (True, b":1\r\n", b"#t\r\n"),
        (False, b":0\r\n", b"#f\r\n"),
        (0.1, b"$3\r\n0.1\r\n", b",0.1\r\n"),
        (math.inf, b"$3\r\ninf\r\n", b",inf\r\n"),
        (-math.inf, b"$4\r\n-inf\r\n", b",-inf\r\n"),
        (math.nan, b"$3\r\nnan\r\n", b",nan\r\n"),
        (None, b"$-1\r\n", b"_\r\n"),
        (NULL_ARRAY, b"*-1\r\n", b"_\r\n"),
        ((), b"*0\r\n", b"*0\r\n"),
        ((None, True), b"*2\r\n$-1\r\n:1\r\n", b"*2\r\n_\r\n#t\r\n"),
        (Push(("a",)), b"*1\r\n$1\r\na\r\n", b">1\r\n$1\r\na\r\n"),
        (Unordered((1,)), b"*1\r\n:1\r\n", b"~1\r\n:1\r\n"),
        ({}, b"*0\r\n", b"%0\r\n"),
        (
            {"a": {"b": None}},
            b"*2\r\n$1\r\na\r\n*2\r\n$1\r\nb\r\n$-1\r\n",
            b"%1\r\n$1\r\na\r\n%1\r\n$1\r\nb\r\n_\r\n",
        ),
    ],
)
def test_a_reply_has_the_shape_of_its_protocol(reply: Reply, resp2: bytes, resp3: bytes) -> None:
    assert encode_reply(reply) == resp2
    assert encode_reply(reply, 3) == resp3


@pytest.mark.parametrize("protocol", [2, 3])
@given(text=TEXTS)
def test_a_status_or_error_stays_one_line_whatever_it_says(protocol: int, text: str) -> None:
    """[CMD-1-9]"""
    for reply in (Status(text), Error(text)):
        encoded = encode_reply(reply, protocol)
        assert encoded.endswith(b"\r\n")
        assert not {*b"\r\n"} & {*encoded[:-2]}
    assert encode_reply(Error("ERR a\r\nb"), protocol) == b"-ERR a  b\r\n"


@given(st.characters(categories=["Cs"]).filter(lambda char: not "\udc80" <= char <= "\udcff"))
def test_text_that_no_bytes_stand_for_is_refused(char: str) -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_reply((char,))
    with pytest.raises(UnicodeEncodeError):
        encode_command(("a", char))


@pytest.mark.parametrize("protocol", [2, 3])
def test_very_many_items_are_written_like_few_whether_they_are_the_same_or_not(
    protocol: int,
) -> None:
    few: tuple[Reply, ...] = (1, "a", None, ("x", Unordered(("y",))), {"k": 1.5}, True, 1, "a")
    one = encode_reply(few, protocol).removeprefix(b"*8\r\n")
    assert encode_reply(few * 500, protocol) == b"*4000\r\n" + one * 500
    numbers = tuple(range(3000))
    each = b"".join(encode_reply(number, protocol) for number in numbers)
    assert encode_reply(numbers, protocol) == b"*3000\r\n" + each
