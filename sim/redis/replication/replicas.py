"""The master's side of replication: the replicas attached to this server.

A replica has attached ones of its own (sub-replicas) and treats them the same way, except that
what it feeds them is not made here but received (spec: redis-node §4.2, §4.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from minisentinel.replies import Status
from sim.redis.clients import Client
from sim.redis.disk import Disk
from sim.redis.environment import Environment
from sim.redis.forks import Forks
from sim.redis.keyspace import Keyspace
from sim.redis.replication.attached import AttachedReplica, ReplicaState
from sim.redis.replication.history import History
from sim.redis.replication.messages import NEWLINE, StreamPart, Unit
from sim.redis.replication.transfers import Transfers
from sim.redis.settings import Machine, Settings

__all__ = ["Replicas"]


class Replicas:
    """The replicas attached to one server, in order of attaching."""

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        machine: Machine,
        disk: Disk,
        history: History,
        keyspace: Keyspace,
        forks: Forks,
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._history = history
        self._transfers = Transfers(
            environment, settings, machine, disk, history, keyspace, forks, self.count_good
        )
        self._replicas: dict[int, AttachedReplica] = {}
        self.empty_since = environment.unix_seconds()
        self.good_count = 0
        self.full_syncs = 0
        self.partial_syncs = 0
        self.partial_refusals = 0

    def __len__(self) -> int:
        return len(self._replicas)

    def __iter__(self) -> Iterator[AttachedReplica]:
        return iter(self._replicas.values())

    # -- attaching and detaching

    def attach(self, client: Client, replid: str, offset: int) -> None:
        """Answer ``PSYNC <replid> <offset>``: continue, or put in line for a full transfer."""
        client.kind = "replica"
        now = self._environment.unix_seconds()
        if self._history.can_continue(replid, offset):
            self._attach_partially(client, offset, now)
        else:
            if replid != "?":
                self.partial_refusals += 1
            self._attach_fully(client, now)
        self.count_good()

    def _attach_partially(self, client: Client, offset: int, now: int) -> None:
        self.partial_syncs += 1
        replica = AttachedReplica(
            client, ReplicaState.ONLINE, now, acked_seconds=now, streaming=True
        )
        self._replicas[client.id] = replica
        client.reply(Status(f"CONTINUE {self._history.replid}"))
        replica.stream(self.missed_since(offset))

    def missed_since(self, offset: int) -> tuple[Unit, ...]:
        """What a replica has missed that wants byte `offset` next (spec: redis-node §4.2).

        The history must be able to continue there.
        """
        assert self._history.backlog is not None
        return self._history.backlog.since(offset)

    def _attach_fully(self, client: Client, now: int) -> None:
        self.full_syncs += 1
        if not self._replicas and self._history.backlog is None:
            # Nothing was counted while there was no backlog, so this offset under the old id
            # may stand for different data elsewhere.
            self._history.start_new()
            self._history.create_backlog(self._settings.repl_backlog_size)
        replica = AttachedReplica(client, ReplicaState.WAIT_BGSAVE, now)
        self._replicas[client.id] = replica
        if not self._transfers.join(replica) and self._transfers.delay_seconds == 0:
            self._transfers.begin(self._in_line())

    def detach(self, client: Client) -> None:
        """The connection of this replica is gone."""
        replica = self._replicas.pop(client.id, None)
        if replica is None:
            return
        if not self._replicas:
            self.empty_since = self._environment.unix_seconds()
        self._transfers.forget(replica)
        self.count_good()

    def disconnect_all(self) -> tuple[Client, ...]:
        """Detach every replica; the caller closes the connections of those returned."""
        clients = tuple(replica.client for replica in self._replicas.values())
        for client in clients:
            self.detach(client)
        return clients

    def _in_line(self) -> list[AttachedReplica]:
        return [replica for replica in self._replicas.values() if replica.is_in_line]

    # -- the stream

    def feed(self, unit: Unit) -> None:
        """Append `unit` to the history and send it to all who are in the stream."""
        self._history.append(unit)
        self._send(unit)

    def _send(self, unit: Unit) -> None:
        if not self._replicas:
            return
        part = StreamPart((unit,))
        for replica in self._replicas.values():
            if replica.streaming:
                connection = replica.client.connection
                if connection is not None and connection.is_open:
                    connection.send(part, unit.size)
            elif replica.sync:
                replica.queue.append(unit)

    def propagate(self, commands: tuple[tuple[str, ...], ...]) -> None:
        """Put commands into the stream of this top-level master.

        Without backlog nobody can ever ask for these bytes, and they are not counted.
        """
        if self._history.backlog is not None:
            self._send(self._history.extend(commands))

    def on_ack(self, client: Client, offset: int) -> None:
        """A replica reported the offset up to which it has applied the stream."""
        replica = self._replicas.get(client.id)
        if replica is None:
            return
        replica.acked_offset = max(replica.acked_offset, offset)
        replica.acked_seconds = self._environment.unix_seconds()
        if replica.state is ReplicaState.ONLINE and not replica.streaming:
            replica.streaming = True
            replica.stream(tuple(replica.queue))
            replica.queue.clear()

    def count_up_to_date(self, offset: int) -> int:
        """How many online replicas have acknowledged the stream up to `offset`."""
        return sum(
            replica.state is ReplicaState.ONLINE and replica.acked_offset >= offset
            for replica in self._replicas.values()
        )

    # -- once per second

    def cron(self) -> tuple[Client, ...]:
        """Timeouts and waiting transfers; returns timed-out replicas, for the caller to close."""
        now = self._environment.unix_seconds()
        overdue = self._transfers.overdue()
        for replica in self._replicas.values():
            if replica.state is ReplicaState.ONLINE:
                if now - replica.acked_seconds > self._settings.repl_timeout:
                    overdue.append(replica.client)
            elif replica.is_in_line:
                replica.send(NEWLINE, 1)
        self._transfers.keep_waiting()
        waiting = self._in_line()
        if waiting:
            longest = max(now - replica.waiting_since for replica in waiting)
            enough = self._settings.repl_diskless_sync_max_replicas
            if longest >= self._transfers.delay_seconds or 0 < enough <= len(waiting):
                self._transfers.begin(waiting)
        self.count_good()
        return tuple(overdue)

    def count_good(self) -> None:
        """Refresh the number of replicas that count for min-replicas-to-write (redis-node §8)."""
        if not self._settings.min_replicas_to_write:
            return
        now = self._environment.unix_seconds()
        self.good_count = sum(
            replica.state is ReplicaState.ONLINE
            and now - replica.acked_seconds <= self._settings.min_replicas_max_lag
            for replica in self._replicas.values()
        )
