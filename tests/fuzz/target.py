"""What can be fuzzed: something that makes inputs, and something that judges one.

An input is always bytes, so that every failing one fits into a file and can be shrunk and put back.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Target", "case", "shrunk"]


@dataclass(frozen=True)
class Target:
    """One thing to fuzz.

    `generate` draws an input from a generator of random numbers and nothing else. `check` raises if
    something is wrong with what the project makes of it. `split` cuts an input into the pieces that
    can be left out, which put together are the input again.
    """

    name: str
    says: str
    generate: Callable[[random.Random], bytes]
    check: Callable[[bytes], None]
    split: Callable[[bytes], list[bytes]]


def case(target: Target, seed: int, number: int) -> bytes:
    """The input number `number` of a target in a run with this seed: the same for ever."""
    return target.generate(random.Random(f"{target.name}/{seed}/{number}"))


def shrunk(target: Target, data: bytes, tries: int = 2000) -> bytes:
    """A smaller input that fails in the same way, found by leaving out pieces.

    "In the same way" is the type of the exception and the place that raised it.
    """
    way = _way(target, data)
    pieces = target.split(data)
    size = max(len(pieces) // 2, 1)
    while tries > 0:
        at = 0
        before = len(pieces)
        while at < len(pieces) and tries > 0:
            rest = pieces[:at] + pieces[at + size :]
            tries -= 1
            if _way(target, _whole(rest)) == way:
                pieces = rest
            else:
                at += size
        if size == 1 and len(pieces) == before:
            break
        size = max(size // 2, 1)
    return _whole(pieces)


def _whole(pieces: Iterable[bytes]) -> bytes:
    return b"".join(pieces)


def _way(target: Target, data: bytes) -> tuple[type[BaseException], str, int] | None:
    """How a check fails: the exception and where it came from; None if it does not."""
    try:
        target.check(data)
    except Exception as problem:
        trace = problem.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        assert trace is not None
        return type(problem), trace.tb_frame.f_code.co_filename, trace.tb_lineno
    return None
