"""What every node of the virtual world shares: a thread on a host, connections, life and death."""

from __future__ import annotations

from typing import Protocol

from minisentinel.core.address import numeric_ip
from sim.network.endpoint import Endpoint
from sim.network.network import Network
from sim.network.topology import Host
from sim.process.thread import Thread
from sim.trace.recorder import Recorder
from sim.trace.records import ProcessChanged

__all__ = ["Process", "Watcher"]


class Watcher(Protocol):
    """Somebody outside who is told what becomes of a process."""

    def died(self, process: Process, change: str, status: int, /) -> None:
        """It is down: "killed", "exited" (with that status) or "stopped"."""
        ...

    def power_returned(self, process: Process, /) -> None:
        """Its host is on again, which starts no process by itself."""
        ...


class Process(Thread):
    """A program with a single thread on a host; subclasses say what it does.

    The world calls `start`, `stop`, `kill`, `pause`, `resume` and `block`; one that finds nothing
    to do (killing what is down) does nothing and records nothing. The hooks `on_...` run on the
    thread. A killed process loses its connections and timers; what a subclass keeps in its own
    attributes it must rebuild in `on_start`, as a real one would at its next start.
    """

    __slots__ = ("_endpoints", "host", "network", "recorder", "watchers")

    def __init__(
        self, name: str, host: Host, network: Network, *, recorder: Recorder | None = None
    ) -> None:
        super().__init__(name, network.kernel)
        self.host = host
        self.network = network
        self.recorder = recorder if recorder is not None else network.recorder
        self.watchers: list[Watcher] = []
        host.residents.append(self)
        self._endpoints: dict[int, Endpoint] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.state})"

    # Life, called by the world.

    def start(self) -> None:
        """Start the program: `on_start` runs now. Raises ValueError when the host is off."""
        if self.state != "down":
            return
        if not self.host.powered:
            raise ValueError(f"{self.name}: cannot start, host {self.host.name!r} is off")
        self.state = "running"
        self._free_at = self.kernel.now
        self._record("started")
        self._soon(lambda _: self.on_start())

    def stop(self) -> None:
        """End in order, as on SIGTERM: `on_stop` runs on the thread, then all is closed."""
        if self.state != "down":
            self.stay_awake()
            self._soon(self._stopping)

    def kill(self) -> None:
        """Die at once, as by SIGKILL: no hook runs, and peers see a reset one delay later."""
        self._die("killed")

    def exit(self, status: int) -> None:
        """Die by the program's own will with `status`; otherwise as `kill`."""
        self._die("exited", status=status)

    def power_lost(self) -> None:
        """Die with the host: as `kill`, but peers hear nothing."""
        self._die("killed", silently=True)

    def clock_steps(self) -> None:
        """The wall clock of the host is about to be set."""
        self.stay_awake()

    def power_returned(self) -> None:
        """The host is on again; whoever watches may start the program."""
        for watcher in tuple(self.watchers):
            watcher.power_returned(self)

    # What subclasses use.

    def now_ms(self) -> int:
        """The host's wall clock in milliseconds since 1970, rounded down."""
        return (self.kernel.now + self._spent + self.host.clock_base_us) // 1000

    def listen(self, port: int) -> None:
        """Accept connections to `port` from now on; raises OSError when it is taken."""
        self._must_live()
        self.network.listen(self, self.host, port)

    def connect(self, host: str, port: int) -> Endpoint:
        """Begin to connect to an address or a name; `on_open` or `on_failed` follows.

        A name is looked up first, which keeps the thread busy (see `resolve`). What is sent before
        `on_open` leaves after it. Raises RuntimeError when the process is down.
        """
        self._must_live()
        address: str | None = host
        if numeric_ip(host) is None:
            address = self.resolve(host)
        if address is None:
            endpoint = self.network.refuse_name(self, self.host, host, port)
        else:
            endpoint = self.network.connect(self, self.host, address, port)
        self._endpoints[endpoint.id] = endpoint
        return endpoint

    def resolve(self, name: str) -> str | None:
        """The address that a host name has now, or None; the thread waits for the answer."""
        address, took_us = self.network.names.look_up(name, self.host.name)
        if took_us:
            self.charge(took_us)
        return address

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The connections that this process holds, oldest first, unfinished ones included."""
        return tuple(self._endpoints.values())

    # What subclasses implement.

    def on_start(self) -> None:
        """The program begins: build all state, listen, connect, set timers."""

    def on_stop(self) -> None:
        """The program is told to end, in order (never called when it is killed)."""

    # What endpoints call (see `Owner`).

    def adopt(self, endpoint: Endpoint) -> None:
        """`endpoint` was connected to a port of this process; `on_accept` follows."""
        self._endpoints[endpoint.id] = endpoint

    def forget(self, endpoint: Endpoint) -> None:
        """`endpoint` is over for this process."""
        self._endpoints.pop(endpoint.id, None)

    # The end.

    def _stopping(self, _: None) -> None:
        self.on_stop()
        if self.state != "down":
            for endpoint in self.endpoints:
                endpoint.close(after_output=True)
            dirty, self.dirty = self.dirty, []
            for endpoint in dirty:
                endpoint.transmit(self.time_us)
            self._die("stopped")

    def _die(self, change: str, *, silently: bool = False, status: int = 0) -> None:
        if self.state == "down":
            return
        self.state = "down"
        self._record(change, status)
        self.network.unlisten(self, self.host)
        for endpoint in self.endpoints:
            endpoint.abort(silently=silently)
        self._forget_everything()
        for watcher in tuple(self.watchers):
            watcher.died(self, change, status)

    def _record(self, change: str, status: int = 0) -> None:
        if self.recorder is not None:
            self.recorder.record(self.name, ProcessChanged(change=change, status=status))
