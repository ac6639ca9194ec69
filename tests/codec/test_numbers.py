"""Numbers are read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.codec.numbers import (
    parse_big_number,
    parse_double,
    parse_integer,
)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_of_64_bits_has_one_spelling(number: int) -> None:
    digits = b"%d" % number
    assert parse_integer(digits) == number
    for other in (b"+" + digits, b"0" + digits, b" " + digits, digits + b" ", digits + b".0"):
        assert parse_integer(other) is None


@pytest.mark.parametrize("number", [-(2**63) - 1, 2**63, 10**19, -(10**19), 10**40])
def test_an_integer_of_more_bits_is_none(number: int) -> None:
    assert parse_integer(b"%d" % number) is None
    assert parse_big_number(b"%d" % number) == number


@given(st.binary(max_size=6) | st.text("0123456789+-_. eEinfa", max_size=6).map(str.encode))
def test_nothing_else_is_a_number(digits: bytes) -> None:
    integer = parse_integer(digits)
    assert integer is None or b"%d" % integer == digits
    if parse_double(digits) is not None:
        assert not set(b"+_ ") & set(digits.replace(b"e+", b"").replace(b"E+", b""))
