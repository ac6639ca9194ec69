"""Small things to draw: numbers, words, addresses; often ordinary, sometimes nasty."""

from __future__ import annotations

import random
from collections.abc import Sequence

__all__ = ["IDS", "MASTERS", "address", "maybe", "mutated", "nasty", "number", "some", "word"]

IDS = tuple(f"{n:x}".ljust(40, "0") for n in range(1, 6))
MASTERS = ("mymaster", "other", "a b", "é", "m,n", "*", "")

_NUMBERS = (
    *("0", "1", "2", "3", "7", "10", "100", "1000", "6379", "6380", "26379", "30000", "65535"),
    *("65536", "-1", "-2", "00", "01", "+1", "1x", " 1", "1 ", "0x10", "1e3", "1.5", "x", ""),
    *("2147483647", "2147483648", "-2147483648", "4294967295", "4294967296"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808"),
    *("18446744073709551615", "18446744073709551616", "9" * 30, "1" * 5000, "0" * 5000),
    *("\u0663", "\u00b2", "\uff11", "inf", "nan", "-0", "1_000"),
)
_HOSTS = (
    *("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.2", "127.0.0.1", "127.1", "::1", "fd00::2"),
    *("::ffff:10.0.0.1", "fe80::1%eth0", "a.example", "b.example", "A.EXAMPLE", "nowhere"),
    *("", " ", "0", "0x7f.1", "010.0.0.1", "1.2.3.4.5", "256.1.1.1", "[::1]", "1" * 5000),
    *("a" * 300, "a..b", "\u00e4.example", "\udcff", "*", "localhost", "-", "1." * 200),
)
_NASTY = (
    *("", " ", "a b", '"', "'", "\\", '"open', "a\nb", "a\rb", "\r\n", "\n", "#", "# x", "%s"),
    *("\0", "a\0b", "\x7f", "\u00e9", "\u2028", "\u0130", "\U0001f600", "\udcff", "\udc80\udcfe"),
    *("x" * 100, "x" * 5000, "*", "?", "[", "[a-", "[^", "\\x41", "**" * 40, "sentinel", "user"),
    *("yes", "no", "on", "off", ",", "a,b,c", "a=b", "ip=1,port=2", ":", "|", "-", "--", "~", "&*"),
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_.:,=*?[]^\\\"' \t#@|&~%+><\0\r\n\x80\xe9"


def maybe(rng: random.Random, one_in: int) -> bool:
    """True once in `one_in` times."""
    return rng.randrange(one_in) == 0


def some(rng: random.Random, choices: Sequence[str]) -> str:
    """One of `choices`; now and then with its letters in another case."""
    chosen = rng.choice(choices)
    if maybe(rng, 12):
        return rng.choice((chosen.upper(), chosen.title(), chosen.swapcase()))
    return chosen


def number(rng: random.Random) -> str:
    """What may stand where a number is wanted."""
    return str(rng.randrange(70_000)) if maybe(rng, 4) else rng.choice(_NUMBERS)


def address(rng: random.Random) -> str:
    """What may stand where a host is wanted."""
    return rng.choice(_HOSTS[:6] if maybe(rng, 2) else _HOSTS)


def nasty(rng: random.Random) -> str:
    """Text that breaks what was not thought through."""
    if maybe(rng, 3):
        return "".join(rng.choice(_LETTERS) for _ in range(rng.randrange(12)))
    return rng.choice(_NASTY)


def word(rng: random.Random) -> str:
    """Anything."""
    return rng.choice((number, address, nasty, _name, _id))(rng)


def _name(rng: random.Random) -> str:
    return some(rng, MASTERS)


def _id(rng: random.Random) -> str:
    return rng.choice(IDS) if not maybe(rng, 8) else rng.choice(IDS)[: rng.randrange(41)]


def mutated(rng: random.Random, data: bytes, pieces: Sequence[bytes]) -> bytes:
    """`data` with a few bytes changed, left out, doubled, or with one of `pieces` put in."""
    out = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(6):
            case 0:
                out[at : at + 1] = bytes((rng.randrange(256),))
            case 1:
                del out[at : at + rng.choice((1, 1, 2, 8, 64))]
            case 2:
                out[at:at] = out[max(at - rng.randrange(1, 40), 0) : at]
            case 3:
                out[at:at] = rng.choice(pieces)
            case 4:
                del out[at:]
            case 5:
                other = rng.randrange(len(out) + 1)
                out[at : at + 16], out[other : other + 16] = (
                    out[other : other + 16],
                    out[at : at + 16],
                )
    return bytes(out)
