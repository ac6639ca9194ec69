"""The network of a virtual world: who is where, who hears whom, and who listens."""

from __future__ import annotations

from sim.kernel.kernel import Kernel
from sim.kernel.streams import Streams
from sim.network.addresses import AddressBook
from sim.network.endpoint import Address, Endpoint, Owner
from sim.network.handshake import Handshake
from sim.network.latency import Distances, Latency, Uniform
from sim.network.names import Names
from sim.network.retransmission import TcpSettings
from sim.network.topology import EPOCH_MS, Host, Path
from sim.network.trouble import Drifts, Stalls
from sim.network.wiretap import TappedEndpoint, Wiretap
from sim.network.wiring import Partition, Wiring
from sim.trace.recorder import Recorder

__all__ = ["LOCAL_NETWORK", "LOOPBACK", "Network", "Partition"]

LOCAL_NETWORK = Uniform(80, 160)
LOOPBACK = Uniform(15, 35)


class Network(Wiring):
    """Hosts, the paths between them, and the ports that programs listen on.

    `latency` holds between two hosts unless `set_latency` or their sites say otherwise, `loopback`
    within one.
    Every ordered pair of hosts draws from a stream of its own. The network writes no records:
    whoever injects a fault says so; `recorder` is what processes write to unless told otherwise.
    """

    def __init__(
        self,
        kernel: Kernel,
        streams: Streams,
        *,
        latency: Latency | Distances = LOCAL_NETWORK,
        loopback: Latency = LOOPBACK,
        settings: TcpSettings | None = None,
        recorder: Recorder | None = None,
        epoch_ms: int = EPOCH_MS,
    ) -> None:
        super().__init__(kernel, streams, latency=latency, loopback=loopback)
        self.recorder = recorder
        self.names = Names(streams)
        self.stalls = Stalls(kernel, streams)
        self.drifts = Drifts(kernel)
        self.settings = settings or TcpSettings()
        self._epoch_ms = epoch_ms
        self._addresses = AddressBook()
        self._listeners: dict[tuple[Host, int], Owner] = {}
        self._endpoints = 0
        self.wiretap: Wiretap | None = None
        """Who writes down every message; set it before the first connection is made."""

    # Hosts.

    def add_host(self, name: str, address: str, *, behind: Host | str | None = None) -> Host:
        """Put a machine on the network, or a container `behind` a machine.

        Raises ValueError when name or address is taken (behind two machines the same address may
        be used), and for a machine that is behind another one itself.
        """
        if name in self.hosts:
            raise ValueError(f"there is a host called {name!r} already")
        machine = None if behind is None else self.host(behind)
        if machine is not None and machine.gateway is not None:
            raise ValueError(f"host {machine.name!r} is behind {machine.gateway.name!r} itself")
        other = self._addresses.holder(machine, address)
        if other is not None:
            raise ValueError(f"address {address!r} belongs to host {other.name!r} already")
        host = Host(name, address, epoch_ms=self._epoch_ms, gateway=machine)
        self.hosts[name] = host
        self._addresses.assign(host)
        if machine is not None:
            machine.guests.append(host)
        return host

    def replace_host(self, old: Host | str, name: str) -> Host:
        """Put a new machine on the network that gets the address of one that is off.

        Connections to the old one, and to those behind it, are answered with resets by the new one,
        once something is sent. It stands where the old one stood, with all that is slow or lossy
        there; the old one is gone for good, and with it its containers and mapped ports. A
        partition that the old one is in does not concern the new one. Raises ValueError while the
        old one has power, for one that is behind another one, and when `name` is taken.
        """
        old = self.host(old)
        if old.powered or old.gateway is not None:
            raise ValueError(f"expected a machine that is off, {old.name!r} cannot be replaced")
        if name in self.hosts:
            raise ValueError(f"there is a host called {name!r} already")
        new = self.hosts[name] = Host(name, old.address, epoch_ms=self._epoch_ms)
        new.site = old.site
        self._addresses.assign(new)
        self.stalls.end(old)
        for path in [each for host in old.family for each in host.paths]:
            if path.target.machine is old:
                continue
            heir = self.path(new, path.target)
            if path.source is old:
                self._be_like(heir, path)
                self._be_like(heir.back, path.back)
            path.back.heir = heir.back
            path.back.refresh()
        return new

    def map_port(
        self, machine: Host | str, port: int, host: Host | str, target_port: int | None = None
    ) -> None:
        """Let `port` of a machine lead to `target_port` (None: the same) of a host behind it.

        A port that is not mapped is the machine's own: refused unless a program listens there.
        Raises ValueError for a host that is not behind `machine`, OSError for a port in use.
        """
        machine, host = self.host(machine), self.host(host)
        if host.gateway is not machine:
            raise ValueError(f"host {host.name!r} is not behind {machine.name!r}")
        if (machine, port) in self._listeners:
            raise OSError(f"{machine.address}:{port} is in use")
        self._addresses.map_port(machine, port, host, target_port or port)

    def reached_at(self, host: Host, port: int) -> Address:
        """Where others reach `port` of a host: behind a machine, at a mapped port of that one.

        It is the host's own address if no port is mapped to it.
        """
        return self._addresses.reached_at(host, port)

    def unmap_port(self, machine: Host | str, port: int) -> None:
        """Let new connections to `port` of a machine reach nobody behind it; others stay."""
        self._addresses.unmap_port(self.host(machine), port)

    # Ports and connections.

    def listen(self, owner: Owner, host: Host, port: int) -> None:
        """Let connections to `port` of `host` reach `owner`; raises OSError when it is taken."""
        is_mapped = self._addresses.is_mapped(host, port)
        if is_mapped or self._listeners.setdefault((host, port), owner) is not owner:
            raise OSError(f"{host.address}:{port} is in use")

    def unlisten(self, owner: Owner, host: Host) -> None:
        """Close every port of `host` that `owner` listens on."""
        for key in [key for key, each in self._listeners.items() if each is owner]:
            if key[0] is host:
                del self._listeners[key]

    def locate(self, source: Host, address: str, port: int) -> tuple[Host, int] | None:
        """The host and port that `address` and `port` mean to `source`; None: nobody has them."""
        return self._addresses.locate(source, address, port)

    def connect(self, owner: Owner, source: Host, address: str, port: int) -> Endpoint:
        """Begin to connect; `owner` finds an OPENED or FAILED entry in the endpoint's inbox."""
        place = self.locate(source, address, port)
        target, target_port = place if place is not None else (source, port)
        path = self.path(source, target)
        local = (source.address, source.take_port())
        endpoint = self._endpoint(owner, path, local, (address, port))
        if place is None:
            self.kernel.call_at(
                owner.time_us + self.settings.unreachable_us, _fail_unreachable, endpoint
            )
        else:
            seen = self._addresses.appears_as(source, address, target)
            origin = local if seen is source else (seen.address, seen.take_port())
            Handshake(
                endpoint,
                lambda: self._listeners.get((target, target_port)),
                lambda client, listener: self._endpoint(
                    listener, path.back, (target.address, target_port), origin
                ),
            ).begin(owner.time_us)
        return endpoint

    def refuse_name(self, owner: Owner, source: Host, name: str, port: int) -> Endpoint:
        """An endpoint that fails at once, because `name` does not resolve."""
        local = (source.address, 0)
        endpoint = self._endpoint(owner, self.path(source, source), local, (name, port))
        self.kernel.call_at(owner.time_us, _fail_unresolved, endpoint)
        return endpoint

    def _endpoint(self, owner: Owner, path: Path, local: Address, remote: Address) -> Endpoint:
        self._endpoints += 1
        what = (self._endpoints, owner, path, local, remote, self.kernel, self.settings)
        return Endpoint(*what) if self.wiretap is None else TappedEndpoint(*what, self.wiretap)


def _fail_unreachable(endpoint: Endpoint) -> None:
    if endpoint.is_connecting:
        endpoint.fail("unreachable")


def _fail_unresolved(endpoint: Endpoint) -> None:
    if endpoint.is_connecting:
        endpoint.fail("unknown host")
