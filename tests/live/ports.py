"""Free ports of 127.0.0.1 that no other test process, of this run or of another, is given.

A port that was free a moment ago may be taken a moment later. So the ports beside the range from
which the system serves outgoing connections are divided into blocks, and a process locks a block of
its own before it looks for free ports in it. The lock ends with the process.
"""

from __future__ import annotations

import fcntl
import functools
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["BLOCK", "LOWEST", "blocks", "free_port"]

LOWEST = 10000
HIGHEST = 65400
BLOCK = 200

OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
USUAL = 32768, 60999
"""The range for outgoing connections, where the system does not say."""


def _outgoing() -> tuple[int, int]:
    try:
        low, high = map(int, OUTGOING.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return USUAL
    return low, high


def blocks(low: int, high: int) -> list[int]:
    """The first ports of all blocks: those beside the outgoing range `low` to `high` come first.

    Where that range leaves no room the others have to do.
    """
    every = range(LOWEST, HIGHEST, BLOCK)
    return sorted(every, key=lambda first: low < first + BLOCK and first <= high)


def _lock_a_block() -> int:
    """The first port of a block that is ours until this process ends."""
    directory = Path(tempfile.gettempdir()) / f"minisentinel-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True)
    for first in blocks(*_outgoing()):
        # Never closed: the lock must last, and the system ends it with the process.
        lock = os.open(directory / f"{first}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
        else:
            return first
    raise RuntimeError(f"every block of ports in {directory} is locked")


@functools.cache
def _round() -> Iterator[int]:
    first = _lock_a_block()
    # In turn, so that a port just given back rests for as long as possible.
    return itertools.cycle(range(first, first + BLOCK))


def free_port() -> int:
    """A port on which a server may listen."""
    for port in itertools.islice(_round(), BLOCK):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port in this process' block")
