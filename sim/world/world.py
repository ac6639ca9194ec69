"""The running world: a deployment built, its clock, its faults and its trace."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minisentinel.core import MODERN, Profile
from minisentinel.trace import Header, Trace
from sim.clients import TextbookClient
from sim.kernel.kernel import Kernel
from sim.kernel.loop import VirtualLoop
from sim.kernel.streams import Streams
from sim.kernel.units import microseconds
from sim.network.network import Network, Partition
from sim.network.wiretap import Wiretap
from sim.process import Process
from sim.redis.node import RedisNode
from sim.sentinels import SentinelNode
from sim.trace.recorder import Recorder
from sim.trace.records import FaultInjected, HostNamed, RunEnded
from sim.world.building import Builder
from sim.world.calm import is_settled
from sim.world.deployment import Deployment
from sim.world.mastership import present_master
from sim.world.plan import Place, Plan, make_plan
from sim.world.showing import world_table

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
    present one (see `master`). `settings` say more about the run than the header of the trace says
    anyhow, which is all that is in force. With `messages` every single message is in the trace,
    which is otherwise the same, and much shorter.

    A fault that finds nothing to do (killing the dead, healing what is whole) does nothing and is
    not written down; it returns the name of the node as ever.
    """

    def __init__(
        self,
        deployment: Deployment | None = None,
        *,
        seed: int = 1,
        profile: Profile = MODERN,
        scenario: str = "",
        settings: Mapping[str, Any] | None = None,
        messages: bool = False,
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
            loopback=self.deployment.loopback,
            recorder=self.recorder,
            epoch_ms=EPOCH_MS,
        )
        if messages:
            self.network.wiretap = Wiretap(self.recorder)
        self._scenario = scenario
        self._settings = dict(settings or {})
        self._ended = False
        self._busy_until_us: dict[str, int] = {}
        self._unborn: dict[str, None] = {}
        self.plan: Plan = make_plan(self.deployment, self.streams)
        self._builder = Builder(
            self.deployment,
            self.plan,
            seed=seed,
            streams=self.streams,
            network=self.network,
            loop=self.loop,
            profile=profile,
        )
        self.servers: dict[str, RedisNode] = self._builder.servers()
        self.sentinels: dict[str, SentinelNode] = self._builder.sentinels()
        self.clients: dict[str, TextbookClient] = self._builder.clients()
        self.watchers: list[Callable[[], bool]] = []
        """What has something to do yet: while one of them says so it is not calm."""
        self._builder.lay_links(self.nodes)
        for name in self.network.names.addresses:
            self.note_name(name)
        self._start_all()

    def _start_all(self) -> None:
        for server in self.servers.values():
            server.start()
        for sentinel in self.sentinels.values():
            # Never all at the same instant: their timers would march in step.
            who = "in-step" if self.deployment.topology.in_step else sentinel.name
            offset = Streams(self.seed).get(f"start:{who}").randrange(500_000)
            self._start_at(SENTINELS_START_US + offset, sentinel)
        for client in self.clients.values():
            offset = self.streams.get(f"start:{client.name}").randrange(100_000)
            self._start_at(CLIENTS_START_US + offset, client)

    def _start_at(self, when_us: int, process: Process) -> None:
        self._unborn[process.name] = None
        self.kernel.call_at(when_us, self._first_start, process)

    def _first_start(self, process: Process) -> None:
        if process.name in self._unborn:
            del self._unborn[process.name]
            if process.host.powered:
                process.start()

    def add_sentinel(self, place: Place) -> SentinelNode:
        """Build a further Sentinel at `place`, with the file that the first ones began with."""
        sentinel = self.sentinels[place.name] = self._builder.sentinel(place)
        self.plan = dataclasses.replace(self.plan, sentinels=(*self.plan.sentinels, place))
        return sentinel

    def add_server(self, place: Place) -> RedisNode:
        """Build a further server at `place`, which follows the first master."""
        server = self.servers[place.name] = self._builder.server(place)
        self.plan = dataclasses.replace(self.plan, servers=(*self.plan.servers, place))
        return server

    def replace_machine(self, place: Place, name: str) -> None:
        """Put a machine called `name` at the address of `place`, the machine of which is off.

        Raises ValueError if it is not.
        """
        self._builder.replace_machine(place, name)

    def place_of(self, name: str) -> Place:
        """Where others reach a node; raises `UnknownNode` and `ImpossibleFault` as `node` does."""
        node = self.node(name)
        return next(each for each in self.plan.places if each.name == node.name)

    def _repr_html_(self) -> str:
        return world_table(self)._repr_html_()

    # Chance

    def fresh_chance(self, seed: int) -> None:
        """From now on all that is left to chance comes from `seed`; what has been stays.

        That is every delay, every pause and every draw of a Sentinel still to come. Ids, addresses
        and the order of hash tables stay. The header of the trace keeps the seed of the beginning.
        """
        for sentinel in self.sentinels.values():
            # Who marches in step goes on to do so: equal draws, from a generator of its own.
            who = "in-step" if self.deployment.topology.in_step else sentinel.name
            sentinel.fresh_chance(Streams(seed).get(f"fresh:{who}"))
        # Behind the Sentinels, who may have had to make up for ticks of before.
        self.streams.reseed(seed)

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
            settings={**self.deployment.settings, "profile": self.profile.name, **self._settings},
        )
        return Trace(header, self.recorder.sorted_entries())

    def node(self, name: str) -> Process:
        """The node called `name`, or the present ``master``.

        Raises `UnknownNode`, and `ImpossibleFault` for a ``master`` that nobody names.
        """
        if name == "master":
            return self.servers[self.master]
        found = self.nodes.get(name)
        if found is None:
            known = ", ".join(self.nodes)
            raise UnknownNode(f"unknown node {name!r}; expected master or one of: {known}")
        return found

    @property
    def master(self) -> str:
        """The server that most living Sentinels name as the master, of several the first one.

        While no Sentinel lives it is the one that they agreed on last: that of the newest
        configuration which one of them had. If nobody names any, it is the only running server that
        is a master. Raises `ImpossibleFault` when there is no such server either.
        """
        found = self._find_master()
        if found is None:
            raise ImpossibleFault("nobody names a master")
        return found

    @property
    def masters(self) -> tuple[str, ...]:
        """The present masters of all groups of servers, without those that nobody names."""
        found = (self._find_master(number) for number in range(self.deployment.masters))
        return tuple(name for name in found if name is not None)

    def _find_master(self, group: int = 0) -> str | None:
        return present_master(
            self.deployment.master_names[group],
            self.plan.group(group),
            self.servers,
            self.sentinels.values(),
        )

    # Time

    def run(self, seconds: float) -> None:
        """Let `seconds` of virtual time pass.

        Raises ValueError for what is no such number, and RuntimeError after `end`.
        """
        self._advance(self.kernel.now + _duration_us(seconds))

    def _advance(self, until_us: int) -> None:
        if self._ended:
            raise RuntimeError("this run has ended; build another World to go on")
        self.loop.run_until(until_us)

    def run_until(
        self,
        condition: Callable[[], bool],
        limit: float = 600.0,
        progress: Callable[[float], None] | None = None,
        *,
        look_us: int | None = None,
    ) -> bool:
        """Let time pass until `condition` holds, looked at every 0.1 s; False at the `limit` (s).

        `look_us` is another interval between looks. `progress` is called with the time after each.
        """
        deadline = self.kernel.now + _duration_us(limit)
        while not condition():
            if self.kernel.now >= deadline:
                return False
            self._advance(min(self.kernel.now + (look_us or LOOK_US), deadline))
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
        for client in self.clients.values():
            client.cut_off("the run ended")
        self.recorder.record("world", RunEnded(reason=reason))

    def is_calm(self) -> bool:
        """Whether the living agree on a master, follow it, and see who lives and who is dead.

        Who is dead stays so until somebody starts it, and does not count; while a node has not
        been started yet, is frozen or blocked, or the network is cut, it is not calm, noticed or
        not (see `sim.world.calm`).
        """
        if self._unborn or self.network.partitions or any(busy() for busy in self.watchers):
            return False
        if any(node.state == "paused" for node in self.nodes.values()):
            return False
        if any(self.kernel.now < until for until in self._busy_until_us.values()):
            return False
        addresses = {place.name: (place.ip, place.port) for place in self.plan.places}
        for group, name in enumerate(self.deployment.master_names):
            master = self._find_master(group)
            servers = [self.servers[place.name] for place in self.plan.group(group)]
            if master is None or not is_settled(
                self.servers[master], servers, self.sentinels.values(), addresses, name
            ):
                return False
        return True

    # Faults

    def kill(self, name: str) -> str:
        """Kill a process, as by SIGKILL; returns the name of the node."""
        node = self.node(name)
        if node.state != "down":
            self.note_fault("kill", node.name, "process killed")
            self._busy_until_us.pop(node.name, None)
            node.kill()
        return node.name

    def restart(self, name: str, *, keep_data: bool = True) -> str:
        """Start a dead process again; without `keep_data` a server comes back empty.

        Raises `ImpossibleFault` while its host has no power.
        """
        node = self.node(name)
        if node.state != "down":
            return node.name
        if not node.host.powered:
            raise ImpossibleFault(f"{node.name} cannot be restarted: its host has no power")
        detail = "process started" if keep_data else "process started without its data"
        self.note_fault("restart", node.name, detail)
        self._unborn.pop(node.name, None)
        if not keep_data and isinstance(node, RedisNode):
            node.wipe()
        node.start()
        return node.name

    def pause(self, name: str) -> str:
        """Freeze a process, as by SIGSTOP."""
        node = self.node(name)
        if node.state == "running":
            self.note_fault("pause", node.name, "process frozen")
            node.pause()
        return node.name

    def resume(self, name: str) -> str:
        """Let a frozen process go on."""
        node = self.node(name)
        if node.state == "paused":
            self.note_fault("resume", node.name, "process goes on")
            node.resume()
        return node.name

    def block(self, name: str, seconds: float) -> str:
        """Keep a process busy for `seconds`: it accepts, but does not answer."""
        node = self.node(name)
        if seconds < 0:
            raise ImpossibleFault(f"{node.name} cannot be busy for {seconds:g} s")
        if node.state != "down":
            self.note_fault("block", node.name, f"busy for {seconds:g} s")
            busy_until_us = self.kernel.now + microseconds(seconds)
            self._busy_until_us[node.name] = max(
                self._busy_until_us.get(node.name, 0), busy_until_us
            )
            node.block(microseconds(seconds))
        return node.name

    def power_off(self, name: str) -> str:
        """Cut the power of a node's host: all that runs there is gone, and nobody is told.

        Where a killed process leaves a host that answers with resets, here is silence.
        """
        node = self.node(name)
        machine = node.host.machine
        if machine.powered:
            gone = [each.name for each in self.nodes.values() if each.host.machine is machine]
            self.note_fault("power_off", node.name, f"host off: {', '.join(gone)}")
            for each in gone:
                self._busy_until_us.pop(each, None)
            machine.power_off()
        return node.name

    def power_on(self, name: str) -> str:
        """Give a node's host its power back; its processes stay dead until `restart`."""
        node = self.node(name)
        if not node.host.machine.powered:
            self.note_fault("power_on", node.name, "host on, without its processes")
            node.host.machine.power_on()
        return node.name

    def step_clock(self, name: str, seconds: float) -> str:
        """Set the wall clock of a node's host `seconds` ahead, or back if negative."""
        node = self.node(name)
        if seconds:
            way = "ahead" if seconds > 0 else "back"
            self.note_fault("step_clock", node.name, f"wall clock {abs(seconds):g} s {way}")
            node.host.step_clock(microseconds(seconds))
        return node.name

    def partition(self, *groups: Iterable[str], one_way: bool = False) -> Partition:
        """Silently cut groups of nodes off from each other; a single group from all others.

        Each group is a list of names, or one name. Raises `UnknownNode`, and `ImpossibleFault` for
        nodes on both sides or on one host.
        """
        lists = [[group] if isinstance(group, str) else list(group) for group in groups]
        if not lists or not all(lists):
            raise ImpossibleFault("expected groups of nodes with at least one node in each")
        names = [[self.node(name).name for name in group] for group in lists]
        hosts = [[self.nodes[name].host for name in group] for group in names]
        try:
            partition = self.network.partition(*hosts, one_way=one_way)
        except ValueError as problem:
            raise ImpossibleFault(f"impossible partition: {problem}") from None
        arrow = " -> " if one_way else " | "
        self.note_fault("partition", "network", arrow.join(", ".join(group) for group in names))
        return partition

    def heal(self, partition: Partition | None = None) -> None:
        """Undo a partition, or all of them."""
        partitions = self.network.partitions
        if partitions if partition is None else partition in partitions:
            self.note_fault("heal", "network", "the network is whole again")
            self.network.heal(partition)

    def note_fault(self, verb: str, node: str, detail: str) -> None:
        """Write on the trace that `verb` was done to `node`; `detail` is for people."""
        self.recorder.record(node, FaultInjected(verb=verb, detail=detail))

    def note_name(self, name: str) -> None:
        """Write on the trace what the host `name` means from now on."""
        address = self.network.names.addresses.get(name.lower(), "")
        self.recorder.record("network", HostNamed(name=name, address=address))


def _duration_us(seconds: float) -> int:
    """A duration in µs; raises ValueError unless `seconds` is a finite number from 0."""
    if isinstance(seconds, int | float) and 0 <= seconds < float("inf"):
        return microseconds(seconds)
    raise ValueError(f"expected a number of seconds, 0 or more; found {seconds!r}")
