"""A small world for the tests of the network and of processes: exact times, talkative programs.

Hosts are one millisecond apart and steps cost nothing unless a test says otherwise, so that every
time in a test is an exact number.
"""

from __future__ import annotations

from typing import Any

from sim.kernel.kernel import Kernel
from sim.kernel.streams import Streams
from sim.network import CloseReason, Constant, Endpoint, FailReason, Host, Latency, Network
from sim.process import Process
from sim.trace.recorder import Recorder

__all__ = ["DELAY_US", "MS", "PORT", "SECOND", "Program", "World"]

MS = 1_000
SECOND = 1_000_000
DELAY_US = MS
PORT = 7000


class Program(Process):
    """Writes down all that happens to it; listens when told to."""

    service_us = 0

    def __init__(self, name: str, host: Host, network: Network, *, listens: bool = False) -> None:
        super().__init__(name, host, network)
        self.listens = listens
        self.log: list[tuple[Any, ...]] = []
        self.accepted: list[Endpoint] = []

    def note(self, *what: object) -> None:
        self.log.append((self.time_us, *what))

    def on_start(self) -> None:
        if self.listens:
            self.listen(PORT)

    def on_accept(self, endpoint: Endpoint) -> None:
        self.accepted.append(endpoint)
        self.note("accept")

    def on_open(self, endpoint: Endpoint) -> None:
        self.note("open")

    def on_failed(self, endpoint: Endpoint, reason: FailReason) -> None:
        self.note("failed", reason)

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        self.note("message", message)

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        self.note("close", reason)

    @property
    def messages(self) -> list[Any]:
        return [entry[2] for entry in self.log if entry[1] == "message"]

    def happened(self, what: str) -> list[tuple[Any, ...]]:
        """The entries of that kind."""
        return [entry for entry in self.log if entry[1] == what]


class World:
    """A kernel, a network, and programs on hosts that are called like them."""

    def __init__(self, latency: Latency | None = None, *, seed: int = 1) -> None:
        self.kernel = Kernel()
        self.recorder = Recorder(self.kernel)
        self.network = Network(
            self.kernel,
            Streams(seed),
            latency=latency or Constant(DELAY_US),
            loopback=Constant(10),
            recorder=self.recorder,
        )

    def host(self, name: str) -> Host:
        if name in self.network.hosts:
            return self.network.hosts[name]
        return self.network.add_host(name, f"10.0.0.{len(self.network.hosts) + 1}")

    def program(
        self, name: str, *, listens: bool = False, kind: type[Program] = Program
    ) -> Program:
        program = kind(name, self.host(name), self.network, listens=listens)
        program.start()
        return program

    def pair(self) -> tuple[Program, Program, Endpoint, Endpoint]:
        """A client and a server, connected and quiet, with both sides of the connection."""
        server = self.program("server", listens=True)
        client = self.program("client")
        near = client.connect(server.host.address, PORT)
        self.run(SECOND)
        (far,) = server.accepted
        client.log.clear()
        server.log.clear()
        return client, server, near, far

    def run(self, duration_us: int) -> None:
        """Let that much time pass."""
        self.kernel.run_until(self.kernel.now + duration_us)

    @property
    def now(self) -> int:
        return self.kernel.now
