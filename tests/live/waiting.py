"""Waiting for what must come true: polling with a deadline and a message, never a bare sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["PATIENCE_SECONDS", "Refusal", "eventually"]

PATIENCE_SECONDS = 120.0
"""How long anything may take before it counts as never. Generous: a slow machine is no failure."""

POLL_SECONDS = 0.02

T = TypeVar("T")


class Refusal(Exception):
    """A probe's word that it is not so yet, and why; the last one is shown when time is up."""


def eventually(
    claim: str,
    probe: Callable[[], T],
    *,
    within_seconds: float = PATIENCE_SECONDS,
) -> T:
    """Poll `probe` until it answers with something true; returns that.

    A probe that raises `Refusal`, or an OSError because a server is not there, is asked again, and
    once more after the time is up, since a machine that stalls may have left no time to ask.

    Raises:
        AssertionError: `claim` did not come true in time; the message has the last answer.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        is_last = time.monotonic() > deadline
        last: object
        try:
            answer = probe()
        except (Refusal, OSError) as error:
            last = f"{type(error).__name__}: {error}"
        else:
            if answer:
                return answer
            last = repr(answer)
        if is_last:
            raise AssertionError(f"not within {within_seconds:g} s: {claim}\nlast seen: {last}")
        time.sleep(POLL_SECONDS)
