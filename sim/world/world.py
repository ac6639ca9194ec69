"""The running world: a deployment built, its clock, its faults and its trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minisentinel.core import MODERN, Profile
from minisentinel.trace import Header, Trace
from sim.clients.connection import ClientProcess
from sim.clients.writer import WriterClient
from sim.kernel.kernel import Kernel
from sim.kernel.loop import VirtualLoop
from sim.kernel.streams import Streams
from sim.kernel.units import microseconds
from sim.network.network import Network, Partition
from sim.network.topology import Host
from sim.process import Process
from sim.redis.node import RedisNode
from sim.redis.settings import Settings
from sim.sentinels import Disk, SentinelNode
from sim.trace.recorder import Recorder
from sim.trace.records import FaultInjected, RunEnded
from sim.world.deployment import Deployment
from sim.world.plan import Place, Plan, make_plan

__all__ = ["ImpossibleFault", "UnknownNode", "World"]

EPOCH_MS = 1_700_000_000_000
"""The wall clock at the start of every run: 14 November 2023, 22:13:20 UTC."""

SENTINELS_START_US = 1_000_000
CLIENTS_START_US = 4_000_000
LOOK_US = 100_000


class UnknownNode(ValueError):
    """No node has the name that a fault was aimed at."""


class ImpossibleFault(ValueError):
    """What was asked for cannot happen in this deployment; the text says why."""


class World:
    """A deployment that lives in virtual time.

    Times and durations are seconds since the start of the run. Nodes are known by name
    (``redis-1``, ``sentinel-2``, ``client-1``); where a node is wanted, ``"master"`` means the
    server that most living Sentinels name as the master at that moment.
    """

    def __init__(
        self,
        deployment: Deployment | None = None,
        *,
        seed: int = 1,
        profile: Profile = MODERN,
        scenario: str = "",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.deployment = deployment or Deployment()
        self.seed = seed
        self.profile = profile
        self.kernel = Kernel()
        self.loop = VirtualLoop(self.kernel)
        self.streams = Streams(seed)
        self.recorder = Recorder(self.kernel)
        self.network = Network(
            self.kernel,
            self.streams,
            latency=self.deployment.latency,
            recorder=self.recorder,
            epoch_ms=EPOCH_MS,
        )
        self._scenario = scenario
        self._settings = dict(settings or {})
        self._hosts: dict[str, Host] = {}
        self._ended = False
        self._busy_until_us = 0
        self.plan: Plan = make_plan(self.deployment, self.streams)
        self.servers: dict[str, RedisNode] = {}
        self.sentinels: dict[str, SentinelNode] = {}
        self.clients: dict[str, ClientProcess] = {}
        self._build()

    # Building

    def _build(self) -> None:
        for number, place in enumerate(self.plan.servers):
            self.servers[place.name] = self._server(number, place)
        for place in self.plan.sentinels:
            self.sentinels[place.name] = self._sentinel(place)
        for place in self.plan.clients:
            self.clients[place.name] = self._client(place)
        for server in self.servers.values():
            server.start()
        for sentinel in self.sentinels.values():
            # Never all at the same instant: their timers would march in step.
            offset = self.streams.get(f"start:{sentinel.name}").randrange(500_000)
            self.kernel.call_at(SENTINELS_START_US + offset, _start, sentinel)
        for client in self.clients.values():
            offset = self.streams.get(f"start:{client.name}").randrange(100_000)
            self.kernel.call_at(CLIENTS_START_US + offset, _start, client)

    def _host(self, place: Place) -> Host:
        host = self._hosts.get(place.ip)
        if host is None:
            host = self._hosts[place.ip] = self.network.add_host(place.name, place.ip)
        return host

    def _server(self, number: int, place: Place) -> RedisNode:
        priorities = self.deployment.replica_priorities
        master = self.plan.servers[0]
        settings = Settings(
            port=place.port,
            replicaof=(master.ip, master.port) if number else None,
            replica_priority=priorities[number - 1] if 0 < number <= len(priorities) else 100,
        )
        return RedisNode(
            place.name,
            self._host(place),
            self.network,
            random=self.streams.get(f"redis:{place.name}"),
            settings=settings,
        )

    def _sentinel(self, place: Place) -> SentinelNode:
        conf = self.deployment.sentinel_conf(place.myid, place.port)
        return SentinelNode(
            place.name,
            self._host(place),
            self.network,
            disk=Disk(conf, self.streams.get(f"disk:{place.name}")),
            random=self.streams.get(f"sentinel:{place.name}"),
            profile=self.profile,
            names=dict(self.deployment.names),
        )

    def _client(self, place: Place) -> ClientProcess:
        return WriterClient(
            place.name,
            self._host(place),
            self.network,
            loop=self.loop,
            sentinels=[(each.ip, each.port) for each in self.plan.sentinels],
            master_name=self.deployment.master_name,
            random=self.streams.get(f"client:{place.name}"),
        )

    # Looking

    @property
    def now(self) -> float:
        """Seconds since the start of the run."""
        return self.kernel.now / 1_000_000

    @property
    def nodes(self) -> dict[str, Process]:
        """Every node by name: servers, Sentinels, clients."""
        return {**self.servers, **self.sentinels, **self.clients}

    @property
    def trace(self) -> Trace:
        """What has happened so far."""
        header = Header(
            scenario=self._scenario,
            seed=self.seed,
            started_at_ms=EPOCH_MS,
            settings=self._settings,
        )
        return Trace(header, self.recorder.sorted_entries())

    def node(self, name: str) -> Process:
        """The node called `name`, or the present ``master``; raises `UnknownNode`."""
        if name == "master":
            return self.servers[self.master]
        found = self.nodes.get(name)
        if found is None:
            known = ", ".join(self.nodes)
            raise UnknownNode(f"unknown node {name!r}; expected master or one of: {known}")
        return found

    @property
    def master(self) -> str:
        """The server that most living Sentinels name as the master, the first one at the start."""
        votes: dict[tuple[str, int], int] = {}
        for sentinel in self._living_sentinels():
            address = sentinel.names_as_master(self.deployment.master_name)
            if address is not None:
                votes[address] = votes.get(address, 0) + 1
        by_address = {(place.ip, place.port): place.name for place in self.plan.servers}
        named = [(-count, by_address[a]) for a, count in votes.items() if a in by_address]
        return min(named)[1] if named else self.plan.servers[0].name

    def _living_sentinels(self) -> list[SentinelNode]:
        return [each for each in self.sentinels.values() if each.state == "running" and each.ready]

    # Time

    def run(self, seconds: float) -> None:
        """Let `seconds` of virtual time pass."""
        self.loop.run_until(self.kernel.now + microseconds(seconds))

    def run_until(
        self,
        condition: Callable[[], bool],
        limit: float = 600.0,
        progress: Callable[[float], None] | None = None,
    ) -> bool:
        """Let time pass until `condition` holds, looked at every 0.1 s; False at the `limit` (s).

        `progress` is called with the time after each look.
        """
        deadline = self.kernel.now + microseconds(limit)
        while not condition():
            if self.kernel.now >= deadline:
                return False
            self.loop.run_until(min(self.kernel.now + LOOK_US, deadline))
            if progress:
                progress(self.now)
        return True

    def run_until_calm(
        self,
        calm_for: float = 3.0,
        limit: float = 600.0,
        progress: Callable[[float], None] | None = None,
    ) -> bool:
        """Let time pass until all has been well for `calm_for` s; False at the `limit` (s)."""
        since: float | None = None

        def has_been_calm() -> bool:
            nonlocal since
            if not self.is_calm():
                since = None
                return False
            since = self.now if since is None else since
            return self.now - since >= calm_for

        return self.run_until(has_been_calm, limit, progress)

    def end(self, reason: str) -> None:
        """Close the trace; raises RuntimeError when that was done before."""
        if self._ended:
            raise RuntimeError("this run has ended already")
        self._ended = True
        self.recorder.record("world", RunEnded(reason=reason))

    def is_calm(self) -> bool:
        """Whether everything runs, everybody agrees, and every replica follows the one master.

        While the network is cut or a process is blocked it is not, noticed or not.
        """
        if any(node.state != "running" for node in self.nodes.values()):
            return False
        if self.network.partitions or self.kernel.now < self._busy_until_us:
            return False
        name = self.master
        master = self.servers[name]
        if master.server.is_replica or master.server.loading:
            return False
        address = (master.host.address, master.port)
        for server in self.servers.values():
            upstream = server.server.upstream
            if server is not master and not (upstream.target == address and upstream.is_up):
                return False
        return all(
            sentinel.ready and sentinel.is_content(self.deployment.master_name, address)
            for sentinel in self.sentinels.values()
        )

    # Faults

    def kill(self, name: str) -> str:
        """Kill a process, as by SIGKILL; returns the name of the node."""
        node = self._fault("kill", name, "process killed")
        node.kill()
        return node.name

    def restart(self, name: str, *, keep_data: bool = True) -> str:
        """Start a dead process again; without `keep_data` a server comes back empty.

        A process that is not dead goes on as it is.
        """
        detail = "process started" if keep_data else "process started without its data"
        node = self._fault("restart", name, detail)
        if not keep_data and isinstance(node, RedisNode) and node.state == "down":
            node.wipe()
        node.start()
        return node.name

    def pause(self, name: str) -> str:
        """Freeze a process, as by SIGSTOP."""
        node = self._fault("pause", name, "process frozen")
        node.pause()
        return node.name

    def resume(self, name: str) -> str:
        """Let a frozen process go on."""
        node = self._fault("resume", name, "process goes on")
        node.resume()
        return node.name

    def block(self, name: str, seconds: float) -> str:
        """Keep a process busy for `seconds`: it accepts, but does not answer."""
        node = self._fault("block", name, f"busy for {seconds:g} s")
        self._busy_until_us = max(self._busy_until_us, self.kernel.now + microseconds(seconds))
        node.block(microseconds(seconds))
        return node.name

    def partition(self, *groups: Iterable[str], one_way: bool = False) -> Partition:
        """Silently cut groups of nodes off from each other; a single group from all others.

        Raises `UnknownNode`, and `ImpossibleFault` for nodes on both sides or on one host.
        """
        names = [[self.node(name).name for name in group] for group in groups]
        hosts = [[self.nodes[name].host for name in group] for group in names]
        try:
            partition = self.network.partition(*hosts, one_way=one_way)
        except ValueError as problem:
            raise ImpossibleFault(f"impossible partition: {problem}") from None
        arrow = " -> " if one_way else " | "
        self._world_fault("partition", arrow.join(", ".join(group) for group in names))
        return partition

    def heal(self, partition: Partition | None = None) -> None:
        """Undo a partition, or all of them."""
        self._world_fault("heal", "the network is whole again")
        self.network.heal(partition)

    def _fault(self, verb: str, name: str, detail: str) -> Process:
        node = self.node(name)
        self.recorder.record(node.name, FaultInjected(verb=verb, detail=detail))
        return node

    def _world_fault(self, verb: str, detail: str) -> None:
        self.recorder.record("network", FaultInjected(verb=verb, detail=detail))


def _start(process: Process) -> None:
    process.start()
