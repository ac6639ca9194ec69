"""Who lives where: names, hosts and ports for everything in a deployment."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from minisentinel.core import Dice
from minisentinel.core.timing import RUNID_LENGTH
from sim.kernel.streams import Streams
from sim.world.deployment import Deployment, DeploymentError

__all__ = ["Place", "Plan", "make_plan"]

SENTINEL_NETWORK = "10.0.1.1"
CLIENT_NETWORK = "10.0.2.1"


@dataclass(frozen=True, slots=True)
class Place:
    """A node: its name, the text it is configured by (`host`), IP, port, and a Sentinel's id."""

    name: str
    host: str
    ip: str
    port: int
    myid: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The places of all nodes; the first server is the master."""

    servers: tuple[Place, ...]
    sentinels: tuple[Place, ...]
    clients: tuple[Place, ...]


class _Addresses:
    """Hands out addresses near others: further ports on a loopback host, else further hosts."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._used: set[tuple[str, int]] = set()

    def resolve(self, host: str) -> str:
        return self._names.get(host.lower(), host)

    def take(self, host: str, port: int) -> tuple[str, int]:
        """This very address; it must be free."""
        ip = self.resolve(host)
        if (ip, port) in self._used:
            raise DeploymentError(f"address {host}:{port} is used twice in this deployment")
        self._used.add((ip, port))
        return ip, port

    def near(self, host: str, port: int) -> tuple[str, int]:
        """The next free address from `host` and `port` on."""
        address = ipaddress.ip_address(self.resolve(host))
        while (str(address), port) in self._used:
            if address.is_loopback:
                port += 1
            else:
                address += 1
        self._used.add((str(address), port))
        return str(address), port


def make_plan(deployment: Deployment, streams: Streams) -> Plan:
    """Give every node of `deployment` its place; ids of Sentinels are drawn from `streams`."""
    addresses = _Addresses(dict(deployment.names))
    host, port = deployment.master_address
    on_loopback = ipaddress.ip_address(addresses.resolve(host)).is_loopback

    servers = [_place("redis-1", host, addresses.take(host, port))]
    for number in range(deployment.replicas):
        name = f"redis-{number + 2}"
        if number < len(deployment.known_replicas):
            known = deployment.known_replicas[number]
            servers.append(_place(name, known[0], addresses.take(*known)))
        else:
            servers.append(_place(name, "", addresses.near(host, port)))

    known_sentinels = deployment.known_sentinels
    taken = [addresses.take(each.host, each.port) for each in known_sentinels]
    sentinel_host = host if on_loopback else SENTINEL_NETWORK
    if known_sentinels:
        sentinel_host = known_sentinels[0].host
    sentinels = []
    for number in range(deployment.sentinels):
        name = f"sentinel-{number + 1}"
        # The configuration file is the first one's; those that it knows follow.
        if 1 <= number <= len(known_sentinels):
            known_one = known_sentinels[number - 1]
            sentinels.append(_place(name, known_one.host, taken[number - 1], known_one.myid))
        else:
            place = addresses.near(sentinel_host, deployment.sentinel_port)
            myid = deployment.conf.myid if number == 0 and deployment.conf else ""
            dice = Dice(streams.get(f"identity:{name}").getrandbits(64))
            sentinels.append(_place(name, "", place, myid or dice.hex(RUNID_LENGTH)))

    clients = [
        _place(f"client-{number + 1}", "", addresses.near(CLIENT_NETWORK, 0))
        for number in range(deployment.clients)
    ]
    return Plan(tuple(servers), tuple(sentinels), tuple(clients))


def _place(name: str, host: str, address: tuple[str, int], myid: str = "") -> Place:
    ip, port = address
    return Place(name, host or ip, ip, port, myid)
