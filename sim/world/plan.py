"""Who lives where: names, hosts and ports for everything in a deployment."""

from __future__ import annotations

import dataclasses
import ipaddress
from dataclasses import dataclass

from minisentinel.core import Dice
from minisentinel.core.address import bracketed
from minisentinel.core.timing import RUNID_LENGTH
from sim.kernel.streams import Streams
from sim.world.deployment import Deployment, DeploymentError

__all__ = ["Place", "Plan", "make_plan"]

SENTINEL_NETWORK = "10.0.1.1"
CLIENT_NETWORK = "10.0.2.1"
FIRST_CONTAINER = ipaddress.ip_address("172.17.0.2")
"""The first address on the inner network of every machine, as Docker gives them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node: its name, its IP in canonical form, its port, and a Sentinel's id.

    Servers belong to the master number `group`, counted from 0. A node in a container has an
    `inner_ip` and an `inner_port`, which are what it sees of itself; `ip` and `port` are what
    others reach it at.
    """

    name: str
    ip: str
    port: int
    myid: str = ""
    group: int = 0
    inner_ip: str = ""
    inner_port: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The places of all nodes; of the servers of a group the first one is the master."""

    servers: tuple[Place, ...]
    sentinels: tuple[Place, ...]
    clients: tuple[Place, ...]

    def group(self, number: int) -> tuple[Place, ...]:
        """The servers of the master number `number`, that one first."""
        return tuple(place for place in self.servers if place.group == number)

    @property
    def masters(self) -> tuple[Place, ...]:
        """The masters at the start, in order."""
        first = {place.group: place for place in reversed(self.servers)}
        return tuple(first[number] for number in sorted(first))

    @property
    def places(self) -> tuple[Place, ...]:
        """The places of all."""
        return (*self.servers, *self.sentinels, *self.clients)


class _Addresses:
    """Hands out addresses, those that are given first and then free ones near others."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._used: dict[str, set[int]] = {}

    def share(self, ip: str, port: int) -> tuple[str, int]:
        """A port of a machine that may have others already: this one, or the next that is free."""
        used = self._used.get(ip, ())
        if port:
            port = next(each for each in range(port, 65536) if each not in used)
        return self._use(ip, port)

    def take(self, host: str, port: int) -> tuple[str, int]:
        """This very address; it must be free."""
        ip = self._deployment.ip_of(host)
        if port in self._used.get(ip, ()):
            raise DeploymentError(
                f"address {bracketed(host, port)} is used twice in this deployment"
            )
        return self._use(ip, port)

    def near(self, host: str, port: int) -> tuple[str, int]:
        """A further port if `host` is a loopback address, else a further host of its own."""
        ip = self._deployment.ip_of(host)
        if is_loopback(ip):
            used = self._used.get(ip, ())
            free = next((each for each in range(port, 65536) if each not in used), None)
            if free is None:
                raise DeploymentError(f"no port of {ip} is free from {port} on")
            return self._use(ip, free)
        while ip in self._used:
            try:
                following = ipaddress.ip_address(ip) + 1
            except ipaddress.AddressValueError:
                raise DeploymentError(f"no address is free from {host} on") from None
            ip = self._deployment.ip_of(str(following))
        return self._use(ip, port)

    def _use(self, ip: str, port: int) -> tuple[str, int]:
        self._used.setdefault(ip, set()).add(port)
        return ip, port


def is_loopback(ip: str) -> bool:
    """Whether the numeric address `ip` means the host itself."""
    address = ipaddress.ip_address(ip)
    # Not every Python looks into an IPv4 address that is written as an IPv6 one.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def make_plan(deployment: Deployment, streams: Streams) -> Plan:
    """Give every node of `deployment` its place; ids of Sentinels are drawn from `streams`.

    Raises `DeploymentError` when an address is used twice or there is no further one.
    """
    addresses = _Addresses(deployment)
    host, port = deployment.master_address
    known_replicas = deployment.known_replicas[: deployment.replicas]
    known_sentinels = deployment.known_sentinels[: deployment.sentinels - 1]
    servers = [addresses.take(host, port), *(addresses.take(*each) for each in known_replicas)]
    others = [addresses.take(each.host, each.port) for each in known_sentinels]

    size = deployment.replicas + 1
    while len(servers) < size * deployment.masters:
        servers.append(addresses.near(host, port))

    # The configuration file is the first one's; those that it knows follow.
    if others:
        first_host = others[0][0]
    else:
        first_host = host if is_loopback(servers[0][0]) else SENTINEL_NETWORK
    sentinels = [addresses.near(first_host, deployment.sentinel_port), *others]
    while len(sentinels) < deployment.sentinels:
        sentinels.append(addresses.near(first_host, deployment.sentinel_port))
    own_id = deployment.conf.myid if deployment.conf else ""
    ids = [own_id, *(each.myid for each in known_sentinels)]
    ids += [""] * (len(sentinels) - len(ids))

    plan = Plan(
        servers=tuple(
            Place(f"redis-{n + 1}", *each, group=n // size) for n, each in enumerate(servers)
        ),
        sentinels=tuple(
            _sentinel(f"sentinel-{n}", address, myid, streams)
            for n, (address, myid) in enumerate(zip(sentinels, ids, strict=True), start=1)
        ),
        clients=tuple(
            Place(f"client-{n}", *addresses.near(CLIENT_NETWORK, 0))
            for n in range(1, deployment.clients + 1)
        ),
    )
    return _contain(_move_together(plan, deployment), deployment)


def _move_together(plan: Plan, deployment: Deployment) -> Plan:
    """The plan with the nodes of every box on one machine, that of the first of them.

    Raises `DeploymentError` for a node that does not exist or lives in two boxes.
    """
    topology = deployment.topology
    present = [place.name for place in plan.places]
    unknown = topology.unknown_nodes(present)
    unknown += [node for _, node in deployment.host_names if node not in present]
    if unknown:
        known = ", ".join(place.name for place in plan.places)
        raise DeploymentError(f"unknown node {unknown[0]!r}; expected one of: {known}")
    if not topology.boxes:
        return plan
    by_name = {place.name: place for place in plan.places}
    addresses = _Addresses(deployment)
    moved: dict[str, Place] = {}
    boxed: dict[str, str] = {}
    for box in topology.boxes:
        # The address of the master is in every configuration file already.
        first = next((name for name in box.nodes if name == "redis-1"), box.nodes[0])
        for name in (first, *(each for each in box.nodes if each != first)):
            if name in boxed:
                raise DeploymentError(f"{name} cannot be in both {boxed[name]} and {box.name}")
            boxed[name] = box.name
            ip, port = addresses.share(by_name[first].ip, by_name[name].port)
            moved[name] = dataclasses.replace(by_name[name], ip=ip, port=port)

    def where(places: tuple[Place, ...]) -> tuple[Place, ...]:
        return tuple(moved.get(place.name, place) for place in places)

    return Plan(where(plan.servers), where(plan.sentinels), where(plan.clients))


def _contain(plan: Plan, deployment: Deployment) -> Plan:
    """The plan with every node that has a published port in a container of its machine.

    Raises `DeploymentError` for a port that two nodes of a machine want.
    """
    published = {
        each.name: each.published_port
        for each in deployment.topology.nodes
        if each.published_port is not None
    }
    if not published:
        return plan
    inside: dict[str, int] = {}

    def contained(place: Place, port: int) -> Place:
        outer = published.get(place.name)
        if outer is None:
            return place
        inside[place.ip] = inside.get(place.ip, 0) + 1
        ip = str(FIRST_CONTAINER + inside[place.ip] - 1)
        return dataclasses.replace(place, port=outer, inner_ip=ip, inner_port=port)

    server_port = deployment.master_address[1]
    result = Plan(
        tuple(contained(place, server_port) for place in plan.servers),
        tuple(contained(place, deployment.sentinel_port) for place in plan.sentinels),
        plan.clients,
    )
    owners: dict[tuple[str, int], str] = {}
    for place in result.places:
        other = owners.setdefault((place.ip, place.port), place.name)
        if other != place.name and place.port:
            raise DeploymentError(
                f"port {place.port} of {place.name} is a port of {other} on the same machine "
                "already; expected another published-port"
            )
    return result


def _sentinel(name: str, address: tuple[str, int], myid: str, streams: Streams) -> Place:
    dice = Dice(streams.get(f"identity:{name}").getrandbits(64))
    return Place(name, *address, myid or dice.hex(RUNID_LENGTH))


def next_address(plan: Plan, like: Place) -> tuple[str, int]:
    """A free address for a node that joins `like` another one: a machine of its own if it can."""
    used = {(place.ip, place.port) for place in plan.places}
    if is_loopback(like.ip):
        return like.ip, next(n for n in range(like.port, 65536) if (like.ip, n) not in used)
    address = ipaddress.ip_address(like.ip)
    ips = {ip for ip, _ in used}
    while str(address) in ips:
        address += 1
    return str(address), like.port
