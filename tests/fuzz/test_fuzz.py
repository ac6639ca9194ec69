"""The short form of fuzzing, what it has found so far, and whether it would find anything.

``make fuzz MINUTES=10`` looks for longer; see ``python -m tests.fuzz --help``.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minisentinel.codec import encode_command, numbers
from minisentinel.core import address
from tests.fuzz import TARGETS
from tests.fuzz.life import USUAL
from tests.fuzz.target import Target, case, shrunk

EXAMPLES = 20


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=EXAMPLES)
@given(rng=st.randoms(use_true_random=False))
def test_nothing_raises_and_whatever_is_saved_loads_again(name: str, rng: random.Random) -> None:
    target = TARGETS[name]
    target.check(target.generate(rng))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_an_input_is_the_same_whenever_it_is_drawn(target: Target) -> None:
    inputs = [case(target, 1, number) for number in range(20)]
    assert inputs == [case(target, 1, number) for number in range(20)]
    assert inputs != [case(target, 2, number) for number in range(20)]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_pieces_of_an_input_are_the_input(target: Target) -> None:
    for number in range(20):
        data = case(target, 3, number)
        assert b"".join(target.split(data)) == data


def test_a_failing_input_is_shrunk_to_what_matters() -> None:
    def check(data: bytes) -> None:
        if b"a" in data and b"z" in data:
            raise ValueError(data)

    target = Target(
        "some", "", lambda rng: b"", check, lambda data: [bytes((byte,)) for byte in data]
    )
    assert shrunk(target, b"xxxaxxxxyyyzxxxx") == b"az"


# What was found: each of these once failed.


def happenings(*each: tuple[str, ...]) -> bytes:
    """The input of a life."""
    return b"".join(map(encode_command, each))


DIGITS = "1" * 5000
HELLO_FROM_NOWHERE = f"{DIGITS},26379,{'2' * 40},1,mymaster,10.0.0.1,6379,0"
FOUND: dict[str, tuple[str, bytes]] = {
    "a host of five thousand digits": (
        "configurations",
        f"sentinel monitor mymaster {DIGITS} 6379 2\n".encode(),
    ),
    "a hello from such a host": (
        "hellos",
        happenings(("quiet", "500"), *(("hello", str(n), HELLO_FROM_NOWHERE) for n in range(9))),
    ),
    "a question about such a host": (
        "commands",
        happenings(("client", "1", "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", DIGITS, "1", "1", "*")),
    ),
    "a user with a quote in its name": (
        "commands",
        happenings(("client", "1", "ACL", "SETUSER", 'a"b'), ("restart",)),
    ),
    "a user with a quote in a pattern": (
        "commands",
        happenings(("client", "1", "ACL", "SETUSER", "alice", '~"x', "&'y"), ("restart",)),
    ),
    "a master among its own replicas, while it is replaced": (
        "lives",
        happenings(
            ("conf", USUAL),
            ("quiet", "1000"),
            ("info", "0", "role:master\r\nslave0:ip=10.0.0.1,port=6379\r\n"),
            ("info", "1", "role:master\r\nslave0:ip=10.0.0.1,port=6379\r\n"),
            ("quiet", "6000"),
            ("client", "1", "SENTINEL", "FAILOVER", "mymaster"),
            *((("quiet", "100"),) * 40),
        ),
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_is_mended(what: str) -> None:
    name, data = FOUND[what]
    TARGETS[name].check(data)


def test_a_number_of_any_length_is_refused_in_no_time() -> None:
    """A server could block us for a minute, when the time grew with the square of the length."""
    TARGETS["replies"].check(b"," + b"1" * 60_000 + b"x\r\n")
    assert numbers.parse_double(b"1" * 60_000 + b"x") is None


# Whether it would find them again.


PLANTED: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "long hosts": ("hellos", lambda patch: patch.setattr(address, "LONGEST_NUMERIC", 10**6)),
    "bulk texts cut short": (
        "requests",
        lambda patch: patch.setattr("tests.fuzz.codec.encode_command", lambda words: b"*0\r\n"),
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_bug_is_found(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, plant = PLANTED[what]
    target = TARGETS[name]
    inputs = [case(target, 0, number) for number in range(150)]
    plant(monkeypatch)
    failed = 0
    for data in inputs:
        try:
            target.check(data)
        except Exception:
            failed += 1
    assert failed
