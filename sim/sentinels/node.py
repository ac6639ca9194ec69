"""A Sentinel on the simulated network: a process that drives the protocol core."""

from __future__ import annotations

from collections.abc import Set
from random import Random
from typing import Any

from minisentinel.config import load, rewrite
from minisentinel.core import MODERN, Dice, Profile, SavedConfiguration
from minisentinel.core.address import bracketed
from minisentinel.core.instances import current_address
from minisentinel.core.state import Instance, Master, Role, State
from minisentinel.driver import Driver
from minisentinel.replies import Command, Reply
from minisentinel.trace import Data, LogLine, SentinelEvent
from minisentinel.wire import command_size, reply_size
from sim.network.endpoint import CloseReason, Endpoint, FailReason
from sim.network.network import Network
from sim.network.topology import Host
from sim.process import NEVER
from sim.sentinels.disk import Disk
from sim.sentinels.machine import machine_of
from sim.sentinels.scripts import ScriptRunner, VirtualScript
from sim.sentinels.ticking import TickingProcess
from sim.trace.recorder import Recorder
from sim.trace.records import NodeStarted

__all__ = ["SentinelNode"]

Address = tuple[str, int]

FIRST_TICK_US = 1_000


class SentinelNode(TickingProcess, Driver):
    """A Sentinel process; its configuration file is all that survives a kill.

    `disk` holds a ``sentinel.conf``. Host names are looked up in the names of the network, and the
    process waits for the answer.
    """

    service_us = 20

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        disk: Disk,
        random: Random,
        profile: Profile = MODERN,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(name, host, network, recorder=recorder)
        self.disk = disk
        self.profile = profile
        self._random = random
        self.scripts: dict[str, VirtualScript] = {}
        """What user scripts do, by their path; those that are not in it do the default."""
        self._children = ScriptRunner(self.scripts)
        self._outgoing: dict[int, Endpoint] = {}
        self._clients: dict[int, Endpoint] = {}
        self._has_read_its_file = False
        self._memory: State | None = None

    def fresh_chance(self, random: Random) -> None:
        """From now on what it leaves to chance is drawn from `random`, its dice included."""
        # Quiet ticks that were left out until now belong to what has been.
        self.catch_up()
        self._random = random
        if self._memory is not None:
            self._memory.dice.state = random.getrandbits(64)

    # Facts that the core looks up.

    def is_executable(self, path: str) -> bool:
        """Every script exists in the virtual world."""
        return True

    # What others may look at.

    @property
    def ready(self) -> bool:
        """Whether the process lives and has read its configuration since its last start."""
        return self.state != "down" and self._has_read_its_file

    def names_as_master(self, name: str) -> Address | None:
        """The IP and port that this Sentinel gives for the master `name`; the last ones if dead."""
        master = self._master(name)
        if master is None:
            return None
        address = current_address(master)
        return (address.ip, address.port)

    def config_epoch(self, name: str) -> int:
        """The epoch of its configuration of the master `name`, also if dead; -1 without one."""
        master = self._master(name)
        return -1 if master is None else master.config_epoch

    def _master(self, name: str) -> Master | None:
        return None if self._memory is None else self._memory.masters.get(name)

    def is_content(
        self,
        name: str,
        address: Address,
        replicas: Set[Address],
        peers: Set[Address],
        own: Address | None = None,
    ) -> bool:
        """Whether it names `address`, is not failing over, and sees everybody else as they are.

        It must know the living `replicas` and `peers`, see each of them up and in its place, and
        hold for down whomever else it knows. Only whom it takes to be at its `own` address, as one
        does who came to the address of a dead Sentinel and heard an old hello, may be as it is.
        """
        master = self._master(name)
        if master is None or not self.ready or self.sentinel.state.tilt:
            return False
        if self.names_as_master(name) != address or master.failover_in_progress:
            return False
        known = {(each.address.ip, each.address.port): each for each in master.replicas.values()}
        others = {(each.address.ip, each.address.port): each for each in master.peers.values()}
        if own is not None:
            others.pop(own, None)
        return (
            _is_up(master)
            and known.keys() >= replicas
            and others.keys() >= peers
            and all(
                each.role_reported is Role.REPLICA and each.master_link_up
                for at, each in known.items()
                if at in replicas
            )
            and all(
                _is_up(each) if at in replicas or at in peers else each.subjectively_down
                for at, each in (*known.items(), *others.items())
            )
        )

    # The life of the process.

    def start(self) -> None:
        """Start the program; a new life has read nothing yet."""
        if self.state == "down":
            self._has_read_its_file = False
        super().start()

    def on_start(self) -> None:
        """Read the configuration file and begin, as a real Sentinel does after each start."""
        loaded = load(
            self.disk.content,
            path=f"{self.name}.conf",
            facts=self,
            now_ms=self.now_ms(),
            dice=Dice(self._random.getrandbits(64)),
        )
        self._outgoing.clear()
        self._clients.clear()
        self._children.orphan()
        tracing = self.recorder is not None
        machine, face = machine_of(self.profile)
        self.sentinel = machine(loaded.state, facts=self, profile=self.profile, tracing=tracing)
        self.service = face(self.sentinel, settings=loaded.server)
        self._memory = loaded.state
        self._has_read_its_file = True
        effects = self.sentinel.start(self.now_ms())
        port = loaded.server.port
        self.listen(port)
        host, port = self.network.reached_at(self.host, port)
        self.note(
            NodeStarted(
                type="sentinel",
                host=host,
                port=port,
                runid=self.sentinel.state.myid,
            )
        )
        self.perform(effects)
        self.after(FIRST_TICK_US, self.tick)

    def may_nap(self) -> bool:
        """CLIENT PAUSE ends with a tick, so that none may be left out meanwhile."""
        return not self.service.is_paused

    def tick(self, _: None) -> None:
        """What the core does by itself, and when again."""
        for end in self._children.reap(self.time_us):
            self.perform(self.sentinel.script_ended(self.now_ms(), *end))
        self.perform(self.sentinel.tick(self.now_ms()))
        if self.state != "down":
            self.perform(self.service.tick(self.now_ms()))
        if self.state == "down":
            return  # By a simulated failure, or a SHUTDOWN that had to wait.
        self.await_tick(self.time_us + self.sentinel.next_tick_in_ms() * 1000)

    def on_accept(self, endpoint: Endpoint) -> None:
        """A client or another Sentinel connected."""
        self._clients[endpoint.id] = endpoint
        self.service.client_connected(
            endpoint.id,
            now_ms=self.now_ms(),
            address=bracketed(*endpoint.remote),
            local_address=bracketed(*endpoint.local),
        )

    def on_open(self, endpoint: Endpoint) -> None:
        """A connection of ours stands; its local address goes into the hellos sent on it."""
        self.perform(self.sentinel.connected(self.now_ms(), endpoint.context, endpoint.local[0]))
        self.stay_awake()

    def on_failed(self, endpoint: Endpoint, reason: FailReason) -> None:
        """A connection of ours could not be made."""
        self._lost(endpoint)

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        """The other side of a connection is gone."""
        if endpoint.id in self._clients:
            del self._clients[endpoint.id]
            self.service.client_left(endpoint.id)
        else:
            self._lost(endpoint)

    def _lost(self, endpoint: Endpoint) -> None:
        connection: int = endpoint.context
        self._outgoing.pop(connection, None)
        self.perform(self.sentinel.lost(self.now_ms(), connection))
        self.stay_awake()

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        """A client's command, or a reply to one of ours."""
        now_ms = (self.kernel.now + self._spent + self.host.clock_base_us) // 1000
        if endpoint.context is None:
            effects = self.service.command(now_ms, endpoint.id, message)
            if not self.may_nap():
                self.stay_awake()
        else:
            effects = self.sentinel.received(now_ms, endpoint.context, message)
        if effects:
            self.perform(effects)
        if self._idle_until != NEVER and not self.sentinel.context.state.quiet_until:
            self.stay_awake()

    # What the driver asks for.

    def wall_clock_ms(self) -> int:
        """The wall clock of this host."""
        return self.now_ms()

    def open_connection(self, connection: int, host: str, port: int) -> None:
        """Connect; the endpoint's context is the core's number for the connection."""
        endpoint = self.connect(host, port)
        endpoint.context = connection
        self._outgoing[connection] = endpoint

    def close_connection(self, connection: int) -> None:
        """Close one of our connections."""
        endpoint = self._outgoing.pop(connection, None)
        if endpoint is not None:
            endpoint.close()

    def send_command(self, connection: int, command: Command) -> None:
        """Queue a command on one of our connections."""
        endpoint = self._outgoing.get(connection)
        if endpoint is not None:
            endpoint.send(command, command_size(command))

    def send_reply(self, client: int, reply: Reply) -> None:
        """Queue a reply or a message to a client."""
        endpoint = self._clients.get(client)
        if endpoint is not None:
            endpoint.send(reply, reply_size(reply))

    def close_client(self, client: int, *, after_replies: bool) -> None:
        """Close a client's connection; what was sent before still arrives."""
        endpoint = self._clients.pop(client, None)
        if endpoint is not None:
            self.service.client_left(client)
            endpoint.close()

    def run_script(self, job: int, argv: tuple[str, ...]) -> int:
        """Start a virtual script; processes can always be made."""
        return self._children.start(argv[0], self.time_us)

    def kill_script(self, pid: int) -> None:
        """Kill a virtual script."""
        self._children.kill(pid, self.time_us)

    def save(self, configuration: SavedConfiguration) -> str:
        """Rewrite the configuration file; the thread is busy as long as the disk takes."""
        error, took_us = self.disk.write(rewrite(self.disk.content, configuration))
        self.charge(took_us)
        return error

    def write_log(self, line: LogLine | SentinelEvent) -> None:
        """The log is on the trace."""
        self.note(line)

    def note(self, data: Data) -> None:
        """Write to the trace, if there is one."""
        if self.recorder is not None:
            self.recorder.record(self.name, data, self.time_us)


def _is_up(instance: Instance) -> bool:
    return not (instance.subjectively_down or instance.link.disconnected)
