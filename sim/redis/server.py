"""One run of a Redis server process: its parts, its roles, and how they change.

A `Server` lives from one start of the process to its end; what a restart finds is on the `Disk`.
It knows no command: `sim.redis.dispatch` executes those, and calls here for what they do to the
server as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from minisentinel.replies import Command, Error, Reply
from minisentinel.wire import reply_size
from sim.redis.blocking import UNBLOCKED, BlockedClients
from sim.redis.clients import Client, ClientTable, Replies
from sim.redis.disk import Disk
from sim.redis.environment import Connection, Environment
from sim.redis.expiry import ExpiryCycle
from sim.redis.forks import Forks
from sim.redis.keyspace import Expiry, Keyspace
from sim.redis.loading import Loading
from sim.redis.memory import EMPTY_SERVER_BYTES, KEY_BYTES, evict
from sim.redis.output import OutputLimits
from sim.redis.persistence import Persistence
from sim.redis.pubsub import PubSub
from sim.redis.replication.history import History, random_id
from sim.redis.replication.messages import Unit
from sim.redis.replication.replicas import Replicas
from sim.redis.replication.upstream import CachedMaster, Upstream, UpstreamOwner
from sim.redis.sampling import OffsetSampler
from sim.redis.scripts import RunningScript, ScriptCache
from sim.redis.settings import Machine
from sim.redis.shutdown import Shutdown
from sim.trace import RoleChanged, WriteGuard

__all__ = ["Server"]


def _no_dispatcher(*_: object) -> Any:
    raise RuntimeError("this server has no dispatcher")


CRON_PERIOD_US = 1_000_000
TOO_MANY = Error("ERR max number of clients reached")
FIRST_CRON_US = 1_000


class Server:
    """State of one server process, from its start to its end.

    The dispatcher sets the attributes that are functions: `find` looks a command up, `check` says
    why it may not run, `call` executes it, `obey` executes without asking, `apply` does so with a
    unit of the replication stream, and `finish` sends down the stream what the server has changed
    by itself. `replicas_type` is the master's side of replication; another one is another server.
    """

    replicas_type: ClassVar[type[Replicas]] = Replicas

    def __init__(self, environment: Environment, machine: Machine, disk: Disk) -> None:
        self.environment = environment
        self.machine = machine
        self.disk = disk
        self.settings = replace(disk.config)
        self.run_id = random_id(environment.random)
        self.started_seconds = environment.unix_seconds()
        self.clients = ClientTable()
        self.keyspace = Keyspace(environment.unix_ms)
        self.pubsub = PubSub()
        self.history = History(environment.random)
        self.forks = Forks(environment, machine)
        self.forks.data_memory = lambda: self.used_memory - EMPTY_SERVER_BYTES
        self.replicas = self.replicas_type(
            environment, self.settings, machine, disk, self.history, self.keyspace, self.forks
        )
        self.loader = Loading(self)
        self.master_client = Client(0, None, self.started_seconds, kind="master")
        self.upstream = Upstream(
            environment,
            self.settings,
            machine,
            self.history,
            UpstreamOwner(
                apply=lambda unit: self.apply(unit),
                forward=self._forward,
                drop_replicas=self.drop_replicas,
                begin_loading=self.loader.from_master,
                has_room=lambda: not disk.is_failing,
            ),
        )
        self.persistence = Persistence(
            environment, self.settings, machine, disk, self.keyspace, self.history, self.forks
        )
        self.blocked = BlockedClients(environment)
        self.keyspace.awaited = self.blocked.by_key
        self.expiry = ExpiryCycle(environment, self.keyspace, lambda: self.finish(None))
        self.scripts = ScriptCache()
        self.shutdown = Shutdown(self)
        self.call: Callable[[Client, Command], Reply | Replies] = _no_dispatcher
        self.find: Callable[[Command], Any] = _no_dispatcher
        self.check: Callable[[Client, Any], Error | None] = _no_dispatcher
        self.apply: Callable[[Unit], None] = _no_dispatcher
        self.obey: Callable[[tuple[Command, ...]], None] = _no_dispatcher
        self.finish: Callable[[Client | None], None] = _no_dispatcher
        self.sampler = OffsetSampler(environment, self.history, machine.offset_sample_us)
        self.script: RunningScript | None = None
        self.is_guarded = False
        self._write_guard = WriteGuard(min_replicas=0, max_lag_seconds=0)
        self.loading = False
        self.commands_processed = 0
        self.evicted_keys = 0
        self.rejected_connections = 0
        self.error_counts: dict[str, int] = {}
        self._unheard: list[object] = []
        self.output_limits = OutputLimits(self.settings)
        self._trouble = ""
        self._cron_runs = 0
        self.update_guard()

    @property
    def is_replica(self) -> bool:
        """The configured role, whatever the state of the link."""
        return self.upstream.target is not None

    @property
    def has_stale_data(self) -> bool:
        """A replica without link that must not serve what it has (redis-node §1)."""
        return (
            not self.settings.replica_serve_stale_data
            and self.is_replica
            and not self.upstream.is_up
        )

    # -- life

    def start(self) -> None:
        """Take up the configured role, load what is on the disk, begin the cron."""
        if self.settings.replicaof is not None:
            self.upstream.begin_with(*self.settings.replicaof)
            self.set_expiry()
        self._record_role()
        self._record_write_guard()
        self.loader.from_disk()
        self.persistence.appending.begin()
        self.environment.after(FIRST_CRON_US, self._cron)

    def leave(self, *, power_lost: bool = False) -> None:
        """The process has ended: leave on the disk what a restart is to find."""
        self.disk.keys_at_death = len(self.keyspace)
        self.persistence.leave(power_lost=power_lost, loading=self.loading)

    def settings_changed(self) -> None:
        """CONFIG SET has changed something that is not looked up at every use."""
        backlog = self.history.backlog
        if backlog is not None and backlog.limit != self.settings.repl_backlog_size:
            backlog.resize(self.settings.repl_backlog_size)
        self.replicas.count_good()
        self._record_write_guard()
        self.persistence.appending.turn(self.settings.appendonly)
        self.update_guard()

    def update_guard(self) -> None:
        """Find out whether commands have to pass more checks than usual."""
        settings = self.settings
        self._trouble = self.persistence.trouble
        self.is_guarded = bool(
            settings.requirepass or settings.maxmemory or self._trouble or self.shutdown.is_waiting
        )
        follows_use = settings.maxmemory and settings.maxmemory_policy.endswith(("lru", "lfu"))
        self.keyspace.follow_use(bool(follows_use))

    # -- memory

    @property
    def used_memory(self) -> int:
        """Bytes in use: data, keys, backlog; what is not simulated but counted among them."""
        backlog = self.history.backlog
        return (
            EMPTY_SERVER_BYTES
            + self.keyspace.size
            + len(self.keyspace) * KEY_BYTES
            + self.machine.other_data_bytes
            + (backlog.length if backlog is not None else 0)
        )

    def free_memory(self) -> bool:
        """Evict keys until ``maxmemory`` is kept; False if that is impossible.

        What the replicas and their backlog need does not count: else telling them about an eviction
        would cause the next one.
        """
        settings = self.settings
        if not settings.maxmemory or self.script is not None:
            return True
        if self.is_replica and settings.replica_ignore_maxmemory:
            return True
        backlog = self.history.backlog
        used = self.used_memory - (backlog.length if backlog is not None else 0)
        if used <= settings.maxmemory:
            return True
        before = len(self.keyspace)
        excess = used - settings.maxmemory
        is_free = evict(self.keyspace, settings, excess, self.environment.random)
        if len(self.keyspace) < before:
            self.evicted_keys += before - len(self.keyspace)
            self.finish(None)
        return is_free

    # -- roles

    def become_replica(self, host: str, port: int) -> None:
        """``REPLICAOF host port`` of another master than now (spec: redis-node §6)."""
        if not self.is_replica:
            if self.history.backlog is None:
                self.history.create_backlog(self.settings.repl_backlog_size)
            self.upstream.cached = CachedMaster(self.history.replid, self.history.offset)
        for blocked in self.blocked.all():
            blocked.client.close_after_reply = True
            self.blocked.release(blocked, UNBLOCKED)
        self.upstream.follow(host, port)
        self.set_expiry()
        self._record_role()

    def become_master(self) -> None:
        """``REPLICAOF NO ONE`` on a replica (spec: redis-node §5)."""
        self.upstream.stop()
        self._unheard.clear()
        self.set_expiry()
        self.history.shift()
        self.drop_replicas()
        self.replicas.empty_since = self.environment.unix_seconds()
        self._record_role()

    def set_expiry(self) -> None:
        """Masters remove keys whose time is over; replicas only hide them."""
        self.expiry.turn(Expiry.HIDDEN if self.is_replica else Expiry.ACTIVE)

    def _record_role(self) -> None:
        host, port = self.upstream.target or ("", 0)
        role = "replica" if self.is_replica else "master"
        self.environment.record(RoleChanged(role=role, master_host=host, master_port=port))

    def _record_write_guard(self) -> None:
        """Say how many replicas a write needs, if that has changed."""
        needed, lag = self.settings.min_replicas_to_write, self.settings.min_replicas_max_lag
        is_on = needed > 0 and lag > 0
        guard = WriteGuard(min_replicas=needed if is_on else 0, max_lag_seconds=lag if is_on else 0)
        if guard != self._write_guard:
            self._write_guard = guard
            self.environment.record(guard)

    # -- connections

    def accept(self, connection: Connection) -> None:
        """Somebody has connected."""
        if len(self.clients) >= self.settings.maxclients:
            self.rejected_connections += 1
            connection.send(TOO_MANY, reply_size(TOO_MANY))
            connection.close(after_output=True)
            return
        client = self.clients.add(connection, self.environment.unix_seconds())
        if self.settings.requirepass:
            client.authenticated = False

    def drop_client(self, client: Client) -> None:
        """Forget a client and close its connection; for our own master, the link."""
        if client.connection is None:
            self.upstream.reconnect()
            return
        self.forget_client(client)
        client.connection.close()

    def forget_client(self, client: Client) -> None:
        """The client's connection is gone."""
        self.clients.remove(client)
        if client.blocked is not None:
            self.blocked.forget(client)
        self.pubsub.forget(client)
        self.replicas.detach(client)

    def drop_replicas(self) -> None:
        """Disconnect all attached replicas; they will come back and ask to continue."""
        for client in self.replicas.disconnect_all():
            self.drop_client(client)

    # -- replication

    def propagate(self, commands: tuple[tuple[str, ...], ...]) -> None:
        """Put commands into the stream, if this is a top-level master."""
        if not self.is_replica:
            self.replicas.propagate(commands)
            self.sampler.changed()

    def _forward(self, unit: Unit) -> None:
        self.replicas.feed(unit)
        self.sampler.changed()

    def hear_master(self, message: object) -> None:
        """Something has come from our master; while a script runs for too long it waits."""
        if self.script is None:
            self.upstream.on_message(message)
        else:
            self._unheard.append(message)

    def script_began(self, script: RunningScript) -> None:
        """A script runs for too long: others get ``-BUSY``, and time stands still for keys."""
        self.script = script
        self.expiry.turn(Expiry.IGNORED)

    def script_ended(self) -> None:
        """No script runs any more."""
        self.script = None
        self.set_expiry()
        unheard, self._unheard = self._unheard, []
        for message in unheard:
            self.upstream.on_message(message)

    # -- once per second

    def _cron(self, _: object) -> None:
        """Reconnection, timeouts, pings, acknowledgements (spec: redis-node §4.3)."""
        self.environment.after(CRON_PERIOD_US, self._cron)
        if self.loading or self.script is not None:
            return
        self.upstream.cron()
        if (
            len(self.replicas)
            and self._cron_runs % self.settings.repl_ping_replica_period == 0
            and not self.shutdown.is_waiting
        ):
            self.propagate((("PING",),))
        for client in self.replicas.cron():
            self.drop_client(client)
        unread = self._unread()
        for client in self.output_limits.greedy(unread, self.environment.unix_seconds()):
            self.drop_client(client)
        self._expire_backlog()
        self._cron_runs += 1
        self.persistence.cron()
        if self.persistence.trouble != self._trouble:
            self.update_guard()
        memory = self.machine.memory_bytes
        if memory and self.used_memory + self.forks.copied_bytes > memory:
            self.environment.out_of_memory()

    def _unread(self) -> list[tuple[Client, int]]:
        """The clients that have not read everything, and how much that is.

        A snapshot does not count: there is never more of it than the sockets take. The stream that
        waits behind it does.
        """
        behind_snapshot = {
            replica.client.id: sum(unit.size for unit in replica.queue)
            for replica in self.replicas
            if not replica.streaming
        }
        unread = self.environment.unread(
            client for client in self.clients if client.id not in behind_snapshot
        )
        for client in self.clients:
            if behind_snapshot.get(client.id):
                unread.append((client, behind_snapshot[client.id]))
        return unread

    def _expire_backlog(self) -> None:
        """A master that had no replicas for long frees its backlog, and ends its history."""
        ttl = self.settings.repl_backlog_ttl
        if self.is_replica or len(self.replicas) or not ttl or self.history.backlog is None:
            return
        if self.environment.unix_seconds() - self.replicas.empty_since > ttl:
            self.history.start_new()
            self.history.backlog = None
