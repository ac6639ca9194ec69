"""What the core must know of this machine at once: host names, and which files can be executed.

A look-up may take as long as the network likes, and the timer must not wait for it. So look-ups run
in threads: an answer that is known is given at once, and refreshed behind the scenes if it is not
fresh, so that it is at most one question late. A real Sentinel waits for the resolver instead.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from minisentinel.server.clock import monotonic_us

__all__ = ["LocalFacts"]

_FRESH_US = 1_000_000
_PATIENCE_US = 50_000
_IMPATIENCE_US = 1_000_000
_MOST_NAMES = 1024
_MOST_THREADS = 8
_LONGEST_NAME = 255
"""No host has a longer one, but anybody may send one."""


@dataclass(slots=True)
class _Known:
    """What is known of a name: its address (None if it has none) and when that was learned."""

    address: str | None = None
    learned_us: int = 0
    answered: threading.Event = field(default_factory=threading.Event)
    asked: bool = False


class LocalFacts:
    """The facts of this machine; every question is answered at once.

    While the configuration is loaded (`starting`), and for at most 50 ms once in a second
    afterwards, an unknown name is waited for, so that it can be used as soon as it is first named.
    """

    def __init__(self) -> None:
        self.starting = True
        self._names: OrderedDict[str, _Known] = OrderedDict()
        self._queue: deque[tuple[str, _Known]] = deque()
        self._lock = threading.Lock()
        self._threads = 0
        self._waited_us = -_IMPATIENCE_US

    def __len__(self) -> int:
        return len(self._names)

    def resolve(self, name: str) -> str | None:
        """The address of `name` as far as it is known."""
        if len(name) > _LONGEST_NAME:
            return None
        key = name.lower()
        known = self._names.get(key)
        if known is None:
            known = self._names[key] = _Known()
            if len(self._names) > _MOST_NAMES:
                self._names.popitem(last=False)
        self._names.move_to_end(key)
        now_us = monotonic_us()
        if not known.asked and (not known.learned_us or now_us - known.learned_us > _FRESH_US):
            self._ask(key, known)
        if not known.answered.is_set():
            self._wait(known, now_us)
        return known.address

    def is_executable(self, path: str) -> bool:
        """Whether this user may execute `path`; a real Sentinel accepts a directory, too."""
        try:
            return os.access(path, os.X_OK)
        except ValueError:  # No path can have a zero byte in it.
            return False

    def _wait(self, known: _Known, now_us: int) -> None:
        if self.starting:
            known.answered.wait()
        elif now_us - self._waited_us >= _IMPATIENCE_US:
            known.answered.wait(_PATIENCE_US / 1_000_000)
            self._waited_us = monotonic_us()

    def _ask(self, name: str, known: _Known) -> None:
        with self._lock:
            if len(self._queue) >= _MOST_NAMES:
                return  # The resolver hangs; it is asked when the name comes up again.
            known.asked = True
            self._queue.append((name, known))
            if self._threads == _MOST_THREADS:
                return
            self._threads += 1
        # A daemon, so that a resolver that hangs does not keep the process from ending.
        try:
            threading.Thread(target=self._work, name="resolver", daemon=True).start()
        except RuntimeError:  # No more threads are to be had: the name is asked for again.
            with self._lock:
                self._threads -= 1
                if not self._threads:
                    self._queue.clear()
            known.asked = False
            known.answered.set()

    def _work(self) -> None:
        """Look names up until none waits; the only thing here that runs in other threads."""
        while True:
            with self._lock:
                if not self._queue:
                    self._threads -= 1
                    return
                name, known = self._queue.popleft()
            known.address = look_up(name)
            known.learned_us = monotonic_us()
            known.asked = False
            known.answered.set()


def look_up(name: str) -> str | None:
    """Ask the machine's resolver for the first address of `name`; takes as long as it takes."""
    try:
        return str(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, ValueError):  # ValueError: no host can have such a name.
        return None
