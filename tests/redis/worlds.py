"""Small worlds of Redis servers on the network, and clients that talk to them word by word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from minisentinel.replies import Reply
from minisentinel.trace import Data
from minisentinel.wire import command_size
from sim.kernel.kernel import Kernel
from sim.kernel.streams import Streams
from sim.network import CloseReason, Constant, Endpoint, FailReason, Host, Network
from sim.process import Process
from sim.redis import Machine, RedisNode, Settings
from sim.trace.recorder import Recorder

__all__ = ["MS", "SECOND", "Line", "RedisWorld", "info_of"]

MS = 1_000
SECOND = 1_000_000
PORT = 6379
D = TypeVar("D", bound=Data)


class Talker(Process):
    """A program that opens connections and keeps what comes back."""

    service_us = 0

    def __init__(self, name: str, host: Host, network: Network) -> None:
        super().__init__(name, host, network)
        self.lines: dict[int, Line] = {}

    def on_failed(self, endpoint: Endpoint, reason: FailReason) -> None:
        self.lines[endpoint.id].closed = reason

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        self.lines[endpoint.id].received.append(message)

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        self.lines[endpoint.id].closed = reason


class Line:
    """One connection of a talker to a server; `closed` says how it ended, empty while it lives."""

    def __init__(self, world: RedisWorld, endpoint: Endpoint) -> None:
        self._world = world
        self._endpoint = endpoint
        self.received: list[Any] = []
        self.closed = ""

    def send(self, *words: str) -> None:
        """Send a command and wait for nothing."""
        self._endpoint.send(words, command_size(words))

    def call(self, *words: str) -> Reply:
        """Send a command, let 5 ms pass, and return the reply."""
        before = len(self.received)
        self.send(*words)
        self._world.run(5 * MS)
        assert len(self.received) == before + 1, self.received[before:]
        reply: Reply = self.received[-1]
        return reply


class RedisWorld:
    """A kernel, a network with 1 ms latency, and servers on hosts that are called like them."""

    def __init__(self, *, seed: int = 1) -> None:
        self.kernel = Kernel()
        self.streams = Streams(seed)
        self.recorder = Recorder(self.kernel)
        self.network = Network(
            self.kernel, self.streams, latency=Constant(MS), recorder=self.recorder
        )
        self.talker = Talker("talker", self.network.add_host("talker", "10.0.1.1"), self.network)
        self.talker.start()

    def node(
        self,
        name: str,
        settings: Settings | None = None,
        machine: Machine | None = None,
    ) -> RedisNode:
        """A started server on a host of its own."""
        host = self.network.add_host(name, f"10.0.0.{len(self.network.hosts)}")
        node = RedisNode(
            name,
            host,
            self.network,
            random=self.streams.get(f"redis:{name}"),
            settings=settings,
            machine=machine,
        )
        node.start()
        return node

    def group(
        self,
        replicas: int,
        *,
        master: Settings | None = None,
        replica: Settings | None = None,
        machine: Machine | None = None,
        seconds: int = 3,
    ) -> list[RedisNode]:
        """A master without diskless delay and its replicas, in sync unless `seconds` is short."""
        settings = master or Settings(repl_diskless_sync_delay=0)
        nodes = [self.node("m", settings, machine)]
        for number in range(1, replicas + 1):
            chosen = replica or Settings(repl_diskless_sync_delay=0)
            chosen.replicaof = (nodes[0].host.address, PORT)
            nodes.append(self.node(f"r{number}", chosen, machine))
        self.run(seconds * SECOND)
        return nodes

    def line(self, node: RedisNode) -> Line:
        """A new connection to a server."""
        endpoint = self.talker.connect(node.host.address, node.port)
        line = self.talker.lines[endpoint.id] = Line(self, endpoint)
        self.run(3 * MS)
        return line

    def call(self, node: RedisNode, *words: str) -> Reply:
        """A command on a connection of its own."""
        return self.line(node).call(*words)

    def run(self, duration_us: int) -> None:
        """Let that much time pass."""
        self.kernel.run_until(self.kernel.now + duration_us)

    def records(self, kind: type[D], node: RedisNode | None = None) -> list[D]:
        """What the trace holds of one kind, of one node or of all."""
        return [
            entry.data
            for entry in self.recorder.entries
            if isinstance(entry.data, kind) and (node is None or entry.node == node.name)
        ]


def info_of(world: RedisWorld, node: RedisNode, *sections: str) -> dict[str, str]:
    """INFO's lines as a dictionary."""
    text = world.call(node, "INFO", *sections)
    assert isinstance(text, str)
    return dict(_pairs(text.split("\r\n")))


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            yield name, value
