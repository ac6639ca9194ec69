"""Sizes are counted as RESP2 would write them, and doubles are written as a server writes them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.codec import encode_command, encode_reply
from minisentinel.replies import OK, Command, Reply
from minisentinel.wire import command_size, format_double, reply_size
from tests.codec.strategies import COMMANDS, REPLIES


@pytest.mark.parametrize(
    ("reply", "size"),
    [(OK, 5), (None, 5), (0, 4), (-12, 6), ("", 6), ("é", 8), ("\udcff", 7), (2**63, 26)],
)
def test_known_sizes(reply: Reply, size: int) -> None:
    assert reply_size(reply) == size


@given(REPLIES)
def test_the_size_of_a_reply_is_that_of_its_encoding(reply: Reply) -> None:
    assert reply_size(reply) == len(encode_reply(reply))


@given(COMMANDS)
def test_the_size_of_a_command_is_that_of_its_encoding(words: Command) -> None:
    assert command_size(words) == len(encode_command(words))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (3.25, "3.25"),
        (0.1, "0.1"),
        (0.30000000000000004, "0.30000000000000004"),
        (123456789012345.6, "123456789012345.6"),
        (1e17, "100000000000000000"),
        (4e18, "4000000000000000000"),
        (2.0**62, "4611686018427387904"),
        (4.7e18, "4.7e+18"),
        (-5e18, "-5e+18"),
        (1e21, "1e+21"),
        (12345678901234567890.0, "12345678901234567000"),
        (1234567890123456789012.0, "1234567890123456800000"),
        (1.2345678e19, "1.2345678e+19"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (0.000015, "0.000015"),
        (0.0000015, "1.5e-6"),
        (-1.25e-7, "-1.25e-7"),
        (0.0000123456789, "1.23456789e-5"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_doubles_are_written_as_redis_8_and_valkey_write_them(number: float, text: str) -> None:
    assert format_double(number) == text


@given(st.floats(allow_nan=False))
def test_a_written_double_reads_back_as_itself(number: float) -> None:
    read = float(format_double(number))
    assert (read, math.copysign(1, read)) == (number, math.copysign(1, number))
