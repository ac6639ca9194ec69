"""A simulation that asks the machine for time, chance or a socket is caught in the act."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sim.kernel import NotSimulatedError
from sim.world import Deployment, World
from tests.support.entropy import EntropyError

ROOT = Path(__file__).resolve().parents[2]


def planted(source: str) -> Any:
    """The function `leak` of `source`, as if it stood in a file of the simulator."""
    scope: dict[str, Any] = {}
    exec(compile(source, str(ROOT / "sim" / "world" / "planted.py"), "exec"), scope)
    return scope["leak"]


@pytest.mark.parametrize(
    "leak",
    [
        "import time\ndef leak(_): time.time()",
        "import time\ndef leak(_): time.monotonic_ns()",
        "import time\ndef leak(_): time.process_time_ns()",
        "import time\ndef leak(_): time.gmtime()",
        "import time\ndef leak(_): time.strftime('%H')",
        "import random\ndef leak(_): random.random()",
        "import random\ndef leak(_): random.shuffle([1, 2])",
        "import os\ndef leak(_): os.urandom(8)",
        "import uuid\ndef leak(_): uuid.uuid4()",
        "import socket\ndef leak(_): socket.socket()",
        "import socket\ndef leak(_): socket.getaddrinfo('localhost', 80)",
    ],
)
@pytest.mark.parametrize("where", ["kernel", "server", "sentinel"])
def test_leak_inside_a_simulation_is_caught(leak: str, where: str) -> None:
    world = World(Deployment(clients=0))
    world.run(2.0)
    if where == "kernel":
        world.kernel.call_after(1_000, planted(leak))
    else:
        node = world.servers["redis-1"] if where == "server" else world.sentinels["sentinel-1"]
        node.after(1_000, planted(leak))
    with pytest.raises(EntropyError, match=r"sim/world/planted.py, line 2, asks the machine"):
        world.run(1.0)


def test_leak_in_a_coroutine_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(Deployment(sentinels=1, replicas=0, clients=1))
    leak = planted("import random\ndef leak(_): random.random()")

    async def main() -> None:
        leak(None)

    monkeypatch.setattr(world.clients["client-1"], "main", main)
    with pytest.raises(EntropyError, match="asks the machine"):
        world.run(6.0)


@pytest.mark.parametrize("call", ["run_in_executor", "create_connection", "add_reader"])
def test_the_virtual_loop_refuses_real_io(call: str) -> None:
    world = World(Deployment(clients=0))
    arguments: dict[str, tuple[Any, ...]] = {
        "run_in_executor": (None, os.getpid),
        "create_connection": (object, "127.0.0.1", 80),
        "add_reader": (0, os.getpid),
    }

    async def ask() -> None:
        result = getattr(world.loop, call)(*arguments[call])
        if hasattr(result, "__await__"):
            await result

    with pytest.raises(NotSimulatedError):
        world.loop.run_until_complete(ask())


def test_a_whole_failover_asks_the_machine_for_nothing() -> None:
    world = World(Deployment())
    world.run(15.0)
    old = world.kill("master")
    assert world.run_until(lambda: world.master != old, limit=30.0)


def test_a_time_that_is_given_may_be_converted() -> None:
    planted("import time\ndef leak(_): time.strftime('%H', time.gmtime(0))")(None)
