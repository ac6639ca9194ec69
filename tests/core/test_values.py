"""The small values of the core: numbers as text, dice, addresses."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.core.address import (
    Address,
    InvalidPort,
    UnresolvedHost,
    bracketed,
    host_is,
    make_address,
    same_address,
)
from minisentinel.core.dice import Dice
from minisentinel.core.text import strict_integer
from minisentinel.lenient import leading_int, leading_long, leading_unsigned
from tests.support.facts import FakeFacts

FACTS = FakeFacts({"one": "10.0.0.1"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("12abc", 12),
        (" \t12", 12),
        ("-3", -3),
        ("+3", 3),
        ("007", 7),
        ("", 0),
        ("abc", 0),
        ("-", 0),
        ("- 3", 0),
        ("\u0663", 0),
        ("9" * 5000, 2**63 - 1),
        ("-" + "9" * 5000, -(2**63)),
        ("0" * 5000 + "5", 5),
    ],
)
def test_leading_longs(text: str, value: int) -> None:
    """[MON-9.1-12]"""
    assert leading_long(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2**64 - 1),
        ("-1", 2**64 - 1),
        ("9" * 5000, 2**64 - 1),
        ("7x", 7),
    ],
)
def test_leading_unsigned_integers(text: str, value: int) -> None:
    """[MON-9.1-9] [MON-1.1-2]"""
    assert leading_unsigned(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-5", -5),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", None),
        ("-0", None),
        ("+1", None),
        ("01", None),
        (" 1", None),
        ("1 ", None),
        ("", None),
        ("1.0", None),
        ("\u0661", None),
        ("9" * 5000, None),
    ],
)
def test_strict_integers(text: str, value: int | None) -> None:
    """[ELE-3-4]"""
    assert strict_integer(text) == value


@given(st.text())
def test_any_text_is_read_without_complaint(text: str) -> None:
    assert -(2**63) <= leading_long(text) < 2**63
    assert 0 <= leading_unsigned(text) < 2**64
    strict_integer(text)


@given(st.integers(-(2**63), 2**63 - 1))
def test_numbers_are_read_back(value: int) -> None:
    assert leading_long(str(value)) == strict_integer(str(value)) == value


def test_dice_are_plain_data_and_a_copy_goes_on_alike() -> None:
    dice = Dice(42)
    first = [dice.draw() for _ in range(3)]
    assert len(set(first)) == 3
    twin, frozen = copy.copy(dice), pickle.loads(pickle.dumps(dice))
    assert twin == frozen == dice
    assert dice.draw() == twin.draw() == frozen.draw()
    assert twin == frozen == dice


def test_dice_draw_the_same_numbers_everywhere() -> None:
    """The first draws of SplitMix64 seeded with zero, as published."""
    dice = Dice(0)
    assert [dice.draw() for _ in range(3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]
    assert len(Dice(1).hex(40)) == 40
    assert Dice(1).hex(5) == Dice(1).hex(40)[:5]


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_must_be_possible(port: int) -> None:
    """[MON-1.2-1]"""
    with pytest.raises(InvalidPort):
        make_address("nonsense", port, resolve_names=True, allow_unresolved=True, facts=FACTS)


def test_names_are_looked_up_only_where_they_are_allowed() -> None:
    """[MON-1.2-2] [MON-1.2-3]"""

    def made(host: str, resolve: bool, unresolved: bool) -> Address:
        return make_address(
            host, 1, resolve_names=resolve, allow_unresolved=unresolved, facts=FACTS
        )

    assert made("10.0.0.9", False, False) == Address("10.0.0.9", "10.0.0.9", 1)
    assert made("fd00::1", False, False).ip == "fd00::1"
    assert made("one", True, False) == Address("one", "10.0.0.1", 1)
    assert made("two", True, True) == Address("two", "", 1)
    for host, resolve, unresolved in [("one", False, True), ("two", True, False)]:
        with pytest.raises(UnresolvedHost):
            made(host, resolve, unresolved)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (Address("a", "1.1.1.1", 1), Address("b", "1.1.1.1", 1), True),
        (Address("a", "1.1.1.1", 1), Address("a", "1.1.1.1", 2), False),
        (Address("A", "1.1.1.1", 1), Address("a", "2.2.2.2", 1), True),
        (Address("a", "", 1), Address("b", "", 1), True),
        (Address("a", "1.1.1.1", 1), Address("b", "2.2.2.2", 1), False),
    ],
)
def test_equal_addresses(a: Address, b: Address, same: bool) -> None:
    """[MON-1.2-5]"""
    assert same_address(a, b) is same


@pytest.mark.parametrize(
    ("host", "resolve", "same"),
    [
        ("10.0.0.1", False, True),
        ("10.0.0.2", True, False),
        ("one", True, True),
        ("one", False, False),
        ("ALIAS", True, True),
        ("alias", False, False),
    ],
)
def test_whether_a_text_means_the_host_of_an_address(host: str, resolve: bool, same: bool) -> None:
    """[MON-1.2-6]"""
    address = Address("alias", "10.0.0.1", 1)
    assert host_is(address, host, resolve_names=resolve, facts=FACTS) is same


def test_announced_and_bracketed_forms() -> None:
    """[MON-1.2-7]"""
    address = Address("one", "10.0.0.1", 1)
    assert (address.announced(True), address.announced(False)) == ("one", "10.0.0.1")
    assert bracketed("10.0.0.1", 5) == "10.0.0.1:5"
    assert bracketed("::1", 5) == "[::1]:5"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("26379", 26379),
        ("-1", -1),
        ("4294993675", 26379),
        ("2147483648", -(2**31)),
        ("0" * 5000 + "1000", 1000),
        ("9" * 5000, -1),
        ("ms", 0),
    ],
)
def test_a_c_int_wraps_at_32_bits(text: str, value: int) -> None:
    assert leading_int(text) == value
