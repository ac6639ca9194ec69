"""A small world for tests of clients: servers that say what the test tells them to say."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

from minisentinel.replies import Command, Reply, Status
from minisentinel.wire import reply_size
from sim.clients import CLIENT_KINDS, TextbookClient, Workload
from sim.kernel.kernel import Kernel
from sim.kernel.loop import VirtualLoop
from sim.kernel.streams import Streams
from sim.network import CloseReason, Constant, Endpoint, Network
from sim.process import Process
from sim.trace import Operation
from sim.trace.recorder import Recorder

__all__ = ["MASTER", "REPLICA", "Application", "Scripted", "ScriptedWorld", "names"]

T = TypeVar("T")
Answer = Callable[[Command], Any]

MASTER: Reply = ("master", 0, ())
REPLICA: Reply = ("slave", "10.0.0.1", 6379, "connected", 0)
SILENCE = None


def names(host: str, port: int = 6379) -> Answer:
    """A Sentinel that names this master."""
    return lambda words: (host, str(port))


class Scripted(Process):
    """A server that answers as `answer` says, with silence if that is None."""

    service_us = 0

    def __init__(self, name: str, network: Network, address: str, port: int) -> None:
        super().__init__(name, network.add_host(name, address), network)
        self.port = port
        self.answer: Answer = lambda words: Status("OK")
        self.asked: list[Command] = []
        self.connections: list[Endpoint] = []

    def on_start(self) -> None:
        self.listen(self.port)

    def on_accept(self, endpoint: Endpoint) -> None:
        self.connections.append(endpoint)

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        if endpoint in self.connections:
            self.connections.remove(endpoint)

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        self.asked.append(message)
        reply = self.answer(message)
        if reply is not SILENCE:
            endpoint.send(reply, reply_size(reply))


class Application(TextbookClient):
    """A textbook client whose program is given by the test."""

    program: Callable[[], Coroutine[Any, Any, None]]

    async def main(self) -> None:
        await self.program()


class ScriptedWorld:
    """Hosts one millisecond apart: `sentinels` 10.0.1.1 and so on, `servers` 10.0.0.1 and so on."""

    def __init__(self, sentinels: int = 3, servers: int = 2) -> None:
        self.kernel = Kernel()
        self.loop = VirtualLoop(self.kernel)
        self.recorder = Recorder(self.kernel)
        self.network = Network(
            self.kernel, Streams(1), latency=Constant(1000), recorder=self.recorder
        )
        self.sentinels = [
            Scripted(f"sentinel-{n}", self.network, f"10.0.1.{n}", 26379)
            for n in range(1, sentinels + 1)
        ]
        self.servers = [
            Scripted(f"redis-{n}", self.network, f"10.0.0.{n}", 6379) for n in range(1, servers + 1)
        ]
        for process in (*self.sentinels, *self.servers):
            process.start()
        for sentinel in self.sentinels:
            sentinel.answer = names("10.0.0.1")
        for server in self.servers:
            server.answer = lambda words: MASTER if words[0] == "ROLE" else Status("OK")
        self.application = Application(
            "client",
            self.network.add_host("client", "10.0.2.1"),
            self.network,
            loop=self.loop,
            sentinels=self.addresses,
            master_name="mymaster",
            random=Random(1),
        )

    def client(self, kind: str = "textbook", **workload: Any) -> TextbookClient:
        """A client of `kind` called ``writer``, started, with this workload."""
        client = CLIENT_KINDS[kind](
            "writer",
            self.network.add_host("writer", "10.0.2.2"),
            self.network,
            loop=self.loop,
            sentinels=self.addresses,
            master_name="mymaster",
            random=Random(1),
            workload=Workload(**workload),
            first_master=("10.0.0.1", 6379),
        )
        client.start()
        return client

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Of the Sentinels."""
        return [(each.host.address, each.port) for each in self.sentinels]

    def run(self, seconds: float) -> None:
        self.loop.run_until(self.kernel.now + round(seconds * 1_000_000))

    def result_of(self, program: Callable[[], Coroutine[Any, Any, T]], limit: float = 10.0) -> T:
        """What a program of the client comes to; an exception of it is raised here."""
        outcome: list[T | Exception] = []

        async def whole() -> None:
            try:
                outcome.append(await program())
            except Exception as problem:
                outcome.append(problem)

        self.application.program = whole
        self.application.kill()
        self.application.start()
        self.run(limit)
        assert outcome, "the program has not ended"
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    def operations(self) -> list[Operation]:
        """What clients have recorded."""
        return [e.data for e in self.recorder.sorted_entries() if isinstance(e.data, Operation)]
