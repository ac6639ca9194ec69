"""A second tripwire, armed while a simulation runs: nothing may be asked of the machine at all.

The interpreter reports opened files, sockets, processes and the like to an audit hook, whoever
asked, by whichever library. Only loading a module is let through. Reading a scenario or writing a
trace is ordinary work before and after a run, so the wire is armed for the run alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["RealIoError", "no_real_io"]

WATCHED = ("open", "socket.", "subprocess.", "os.", "shutil.", "tempfile.", "ctypes.", "glob.")
HARMLESS = ("os.listdir", "os.scandir")
"""Reported when a module is looked for, too, by finders that are no importlib."""

_armed = False
_installed = False


class RealIoError(AssertionError):
    """A simulation asked the machine; the message says for what."""


def _is_import(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    global _armed
    if not _armed or not event.startswith(WATCHED) or event in HARMLESS:
        return
    if _is_import(sys._getframe(1)):
        return
    _armed = False  # who reports the error may use files
    raise RealIoError(f"a simulation asks the machine: {event} {arguments!r}")


@contextmanager
def no_real_io() -> Iterator[None]:
    """Raise `RealIoError` when anybody asks the machine for anything meanwhile."""
    global _armed, _installed
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    _armed = True
    try:
        yield
    finally:
        _armed = False
