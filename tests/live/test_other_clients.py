"""Clients that nobody here wrote: redis-cli or valkey-cli, ioredis, and redis-py at length.

redis-cli and valkey-cli are used when they are on PATH; ioredis when `node` is, and either finds
the package by itself or in the directory that MINISENTINEL_NODE_MODULES names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.live.ensemble import MASTER, OURS, DataNode, Ensemble
from tests.live.processes import Process
from tests.live.servers import RealServer, some_real_server
from tests.live.waiting import PATIENCE_SECONDS, Refusal

pytestmark = pytest.mark.real_io

ONE_AFTER_ANOTHER_MS = (600, 800, 1000)
"""Not all at once, so that votes are not split: a second attempt would take long."""

FAILOVER_TIMEOUT_MS = 2000
"""Short: for twice this time after a failover nobody tries the next."""

IOREDIS_PROGRAM = """
const Redis = require('ioredis');
const sentinels = process.argv.slice(2).map((port) => ({ host: '127.0.0.1', port: Number(port) }));
const client = new Redis({ sentinels, name: 'mymaster' });
client.on('error', () => {});
let number = 0;
async function write() {
  const next = number + 1;
  try {
    await client.set(`key-${next}`, `value-${next}`);
    number = next;
    console.log(`wrote ${number} ${client.stream.remotePort}`);
  } catch (error) {
    console.log(`failed ${next} ${error.message}`);
  }
  setTimeout(write, 20);
}
write();
"""
"""Writes one key after another, and prints the number and the port of the master."""


def started(make: Callable[[RealServer], Ensemble]) -> Ensemble:
    """Three of ours, and a master with two replicas."""
    these = make(some_real_server())
    these.start_data(replicas=2)
    these.start_sentinels(
        [OURS] * 3,
        quorum=2,
        down_after_ms=ONE_AFTER_ANOTHER_MS,
        failover_timeout_ms=FAILOVER_TIMEOUT_MS,
    )
    these.wait_until_all_know_all()
    return these


def two_failovers(
    these: Ensemble,
    last_write: Callable[[], int],
    writes_to: Callable[[DataNode], bool],
) -> None:
    """Kill the master, then the next; what the client had written before each is still there.

    `last_write` is the number of the last key that was confirmed; the client writes ``key-1`` and
    so on. `writes_to` says whether it writes to that master by now.
    """
    master, alive = these.data[0], list(these.data)
    for _ in range(2):
        alive.remove(master)
        number = these.wait("the client has written", last_write)
        # Replicas have the writes in order, so that they have all before this one.
        for replica in alive:
            these.wait(f"{replica} has key {number}", partial(has_key, replica, number))
        master.kill()
        master = these.wait_for_new_master(master)
        these.wait(f"the client writes to {master}", partial(writes_to, master))
        for each in range(1, number + 1):
            assert master.call("GET", f"key-{each}") == f"value-{each}"
        for replica in alive:
            if replica is not master:
                these.wait(
                    f"{replica} follows {master}",
                    partial(replica.is_synchronised_replica_of, master),
                )
    assert alive == [master]


def has_key(node: DataNode, number: int) -> bool:
    return bool(node.call("GET", f"key-{number}") == f"value-{number}")


@pytest.mark.parametrize("name", ["redis-cli", "valkey-cli"])
def test_the_command_line_client_reads_our_answers(
    name: str, ensemble: Callable[[RealServer], Ensemble]
) -> None:
    client = shutil.which(name) or pytest.skip(f"{name} is not on PATH")
    these = ensemble(some_real_server())
    these.start_data(replicas=1)
    these.start_sentinels([OURS], quorum=1)
    these.wait_until_all_know_all()
    sentinel, master = these.sentinels[0], these.data[0]

    def ask(*words: str) -> str:
        done = subprocess.run(
            [client, "-p", str(sentinel.port), *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_SECONDS,
        )
        return done.stdout

    question = ("sentinel", "get-master-addr-by-name", MASTER)
    assert ask(*question) == f"127.0.0.1\n{master.port}\n"
    assert ask("--no-raw", *question) == f'1) "127.0.0.1"\n2) "{master.port}"\n'
    information = ask("info").splitlines()
    assert "redis_mode:sentinel" in information
    address = f"127.0.0.1:{master.port}"
    line = f"master0:name={MASTER},status=ok,address={address},slaves=1,sentinels=1"
    assert line in information
    # In RESP3 it is a map, of which the client prints pairs.
    pairs = ask("-3", "--no-raw", "sentinel", "master", MASTER).splitlines()
    assert any(line.endswith(f'# "name" => "{MASTER}"') for line in pairs), pairs
    assert any(line.endswith(f'# "port" => "{master.port}"') for line in pairs), pairs
    assert ask("nonsense").startswith("ERR unknown command")


def test_redis_py_survives_two_failovers_in_a_row(
    ensemble: Callable[[RealServer], Ensemble],
) -> None:
    redis = pytest.importorskip("redis", reason="redis-py is in the extra `test`")
    redis_sentinel = pytest.importorskip("redis.sentinel")
    these = started(ensemble)
    addresses = [("127.0.0.1", sentinel.port) for sentinel in these.sentinels]
    # Nobody who is asked is away for good: who was killed refuses at once.
    sockets = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    discovery = redis_sentinel.Sentinel(addresses, **sockets)
    client = discovery.master_for(MASTER, decode_responses=True, **sockets)
    number = 0

    def write() -> int:
        nonlocal number
        try:
            client.set(f"key-{number + 1}", f"value-{number + 1}")
        except (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError) as error:
            raise Refusal(repr(error)) from None
        number += 1
        return number

    def writes_to(master: DataNode) -> bool:
        return has_key(master, write())

    try:
        two_failovers(these, write, writes_to)
    finally:
        client.close()
        for connection in discovery.sentinels:
            connection.close()


def test_ioredis_survives_two_failovers_in_a_row(
    ensemble: Callable[[RealServer], Ensemble],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on PATH")
    if modules := os.environ.get("MINISENTINEL_NODE_MODULES"):
        monkeypatch.setenv("NODE_PATH", os.path.abspath(modules))
    if not finds_ioredis(node):
        pytest.skip(
            "node does not find ioredis: `npm install ioredis` somewhere, "
            "and name its node_modules in MINISENTINEL_NODE_MODULES"
        )
    these = started(ensemble)
    directory = these.directory / "ioredis"
    directory.mkdir()
    program = directory / "write.js"
    program.write_text(IOREDIS_PROGRAM, encoding="utf-8")
    ports = [str(sentinel.port) for sentinel in these.sentinels]
    client = Process("ioredis", [node, str(program), *ports], directory)
    client.start()

    def last_write() -> int:
        return last_confirmed(client)[0]

    def writes_to(master: DataNode) -> bool:
        if not client.is_running:
            raise AssertionError(f"ioredis ended, status {client.status}:\n{client.tail()}")
        return last_confirmed(client)[1] == master.port

    try:
        two_failovers(these, last_write, writes_to)
    finally:
        client.kill()


def finds_ioredis(node: str) -> bool:
    command: Sequence[str] = [node, "-e", "require.resolve('ioredis')"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def last_confirmed(client: Process) -> tuple[int, int]:
    """The number of the last key that was confirmed, and the port of the master it went to."""
    lines = client.log.read_text(encoding="utf-8").splitlines(keepends=True)
    for line in reversed(lines):
        if line.startswith("wrote ") and line.endswith("\n"):
            _, number, port = line.split()
            return int(number), int(port)
    raise Refusal(f"no write is confirmed yet:\n{client.tail(5)}")
