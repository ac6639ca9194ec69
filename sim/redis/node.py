"""A Redis server on the simulated network: the process around `sim.redis.server.Server`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Any

from minisentinel.trace import Data
from sim.network.endpoint import CloseReason, Endpoint, FailReason
from sim.network.network import Network
from sim.network.retransmission import size_of
from sim.network.topology import Host
from sim.process import Process, Timer
from sim.redis.clients import Client
from sim.redis.disk import Disk
from sim.redis.dispatch import Dispatcher
from sim.redis.server import Server
from sim.redis.settings import Machine, Settings
from sim.trace.recorder import Recorder
from sim.trace.records import NodeStarted

__all__ = ["SOCKET_BYTES", "RedisNode"]

SOCKET_BYTES = 4 * 1024 * 1024
"""What the hosts at both ends buffer of what nobody reads, together."""


class RedisNode(Process):
    """A Redis server process.

    Every start is a new `server`, of `server_type`, with a new run id; what survives is on the
    `disk`. `settings` are those of the first start. To restart without data, clear ``disk.dump``
    through `wipe`.
    """

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        random: Random,
        settings: Settings | None = None,
        machine: Machine | None = None,
        recorder: Recorder | None = None,
        server_type: type[Server] = Server,
    ) -> None:
        super().__init__(name, host, network, recorder=recorder)
        self.random = random
        self.machine = machine if machine is not None else Machine()
        self.disk = Disk(replace(settings) if settings is not None else Settings())
        self._server_type = server_type
        self._server: Server | None = None
        self._dispatcher: Dispatcher | None = None
        self._power_lost = False

    @property
    def port(self) -> int:
        """The port that this server listens on."""
        return self.disk.config.port

    @property
    def server(self) -> Server:
        """The running server, or the last one; raises RuntimeError before the first start."""
        if self._server is None:
            raise RuntimeError(f"{self.name} has never been started")
        return self._server

    def wipe(self) -> None:
        """Make the next start find no data, whatever the persistence: the disk is empty.

        The process must be down; raises RuntimeError otherwise.
        """
        if self.state != "down":
            raise RuntimeError(f"{self.name}: the disk of a running server cannot be wiped")
        self._settle()
        self.disk.wipe()

    def _settle(self) -> None:
        """Let the server that has ended leave its data on the disk, once."""
        if self._dispatcher is not None:
            self.server.leave(power_lost=self._power_lost)
            self._dispatcher = None
        self._power_lost = False

    def power_lost(self) -> None:
        """Die with the host, and with what its operating system had not written to the disk."""
        self._power_lost = True
        super().power_lost()

    def stop(self) -> None:
        """End in order, as on SIGTERM: wait for the replicas a while, save, and go."""
        if self.state == "running" and self._dispatcher is not None:
            self.after(0, lambda _: self.server.shutdown.begin(None))
        else:
            super().stop()

    # -- the environment of the server

    @property
    def has_ended(self) -> bool:
        """The process is down."""
        return self.state == "down"

    def now_us(self) -> int:
        """Kernel time, with what the running step has cost so far."""
        return self.time_us

    def after(
        self, delay_us: int, callback: Callable[[Any], object], argument: Any = None
    ) -> Timer:
        """Call back later; never if the running step has ended the process."""
        if self.state == "down":
            return _Never(self)
        return super().after(delay_us, callback, argument)

    def unix_seconds(self) -> int:
        """The host's wall clock in whole seconds."""
        return (self.kernel.now + self._spent + self.host.clock_base_us) // 1_000_000

    def unix_ms(self) -> int:
        """The host's wall clock in milliseconds."""
        return self.now_ms()

    def unread(self, clients: Iterable[Client]) -> list[tuple[Client, int]]:
        """What waits for others: at their doors, in their inboxes, or on paths, narrow or cut."""
        found = []
        for client in clients:
            assert isinstance(client.connection, Endpoint)
            size = _unread_bytes(client.connection)
            if size is not None:
                found.append((client, size))
        return found

    def room(self, client: Client) -> int | None:
        """What the buffers of both hosts still take; a narrow path has small ones."""
        endpoint = client.connection
        assert isinstance(endpoint, Endpoint)
        pipe = endpoint.path.pipe
        room = pipe.room(endpoint) if pipe is not None else None
        unread = _unread_bytes(endpoint)
        if unread is not None:
            left = max(0, SOCKET_BYTES - unread)
            room = left if room is None else min(room, left)
        return room

    def shut_down(self) -> None:
        """End in order, the server having done what it wants to do before."""
        super().stop()

    def out_of_memory(self) -> None:
        """Die as by SIGKILL, which is what the operating system sends."""
        self.kill()

    def record(self, data: Data) -> None:
        """Write on the trace, if there is one."""
        if self.recorder is not None:
            self.recorder.record(self.name, data, self.time_us)

    # -- the life of the process

    def on_start(self) -> None:
        """Begin with the configuration and the data on the disk."""
        self._settle()
        server = self._server = self._server_type(self, self.machine, self.disk)
        self._dispatcher = Dispatcher(server)
        self.listen(server.settings.port)
        host, port = self.network.reached_at(self.host, server.settings.port)
        self.record(
            NodeStarted(
                type="redis",
                host=host,
                port=port,
                runid=server.run_id,
            )
        )
        server.start()

    def on_accept(self, endpoint: Endpoint) -> None:
        """A client, a Sentinel or a replica connected."""
        self.server.accept(endpoint)

    def on_open(self, endpoint: Endpoint) -> None:
        """The link to our master stands."""
        if endpoint is self.server.upstream.connection:
            self.server.upstream.on_open()

    def on_failed(self, endpoint: Endpoint, reason: FailReason) -> None:
        """Our master could not be reached."""
        if endpoint is self.server.upstream.connection:
            self.server.upstream.on_failed()

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        """A client's command, or something from our master."""
        dispatcher = self._dispatcher
        assert dispatcher is not None
        server = dispatcher.server
        client = server.clients.by_connection.get(endpoint.id)
        if client is not None:
            dispatcher.execute(client, message)
        elif endpoint is server.upstream.connection:
            server.hear_master(message)

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        """The other side of a connection is gone."""
        server = self.server
        client = server.clients.of(endpoint)
        if client is not None:
            server.forget_client(client)
        elif endpoint is server.upstream.connection:
            server.upstream.on_close()


class _Never(Timer):
    """A timer of a process that has ended."""

    def __init__(self, process: RedisNode) -> None:
        super().__init__(process, lambda _: None, None)
        self._process = None


def _unread_bytes(endpoint: Endpoint) -> int | None:
    """What has been written to a connection and not been read; None if nothing has."""
    inbox, recovery, pipe = endpoint.peer.inbox, endpoint.recovery, endpoint.path.pipe
    if not inbox and recovery is None and pipe is None:
        return None
    size = sum(size for _, size in inbox if size > 0)
    if recovery is not None:
        size += sum(map(size_of, recovery.stalled))
    if pipe is not None:
        size += pipe.waiting(endpoint)
    return size if size or inbox or recovery is not None else None
