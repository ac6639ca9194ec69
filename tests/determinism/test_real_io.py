"""No file, socket or process of the machine is touched by anything that a simulation reaches.

The shipped scenarios (`tests.scenarios.test_shipped`) and random stories (`test_digests`) are run
under this wire; here it is shown to catch.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.world import Deployment, World
from tests.determinism.real_io import RealIoError, no_real_io

LEAKS: dict[str, Callable[[], object]] = {
    "open": lambda: open(__file__, encoding="utf-8").close(),
    "path": lambda: Path(__file__).read_bytes(),
    "os": lambda: os.open(__file__, os.O_RDONLY),
    "remove": lambda: os.remove("/nonexistent/file"),
    "temporary": lambda: tempfile.mkdtemp(),
    "socket": lambda: socket.socket(),
    "process": lambda: subprocess.run([sys.executable, "-c", ""], check=False),
    "shell": lambda: os.system("true"),
}


@pytest.mark.real_io
@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_leak_is_caught(leak: Callable[[], object]) -> None:
    world = World(Deployment(clients=0))
    world.kernel.call_after(1_000_000, lambda _: leak())
    with pytest.raises(RealIoError, match="asks the machine"), no_real_io():
        world.run(2.0)


def test_wire_is_armed_only_for_the_run() -> None:
    with no_real_io():
        World(Deployment(clients=0)).run(1.0)
    assert Path(__file__).read_bytes()
