"""How slowly a story is told, and whether the machine kept up with it.

The timings of these stories are short, so that they do not take long: a master counts as down
within a second. A machine that is busy with other things for most of a second makes false alarms
of that, split votes, second failovers. Nobody did anything wrong then, and yet the story is another
one. So who tells such a story counts its times in units of a `pace`, and `until_judged` tells it
again, slower, if it failed *and* the machine is known to have stalled meanwhile. A failure on a
machine that kept up is final. If the machine stalls even for the slowest pace, nothing can be said,
and the test is skipped.

What counts as a stall is measured (`Watch`): how long a process of the story was ready to run and
had to wait for a processor, how late a thread is that only sleeps, and how long the disk takes to
keep a few bytes. A stall is `STALL_SECONDS` of that within any one second, times the pace.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.live.processes import running_pids, starting

__all__ = ["PACES", "STALL_SECONDS", "Crash", "PortTaken", "Watch", "pace", "until_judged"]

PACES = (1, 3, 10)
"""How many times slower than usual a story is told, first, again, and for the last time."""

STALL_SECONDS = 0.1
"""The shortest times that these stories tell apart are 0.2 s: who notices first, and who next."""

LOOK_SECONDS = 0.1

_pace = 1


def pace() -> int:
    """How many times slower than usual the story of just now is told."""
    return _pace


class Crash(AssertionError):
    """A program ended that should not: that is no matter of speed, and so it is final."""


class PortTaken(Exception):
    """Somebody else on this machine has taken a port that was free a moment ago."""


class Watch:
    """Measures how long the machine keeps somebody waiting, during a with block.

    Waiting for a processor is read from ``/proc/PID/schedstat``; a system without that only has the
    lateness of the thread and of the disk.
    """

    def __init__(self, directory: Path) -> None:
        self._file = directory / "watch"
        self._looks: list[tuple[float, float]] = []
        """When, and for how long somebody had waited since the look before; in seconds."""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def worst(self, window_seconds: float) -> float:
        """How long somebody waited within any span of so many seconds, at most; in seconds."""
        return worst_window(self._looks, window_seconds)

    def _run(self) -> None:
        before = dict(_waited())
        while not self._end.is_set():
            planned = time.monotonic() + LOOK_SECONDS
            self._end.wait(LOOK_SECONDS)
            with starting:
                with contextlib.suppress(OSError):
                    _keep(self._file)
                now = time.monotonic()
                waited = dict(_waited())
            # A process that was not there before has waited since it began.
            of_processes = [seconds - before.get(pid, 0.0) for pid, seconds in waited.items()]
            self._looks.append((now, max([now - planned, *of_processes])))
            before = waited


def worst_window(looks: Sequence[tuple[float, float]], window_seconds: float) -> float:
    """The greatest sum of what was waited within a span; `looks` are in order of time."""
    worst = total = 0.0
    first = 0
    for now, waited in looks:
        total += waited
        while looks[first][0] < now - window_seconds:
            total -= looks[first][1]
            first += 1
        worst = max(worst, total)
    return worst


def _keep(path: Path) -> None:
    """Write a few bytes to the disk, as a Sentinel does with its configuration."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        os.write(file, b"watch\n")
        os.fsync(file)
    finally:
        os.close(file)


def _waited() -> Iterator[tuple[int, float]]:
    """For how long each process of a story, and this one, waited for a processor; in seconds."""
    for pid in (os.getpid(), *running_pids()):
        try:
            words = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
        except OSError:
            continue
        if len(words) == 3:
            yield pid, int(words[1]) / 1e9


def until_judged(
    story: Callable[[], object], clear_away: Callable[[], object], directory: Path
) -> None:
    """Tell a story; again, slower, if it failed while the machine stalled. See the module.

    `clear_away` ends what an attempt has left behind, before the next. The watch writes into
    `directory`.
    """
    global _pace
    for at in PACES:
        _pace = at
        try:
            with Watch(directory) as watch:
                story()
        except Crash:
            raise
        # A failed assertion, and whatever else comes of it; but no skip and no interruption.
        except (Exception, pytest.fail.Exception) as failure:
            stalled = watch.worst(at)
            why = f"somebody waited {stalled:.2f} s within {at} s"
            if isinstance(failure, PortTaken):
                why = str(failure)
            elif stalled <= STALL_SECONDS * at:
                raise
            if at == PACES[-1]:
                pytest.skip(f"cannot be judged, the machine is too busy: {why}; {failure!r:.500}")
            clear_away()
            warnings.warn(f"told again, slower: {why}; {failure!r:.500}", stacklevel=1)
        else:
            return
        finally:
            _pace = PACES[0]
