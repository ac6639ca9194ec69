"""Encrypted beside real servers and a real Sentinel, where there is one that was built with TLS.

Every node has a port in the clear too, on which the test asks; the nodes talk to each other on the
ports that encrypt, with certificates on both sides.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.live.ensemble import MASTER, Node
from tests.live.ports import free_port
from tests.live.servers import RealServer, real_servers
from tests.live.waiting import PATIENCE_SECONDS, eventually
from tests.server.bench import SECURED

pytestmark = pytest.mark.real_io

OURS = (sys.executable, "-m", "minisentinel", "CONF")


@pytest.fixture(scope="module")
def server() -> RealServer:
    """A real server that can encrypt."""
    for each in real_servers():
        # Whoever can complains of the certificate that is missing, whoever cannot of itself.
        words = [each.path, "--port", "0", "--tls-port", str(free_port())]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
        if "No tls-cert-file configured" in done.stdout:
            return each
    pytest.skip("no real server here was built with TLS")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


class Secured(Node):
    """A node that encrypts what it says to others."""

    def __init__(self, argv: tuple[str, ...], directory: Path, *lines: str) -> None:
        self.tls_port = free_port()
        common = [f"tls-port {self.tls_port}", "tls-replication yes", *SECURED.split("\n")]
        super().__init__(directory.name, argv, directory, [*common, *lines])

    def knows(self, peers: int) -> bool:
        """Whether this Sentinel knows so many others, by the ports that encrypt."""
        text = self.conf.read_text(encoding="utf-8")
        return text.count(f"\nsentinel known-sentinel {MASTER} ") == peers

    def knows_replica(self, node: Secured) -> bool:
        """Whether this Sentinel has saved `node` as a replica, at the port that encrypts."""
        line = f"sentinel known-replica {MASTER} 127.0.0.1 {node.tls_port}\n"
        return line in self.conf.read_text(encoding="utf-8")

    def master_is(self, node: Secured) -> bool:
        """Whether this Sentinel says that `node` is the master, at the port that encrypts."""
        answer = self.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
        return bool(answer == ["127.0.0.1", str(node.tls_port)])

    def follows(self, node: Secured) -> bool:
        """Whether this server is a replica in step with `node`."""
        answer = self.call("ROLE")
        return bool(answer[:4] == ["slave", "127.0.0.1", node.tls_port, "connected"])


@pytest.mark.parametrize("kinds", ["ours ours ours", "real ours ours", "ours real real"])
def test_a_failover_in_which_every_word_is_encrypted(
    server: RealServer, stack: ExitStack, tmp_path: Path, kinds: str
) -> None:
    """[MON-3.3-2] [CFG-1-4]"""

    def started(argv: tuple[str, ...], name: str, *lines: str) -> Secured:
        node = Secured(argv, tmp_path / name, *lines)
        stack.callback(node.kill)
        node.start()
        return node

    data = (server.path, "CONF")
    one = started(data, "data-1", 'save ""', "repl-diskless-sync-delay 0")
    two = started(data, "data-2", 'save ""', f"replicaof 127.0.0.1 {one.tls_port}")
    eventually("the replica is in step", partial(two.follows, one))
    sentinels = [
        started(
            OURS if kind == "ours" else (server.path, "CONF", "--sentinel"),
            f"sentinel-{number}",
            f"sentinel monitor {MASTER} 127.0.0.1 {one.tls_port} 2",
            f"sentinel down-after-milliseconds {MASTER} 3600000",
            f"sentinel failover-timeout {MASTER} 5000",
        )
        for number, kind in enumerate(kinds.split(), start=1)
    ]
    for each in sentinels:
        each.call("SENTINEL", "DEBUG", "tilt-trigger", "15000", "info-period", "600")
        eventually(f"{each} knows the others", partial(each.knows, 2))
        text = each.conf.read_text(encoding="utf-8")
        for other in sentinels:
            if other is not each:
                assert f" {other.tls_port} " in text
        eventually(f"{each} knows the replica", partial(each.knows_replica, two))
    assert one.call("SET", "key", "value") == "OK"
    eventually("it is replicated", lambda: two.call("GET", "key") == "value")
    one.kill()
    # Only now is silence a sign of anything: before, a slow machine would be one.
    for each in sentinels:
        each.call("SENTINEL", "SET", MASTER, "down-after-milliseconds", "1500")
    for each in sentinels:
        eventually(f"{each} has switched", partial(each.master_is, two))
    assert two.call("GET", "key") == "value"
    one.start()
    eventually("the old master follows", partial(one.follows, two))
