"""One run of a Redis server process: its parts, its roles, and how they change.

A `Server` lives from one start of the process to its end; what a restart finds is on the `Disk`.
It knows no command: `sim.redis.dispatch` executes those, and calls here for what they do to the
server as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from minisentinel.replies import Command, Reply
from sim.redis import persistence
from sim.redis.clients import Client, ClientTable, Replies
from sim.redis.environment import Connection, Environment
from sim.redis.keyspace import Keyspace
from sim.redis.pubsub import PubSub
from sim.redis.replication.history import History, random_id
from sim.redis.replication.messages import Snapshot, Unit
from sim.redis.replication.replicas import Replicas
from sim.redis.replication.upstream import CachedMaster, Upstream, UpstreamOwner
from sim.redis.sampling import OffsetSampler
from sim.redis.settings import Disk, Machine
from sim.trace import DataLoaded, DataLost, DataSaved, RoleChanged

__all__ = ["Server"]


def _no_dispatcher(*_: object) -> Any:
    raise RuntimeError("this server has no dispatcher")


CRON_PERIOD_US = 1_000_000
FIRST_CRON_US = 1_000


class Server:
    """State of one server process, from its start to its end.

    `call` executes one command and `apply` a unit of the replication stream; the dispatcher sets
    both.
    """

    def __init__(self, environment: Environment, machine: Machine, disk: Disk) -> None:
        self.environment = environment
        self.machine = machine
        self.disk = disk
        self.settings = replace(disk.config)
        self.run_id = random_id(environment.random)
        self.started_seconds = environment.unix_seconds()
        self.clients = ClientTable()
        self.keyspace = Keyspace()
        self.pubsub = PubSub()
        self.history = History(environment.random)
        self.replicas = Replicas(
            environment, self.settings, machine, disk, self.history, self.keyspace
        )
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
                begin_loading=self._begin_loading,
            ),
        )
        self.call: Callable[[Client, Command], Reply | Replies] = _no_dispatcher
        self.apply: Callable[[Unit], None] = _no_dispatcher
        self.sampler = OffsetSampler(environment, self.history, machine.offset_sample_us)
        self.loading = False
        self.commands_processed = 0
        self.error_counts: dict[str, int] = {}
        self._cron_runs = 0

    @property
    def is_replica(self) -> bool:
        """The configured role, whatever the state of the link."""
        return self.upstream.target is not None

    # -- life

    def start(self) -> None:
        """Take up the configured role, load what is on the disk, begin the cron."""
        if self.settings.replicaof is not None:
            self.upstream.begin_with(*self.settings.replicaof)
        self._record_role()
        disk = self.disk
        if self.settings.persistence == "rdb" and disk.dump is not None:
            self.loading = True
            self._after_loading(disk.dump.size, self._loaded_dump)
        else:
            if disk.keys_at_death is not None:
                self.environment.record(DataLost(keys=disk.keys_at_death))
            self.sampler.changed()
        self.environment.after(FIRST_CRON_US, self._cron)

    def leave(self) -> None:
        """The process has ended: put on the disk what a restart is to find.

        This is the simplification told in `sim.redis.persistence`: also after a kill.
        """
        self.disk.keys_at_death = len(self.keyspace)
        if self.settings.persistence == "none":
            self.disk.dump = None
        elif not self.loading:
            name = self.environment.name
            dump = persistence.save(name, self.disk, self.keyspace, self.history)
            self.environment.record(DataSaved(save=dump.save, keys=len(dump.data)))

    def _loaded_dump(self, _: object) -> None:
        dump = self.disk.dump
        assert dump is not None
        self.keyspace.restore(dump.data, dump.size)
        self.loading = False
        if dump.replid:
            self._resume_history(dump.replid, dump.offset)
        self.upstream.cron()
        self.environment.record(DataLoaded(save=dump.save, keys=len(self.keyspace)))
        self.sampler.changed()

    def _resume_history(self, replid: str, offset: int) -> None:
        """Stand where the dump stood: a replica on its master's history, a master beyond its own.

        Spec: redis-node §10.
        """
        history = self.history
        history.offset = offset
        if self.is_replica:
            history.replid = replid
            self.upstream.cached = CachedMaster(replid, offset)
        else:
            history.replid2 = replid
            history.second_offset = offset + 1
            history.create_backlog(self.settings.repl_backlog_size)

    def settings_changed(self) -> None:
        """CONFIG SET has changed something that is not looked up at every use."""
        backlog = self.history.backlog
        if backlog is not None and backlog.limit != self.settings.repl_backlog_size:
            backlog.resize(self.settings.repl_backlog_size)
        self.replicas.count_good()

    # -- roles

    def become_replica(self, host: str, port: int) -> None:
        """``REPLICAOF host port`` of another master than now (spec: redis-node §6)."""
        if not self.is_replica:
            if self.history.backlog is None:
                self.history.create_backlog(self.settings.repl_backlog_size)
            self.upstream.cached = CachedMaster(self.history.replid, self.history.offset)
        self.upstream.follow(host, port)
        self._record_role()

    def become_master(self) -> None:
        """``REPLICAOF NO ONE`` on a replica (spec: redis-node §5)."""
        self.upstream.stop()
        self.history.shift()
        self.drop_replicas()
        self.replicas.empty_since = self.environment.unix_seconds()
        self._record_role()

    def _record_role(self) -> None:
        host, port = self.upstream.target or ("", 0)
        role = "replica" if self.is_replica else "master"
        self.environment.record(RoleChanged(role=role, master_host=host, master_port=port))

    # -- connections

    def accept(self, connection: Connection) -> None:
        """Somebody has connected."""
        self.clients.add(connection, self.environment.unix_seconds())

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

    def _begin_loading(self, sync: str, snapshot: Snapshot, done: Callable[[], None]) -> None:
        """Replace the data by a received snapshot; answers are ``-LOADING`` meanwhile."""
        self.loading = True
        self.keyspace.clear()
        if self.settings.persistence == "rdb":
            dump = persistence.keep(self.environment.name, self.disk, snapshot)
            self.environment.record(DataSaved(save=dump.save, keys=len(dump.data), sync=sync))

        def finish(_: object) -> None:
            self.keyspace.restore(snapshot.data, snapshot.size)
            self.loading = False
            done()
            self.sampler.changed()

        self._after_loading(snapshot.size, finish)

    def _after_loading(self, size: int, callback: Callable[[object], None]) -> None:
        duration_us = self.machine.load_us(size + self.machine.other_data_bytes)
        if duration_us:
            self.environment.after(duration_us, callback)
        else:
            callback(None)

    # -- once per second

    def _cron(self, _: object) -> None:
        """Reconnection, timeouts, pings, acknowledgements (spec: redis-node §4.3)."""
        self.environment.after(CRON_PERIOD_US, self._cron)
        if self.loading:
            return
        self.upstream.cron()
        if len(self.replicas) and self._cron_runs % self.settings.repl_ping_replica_period == 0:
            self.propagate((("PING",),))
        for client in self.replicas.cron():
            self.drop_client(client)
        self._expire_backlog()
        self._cron_runs += 1

    def _expire_backlog(self) -> None:
        """A master that had no replicas for long frees its backlog, and ends its history."""
        ttl = self.settings.repl_backlog_ttl
        if self.is_replica or len(self.replicas) or not ttl or self.history.backlog is None:
            return
        if self.environment.unix_seconds() - self.replicas.empty_since > ttl:
            self.history.start_new()
            self.history.backlog = None
