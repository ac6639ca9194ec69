"""Scripts: those that are known by their SHA1, and the one that runs.

A script that takes longer than ``busy-reply-threshold`` lets the server answer others again, but
with ``-BUSY`` (redis-node §1): its effects are not to be seen half. SCRIPT KILL ends it unless it
has called a write command.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from hashlib import sha1
from math import isfinite
from typing import TYPE_CHECKING

from minisentinel.replies import Reply
from sim.redis.environment import Timer

if TYPE_CHECKING:
    from sim.redis.clients import Client
    from sim.redis.server import Server

__all__ = ["RunningScript", "ScriptCache", "run_script", "run_through", "sha1_of"]

SLICE_US = 100_000
"""How far ahead of the clock a busy script is computed."""

FOR_EVER_US = 10**13
"""Longer than any run."""

Run = Generator[float, None, Reply]
"""A script being executed: yields microseconds that pass, returns the reply."""


def sha1_of(text: str) -> str:
    """The name under which EVALSHA knows a script."""
    return sha1(text.encode("utf-8", "surrogateescape")).hexdigest()


class ScriptCache:
    """The scripts that a server has seen since its start."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> str:
        """Remember a script; returns its SHA1."""
        name = sha1_of(text)
        self._texts[name] = text
        return name

    def find(self, name: str) -> str | None:
        """The text of a script."""
        return self._texts.get(name.lower())

    def clear(self) -> None:
        """Forget all of them."""
        self._texts.clear()


@dataclass(slots=True, eq=False)
class RunningScript:
    """A script that has kept the server for longer than the threshold.

    `name` is its SHA1, `has_written` whether it has called a write command.
    """

    client: Client
    name: str
    run: Run
    timer: Timer | None = None
    has_written: bool = False


def run_script(
    server: Server,
    running: RunningScript,
    finish: Callable[[Client, Reply], None],
) -> Reply | RunningScript:
    """Execute a script: its reply, or, if it takes too long, the script that goes on.

    In that case `finish` is called with the reply, when there is one. The time is charged to the
    running step up to the threshold.
    """
    threshold_us = server.settings.busy_reply_threshold * 1000
    cost_us, ending = _advance(running.run, threshold_us)
    if ending is not None:
        server.environment.charge(int(cost_us))
        return ending.reply
    server.environment.charge(threshold_us)
    server.script_began(running)
    _go_on_later(server, running, cost_us - threshold_us, finish)
    return running


def run_through(server: Server, running: RunningScript) -> Reply:
    """Execute a script in a transaction, which nothing can interrupt."""
    cost_us, ending = _advance(running.run, FOR_EVER_US)
    server.environment.charge(int(min(cost_us, FOR_EVER_US)))
    return ending.reply if ending is not None else None


@dataclass(frozen=True, slots=True)
class _Ending:
    """What a script has returned."""

    reply: Reply


def _advance(run: Run, budget_us: float) -> tuple[float, _Ending | None]:
    """Execute until more than `budget_us` have passed, or to the end: the time, and the end."""
    total = 0.0
    while total <= budget_us:
        try:
            total += next(run)
        except StopIteration as stop:
            return total, _Ending(stop.value)
    return total, None


def _go_on_later(
    server: Server,
    running: RunningScript,
    wait_us: float,
    finish: Callable[[Client, Reply], None],
) -> None:
    def go_on(_: object) -> None:
        cost_us, ending = _advance(running.run, SLICE_US)
        if ending is not None:
            finish(running.client, ending.reply)
        else:
            _go_on_later(server, running, cost_us, finish)

    # An endless loop is not waited for.
    if isfinite(wait_us):
        running.timer = server.environment.after(max(1, int(wait_us)), go_on)
