"""How the nodes of a deployment come to be: machines, containers, servers, Sentinels, clients."""

from __future__ import annotations

from collections.abc import Mapping

from minisentinel.core import Profile
from sim.clients import CLIENT_KINDS, ClientGroup, TextbookClient
from sim.kernel.loop import VirtualLoop
from sim.kernel.streams import Streams
from sim.network.network import Network
from sim.network.topology import Host
from sim.process import Process
from sim.redis.node import RedisNode
from sim.sentinels import Disk, SentinelNode
from sim.world.deployment import Deployment
from sim.world.plan import Place, Plan
from sim.world.profile import server_of
from sim.world.redis_conf import server_settings
from sim.world.sentinel_conf import sentinel_conf

__all__ = ["Builder"]

HostPort = tuple[str, int]


class Builder:
    """Makes the nodes of `deployment`, where `plan` puts them, on `network`; starts none of them.

    A node joins later with the files that the first ones began with.
    """

    def __init__(
        self,
        deployment: Deployment,
        plan: Plan,
        *,
        seed: int,
        streams: Streams,
        network: Network,
        loop: VirtualLoop,
        profile: Profile,
    ) -> None:
        self._deployment = deployment
        self._plan = plan
        self._seed = seed
        self._streams = streams
        self._network = network
        self._loop = loop
        self._profile = profile
        self._machines: dict[str, Host] = {}
        names = network.names
        names.delay = deployment.name_delay
        for name, _ in deployment.names:
            names.point(name, deployment.ip_of(name))
        for name, node in deployment.host_names:
            names.point(name, next(each.ip for each in plan.places if each.name == node))

    def servers(self) -> dict[str, RedisNode]:
        """All servers of the plan, by name."""
        return {place.name: self.server(place) for place in self._plan.servers}

    def sentinels(self) -> dict[str, SentinelNode]:
        """All Sentinels of the plan, by name."""
        return {place.name: self.sentinel(place) for place in self._plan.sentinels}

    def clients(self) -> dict[str, TextbookClient]:
        """All clients of the plan, by name."""
        groups = [each for each in self._deployment.client_groups for _ in range(each.count)]
        return {
            place.name: self._client(place, group)
            for place, group in zip(self._plan.clients, groups, strict=True)
        }

    # Machines and what lies between them

    def host(self, place: Place) -> Host:
        """The machine at the address of `place`, or the container for it on that machine."""
        machine = self._machines.get(place.ip)
        if machine is None:
            name = f"machine-{place.ip}" if place.inner_ip else place.name
            machine = self._network.add_host(name, place.ip)
            self._machines[place.ip] = machine
        if not place.inner_ip:
            return machine
        container = self._network.add_host(place.name, place.inner_ip, behind=machine)
        self._network.map_port(machine, place.port, container, place.inner_port)
        return container

    def replace_machine(self, place: Place, name: str) -> None:
        """Put a machine called `name` in place of that of `place`; ValueError while that is on."""
        machine = self._machines[place.ip]
        self._machines[place.ip] = self._network.replace_host(machine, name)

    def lay_links(self, nodes: Mapping[str, Process]) -> None:
        """Put machines where they stand, say what lies between, and what is wrong with them."""
        topology, network = self._deployment.topology, self._network
        for site in topology.sites:
            for name in topology.groups[site.name]:
                network.move_to_site(nodes[name].host.machine, site.name)
        for link in topology.links:
            network.link_sites(
                link.one,
                link.other,
                latency=link.latency,
                bytes_per_second=link.bytes_per_second,
                loss=link.loss,
            )
        for own in topology.nodes:
            machine = nodes[own.name].host.machine if own.name in nodes else None
            if machine is not None and own.drift_ppm:
                network.drifts.set(machine, own.drift_ppm)
            if machine is not None and own.busy is not None and own.free is not None:
                network.stalls.begin(machine, own.free, own.busy)

    # Nodes

    def server(self, place: Place) -> RedisNode:
        """A server at `place`."""
        deployment = self._deployment
        priorities = deployment.replica_priorities
        group = self._plan.group(place.group)
        number = group.index(place) if place in group else len(group)
        own = deployment.topology.settings_of(place.name)
        master = self._place(own.follows) if own.follows else group[0] if number else None
        priority = priorities[number - 1] if 0 < number <= len(priorities) else None
        announced = self._announced(place)
        announce = (
            (("replica-announce-ip", announced[0]), ("replica-announce-port", str(announced[1])))
            if announced
            else ()
        )
        settings = server_settings(
            deployment.redis_conf,
            (*deployment.directives, *announce, *own.directives),
            port=place.inner_port or place.port,
            replicaof=self._master_of(place, master) if master and not own.stands_alone else None,
            replica_priority=priority,
        )
        return RedisNode(
            place.name,
            self.host(place),
            self._network,
            random=self._streams.get(f"redis:{place.name}"),
            settings=settings,
            machine=deployment.machine,
            server_type=server_of(self._profile),
        )

    def sentinel(self, place: Place) -> SentinelNode:
        """A Sentinel at `place`."""
        topology = self._deployment.topology
        own = topology.settings_of(place.name)
        masters = [
            self._place(own.monitors) if own.monitors else master for master in self._plan.masters
        ]
        conf = sentinel_conf(
            self._deployment,
            place,
            [self._file_address(each) for each in masters],
            self._announced(place),
        )
        # Copies of one virtual machine draw the same numbers, each from a generator of its own.
        streams = Streams(self._seed) if topology.in_step else self._streams
        who = "in-step" if topology.in_step else place.name
        return SentinelNode(
            place.name,
            self.host(place),
            self._network,
            disk=Disk(conf, streams.get(f"disk:{who}")),
            random=streams.get(f"sentinel:{who}"),
            profile=self._profile,
        )

    def _client(self, place: Place, group: ClientGroup) -> TextbookClient:
        master = self._plan.servers[0]
        sentinels = [(each.ip, each.port) for each in self._plan.sentinels]
        first = group.first_sentinel - 1
        return CLIENT_KINDS[group.kind](
            place.name,
            self.host(place),
            self._network,
            loop=self._loop,
            sentinels=sentinels[first:] + sentinels[:first],
            master_name=self._deployment.master_name,
            random=self._streams.get(f"client:{place.name}"),
            workload=group.workload,
            first_master=(master.ip, master.port),
            sentinel_auth=group.sentinel_auth,
            server_auth=group.server_auth,
        )

    # Addresses

    def _place(self, name: str) -> Place:
        return next(each for each in self._plan.places if each.name == name)

    def _written(self, place: Place) -> HostPort:
        """A node as files call it: by the name of its machine, if it has one, or its address."""
        return (self._deployment.host_name_of(place.name) or place.ip, place.port)

    def _master_of(self, place: Place, master: Place) -> HostPort:
        """A master as the file of a server has it.

        Neighbours in containers use inner addresses, unless the master announces another one.
        """
        is_neighbour = bool(place.inner_ip and master.inner_ip) and place.ip == master.ip
        if is_neighbour and self._announced(master) is None:
            return (master.inner_ip, master.inner_port)
        return self._written(master)

    def _file_address(self, master: Place) -> HostPort:
        """A master as a Sentinel's file has it: the first one's may come from a real file."""
        by_name = self._deployment.host_name_of(master.name)
        if master == self._plan.servers[0] and not (master.inner_ip or by_name):
            return self._deployment.master_address
        return self._written(master)

    def _announced(self, place: Place) -> HostPort | None:
        """What a node tells others of where it is, if it is to say what it does not see itself."""
        own = self._deployment.topology.settings_of(place.name)
        return self._written(place) if own.announces else None
