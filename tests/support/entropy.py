"""A tripwire: code of ours that asks the machine for time, chance or a socket is caught in the act.

The functions are replaced by wrappers that look at who calls. Frames of the standard library are
skipped, so that `uuid` or `asyncio` asking on our behalf counts as ours; a call on behalf of
anybody else (pytest, hypothesis, matplotlib) goes through.

What cannot be replaced, because it is built in (`datetime.now`, an unseeded `random.Random()`,
`secrets`), is looked for in the sources by `tests/ground/test_entropy.py`.
"""

from __future__ import annotations

import functools
import multiprocessing.process  # noqa: F401  (draws its key when it is first loaded: before us)
import os
import random
import socket
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

__all__ = ["EntropyError", "install", "watched"]

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT / package}{os.sep}" for package in ("minisentinel", "sim"))
STANDARD_LIBRARY = sysconfig.get_path("stdlib") + os.sep
SITE_PACKAGES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))

CLOCKS = (
    "clock_gettime",
    "clock_gettime_ns",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "sleep",
    "thread_time",
    "thread_time_ns",
    "time",
    "time_ns",
)
CONVERSIONS = {"asctime": 0, "ctime": 0, "gmtime": 0, "localtime": 0, "strftime": 1}
"""Those that ask for the time only if none is given, after so many arguments."""
SOCKETS = ("create_connection", "create_server", "getaddrinfo", "gethostbyname", "socketpair")


class EntropyError(AssertionError):
    """Code that a simulation reaches asked the machine; the message says who and what."""


def watched() -> Iterator[tuple[ModuleType, str]]:
    """Every function that is guarded: its module and its name."""
    for name in CLOCKS:
        if hasattr(time, name):
            yield time, name
    for name in CONVERSIONS:
        yield time, name
    for name in random.__all__:
        if not isinstance(getattr(random, name), type):
            yield random, name
    for name in ("urandom", "getrandom"):
        if hasattr(os, name):
            yield os, name
    for name in SOCKETS:
        if hasattr(socket, name):
            yield socket, name


def culprit(frame: FrameType | None) -> str:
    """The file and line of ours on whose behalf `frame` runs; empty when it is somebody else."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(OURS):
            return f"{os.path.relpath(file, ROOT)}, line {frame.f_lineno}"
        is_library = file.startswith(("<frozen", STANDARD_LIBRARY))
        if not is_library or file.startswith(SITE_PACKAGES):
            return ""
        frame = frame.f_back
    return ""


def guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, raising `EntropyError` when it is called on behalf of our packages."""

    @functools.wraps(function)
    def guard(*arguments: Any, **keywords: Any) -> Any:
        asks = len(arguments) <= CONVERSIONS.get(name.removeprefix("time."), len(arguments))
        if asks and (who := culprit(sys._getframe(1))):
            raise EntropyError(f"{who}, asks the machine: {name}")
        return function(*arguments, **keywords)

    return guard


class GuardedSocket(socket.socket):
    """A socket that only others may open."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        if who := culprit(sys._getframe(1)):
            raise EntropyError(f"{who}, asks the machine: socket.socket")
        super().__init__(*arguments, **keywords)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arm the tripwire until `monkeypatch` is undone."""
    for module, name in watched():
        original = getattr(module, name)
        monkeypatch.setattr(module, name, guarded(f"{module.__name__}.{name}", original))
    monkeypatch.setattr(socket, "socket", GuardedSocket)
