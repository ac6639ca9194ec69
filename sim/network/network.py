"""The network of a virtual world: who is where, who hears whom, and who listens."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from sim.kernel.kernel import Kernel
from sim.kernel.streams import Streams
from sim.network.endpoint import Address, Endpoint, Owner
from sim.network.handshake import Handshake
from sim.network.latency import Latency, Uniform
from sim.network.retransmission import TcpSettings
from sim.network.topology import EPOCH_MS, Host, Path
from sim.trace.recorder import Recorder

__all__ = ["LOCAL_NETWORK", "LOOPBACK", "Network", "Partition"]

LOCAL_NETWORK = Uniform(80, 160)
LOOPBACK = Uniform(15, 35)


class Partition:
    """A cut that can be healed by itself: the ordered pairs of hosts that it separates."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: Iterable[tuple[Host, Host]]) -> None:
        self.pairs = tuple(pairs)

    def __repr__(self) -> str:
        return f"Partition({', '.join(f'{a.name} -> {b.name}' for a, b in self.pairs)})"


class Network:
    """Hosts, the paths between them, and the ports that programs listen on.

    `latency` holds between two hosts unless `set_latency` says otherwise, `loopback` within one.
    Every ordered pair of hosts draws from a stream of its own. The network writes no records:
    whoever injects a fault says so; `recorder` is what processes write to unless told otherwise.
    """

    def __init__(
        self,
        kernel: Kernel,
        streams: Streams,
        *,
        latency: Latency = LOCAL_NETWORK,
        loopback: Latency = LOOPBACK,
        settings: TcpSettings | None = None,
        recorder: Recorder | None = None,
        epoch_ms: int = EPOCH_MS,
    ) -> None:
        self.kernel = kernel
        self.recorder = recorder
        self.settings = settings or TcpSettings()
        self.hosts: dict[str, Host] = {}
        self.partitions: list[Partition] = []
        self._streams = streams
        self._latency = latency
        self._loopback = loopback
        self._epoch_ms = epoch_ms
        self._addresses: dict[str, Host] = {}
        self._paths: dict[tuple[Host, Host], Path] = {}
        self._listeners: dict[tuple[Host, int], Owner] = {}
        self._endpoints = 0

    # Hosts and paths.

    def add_host(self, name: str, address: str) -> Host:
        """Put a machine on the network; raises ValueError when name or address is taken."""
        if name in self.hosts:
            raise ValueError(f"there is a host called {name!r} already")
        if address in self._addresses:
            other = self._addresses[address].name
            raise ValueError(f"address {address!r} belongs to host {other!r} already")
        host = self.hosts[name] = self._addresses[address] = Host(
            name, address, epoch_ms=self._epoch_ms
        )
        return host

    def host(self, which: Host | str) -> Host:
        """The host of that name (a host is itself); raises ValueError when there is none."""
        if isinstance(which, Host):
            return which
        try:
            return self.hosts[which]
        except KeyError:
            known = ", ".join(self.hosts) or "none"
            raise ValueError(f"no host is called {which!r}; known: {known}") from None

    def path(self, source: Host | str, target: Host | str) -> Path:
        """The one-way path between two hosts (or from a host to itself)."""
        ends = (self.host(source), self.host(target))
        path = self._paths.get(ends)
        return path if path is not None else self._make_path(*ends)

    def _make_path(self, source: Host, target: Host) -> Path:
        latency = self._loopback if source is target else self._latency
        there, back = (
            Path(a, b, latency, self._streams.get(f"network:{a.name}->{b.name}"))
            for a, b in ((source, target), (target, source))
        )
        if source is target:
            back = there
        there.back, back.back = back, there
        self._paths[source, target] = there
        self._paths[target, source] = back
        for path in {(source, target): there, (target, source): back}.values():
            path.cuts = sum((path.source, path.target) in cut.pairs for cut in self.partitions)
            path.source.paths.append(path)
        there.refresh()
        return there

    def set_latency(
        self, source: Host | str, target: Host | str, latency: Latency, *, one_way: bool = False
    ) -> None:
        """Give the path from `source` to `target` (and back, unless `one_way`) a distribution."""
        path = self.path(source, target)
        path.set_latency(latency)
        if not one_way:
            path.back.set_latency(latency)

    # Partitions.

    def partition(self, *groups: Iterable[Host | str], one_way: bool = False) -> Partition:
        """Silently separate groups of hosts from each other; a single group from all others.

        With `one_way`, only what earlier groups send to later ones is lost. Hosts in no group go on
        hearing everybody. Partitions add up; raises ValueError for an unknown host or one that is
        in two groups.
        """
        sides = [[self.host(which) for which in group] for group in groups]
        if len(sides) == 1:
            sides.append([host for host in self.hosts.values() if host not in sides[0]])
        pairs = []
        for one, other in combinations(sides, 2):
            for a in one:
                for b in other:
                    if a is b:
                        raise ValueError(f"host {a.name!r} is on two sides of the partition")
                    pairs.append((a, b))
        return self.cut(pairs, one_way=one_way)

    def cut(
        self, pairs: Iterable[tuple[Host | str, Host | str]], *, one_way: bool = False
    ) -> Partition:
        """Silently separate pairs of hosts; with `one_way` only what the first sends is lost.

        Raises ValueError for an unknown host, and for a host that is to be cut from itself.
        """
        ordered: dict[tuple[Host, Host], None] = {}
        for a, b in pairs:
            ends = (self.host(a), self.host(b))
            if ends[0] is ends[1]:
                raise ValueError(f"host {ends[0].name!r} cannot be cut from itself")
            ordered[ends] = None
            if not one_way:
                ordered[ends[::-1]] = None
        partition = Partition(ordered)
        self.partitions.append(partition)
        self._change_cuts(partition, 1)
        return partition

    def heal(self, partition: Partition | None = None) -> None:
        """Undo one partition, or all; a partition that is healed already stays so."""
        for each in [partition] if partition is not None else list(self.partitions):
            if each in self.partitions:
                self.partitions.remove(each)
                self._change_cuts(each, -1)

    def _change_cuts(self, partition: Partition, by: int) -> None:
        for ends in partition.pairs:
            path = self._paths.get(ends)
            if path is not None:
                path.cuts += by
                path.refresh()

    # Ports and connections.

    def listen(self, owner: Owner, host: Host, port: int) -> None:
        """Let connections to `port` of `host` reach `owner`; raises OSError when it is taken."""
        if self._listeners.setdefault((host, port), owner) is not owner:
            raise OSError(f"{host.address}:{port} is in use")

    def unlisten(self, owner: Owner, host: Host) -> None:
        """Close every port of `host` that `owner` listens on."""
        for key in [key for key, each in self._listeners.items() if each is owner]:
            if key[0] is host:
                del self._listeners[key]

    def locate(self, source: Host, address: str, port: int) -> tuple[Host, int] | None:
        """The host and port that `address` and `port` mean to `source`; None: nobody has them."""
        host = self._addresses.get(address)
        return None if host is None else (host, port)

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
            Handshake(
                endpoint,
                lambda: self._listeners.get((target, target_port)),
                lambda client, listener: self._endpoint(
                    listener, path.back, (target.address, target_port), client.local
                ),
            ).begin(owner.time_us)
        return endpoint

    def _endpoint(self, owner: Owner, path: Path, local: Address, remote: Address) -> Endpoint:
        self._endpoints += 1
        return Endpoint(self._endpoints, owner, path, local, remote, self.kernel, self.settings)


def _fail_unreachable(endpoint: Endpoint) -> None:
    if endpoint.is_connecting:
        endpoint.fail("unreachable")
