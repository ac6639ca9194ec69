"""The master's side of replication: the replicas attached to this server.

A replica has attached ones of its own (sub-replicas) and treats them the same way, except that
what it feeds them is not made here but received (spec: redis-node §4.2, §4.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from minisentinel.replies import Status
from sim.redis.clients import Client
from sim.redis.disk import Disk
from sim.redis.environment import Environment, Timer
from sim.redis.forks import Forks
from sim.redis.keyspace import Keyspace
from sim.redis.replication.history import History
from sim.redis.replication.messages import (
    NEWLINE,
    Snapshot,
    SnapshotPart,
    StreamPart,
    Unit,
)
from sim.redis.settings import Machine, Settings
from sim.trace import FullSyncStarted

__all__ = ["AttachedReplica", "ReplicaState", "Replicas"]

PART_INTERVAL_US = 100_000


class ReplicaState(Enum):
    """How far an attached replica is; the values are INFO's words."""

    WAIT_BGSAVE = "wait_bgsave"
    SEND_BULK = "send_bulk"
    ONLINE = "online"


@dataclass(slots=True, eq=False)
class AttachedReplica:
    """One replica as its master sees it; offsets in bytes, times in whole seconds.

    While `streaming` is false the stream waits in `queue`: the snapshot must be loaded first,
    which the first REPLCONF ACK tells.
    """

    client: Client
    state: ReplicaState
    waiting_since: int
    acked_offset: int = 0
    acked_seconds: int = 0
    streaming: bool = False
    sync: str = ""
    queue: list[Unit] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The address it announced, or else the one it connects from."""
        return self.client.announced_ip or self.client.address[0]

    @property
    def port(self) -> int:
        """The port it said it listens on."""
        return self.client.listening_port

    def send(self, units: tuple[Unit, ...]) -> None:
        """Send units of the stream."""
        connection = self.client.connection
        if units and connection is not None and connection.is_open:
            connection.send(StreamPart(units), sum(unit.size for unit in units))


@dataclass(slots=True)
class Transfer:
    """The snapshot being sent; replicas that ask meanwhile wait for the next one."""

    snapshot: Snapshot
    total_bytes: int
    started_us: int
    duration_us: int
    timer: Timer | None = None


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
        self._machine = machine
        self._disk = disk
        self._history = history
        self._keyspace = keyspace
        self._forks = forks
        self._replicas: dict[int, AttachedReplica] = {}
        self._transfer: Transfer | None = None
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
        assert self._history.backlog is not None
        replica.send(self._history.backlog.since(offset))

    def _attach_fully(self, client: Client, now: int) -> None:
        self.full_syncs += 1
        if not self._replicas and self._history.backlog is None:
            # Nothing was counted while there was no backlog, so this offset under the old id
            # may stand for different data elsewhere.
            self._history.start_new()
            self._history.create_backlog(self._settings.repl_backlog_size)
        self._replicas[client.id] = AttachedReplica(client, ReplicaState.WAIT_BGSAVE, now)
        if self._transfer is None and self._start_delay() == 0:
            self._start_transfer()

    def detach(self, client: Client) -> None:
        """The connection of this replica is gone."""
        if self._replicas.pop(client.id, None) is None:
            return
        if not self._replicas:
            self.empty_since = self._environment.unix_seconds()
        if self._transfer is not None and not any(self._receivers()):
            self._cancel_transfer()
        self.count_good()

    def disconnect_all(self) -> tuple[Client, ...]:
        """Detach every replica; the caller closes the connections of those returned."""
        clients = tuple(replica.client for replica in self._replicas.values())
        for client in clients:
            self.detach(client)
        return clients

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
            elif replica.state is not ReplicaState.WAIT_BGSAVE:
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
            replica.send(tuple(replica.queue))
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
        overdue = []
        for replica in self._replicas.values():
            if replica.state is ReplicaState.ONLINE:
                if now - replica.acked_seconds > self._settings.repl_timeout:
                    overdue.append(replica.client)
            elif replica.state is ReplicaState.WAIT_BGSAVE:
                connection = replica.client.connection
                if connection is not None and connection.is_open:
                    connection.send(NEWLINE, 1)
        if self._transfer is None:
            waiting = [
                now - replica.waiting_since
                for replica in self._replicas.values()
                if replica.state is ReplicaState.WAIT_BGSAVE
            ]
            enough = self._settings.repl_diskless_sync_max_replicas
            if waiting and (max(waiting) >= self._start_delay() or 0 < enough <= len(waiting)):
                self._start_transfer()
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

    # -- full transfers

    def _start_delay(self) -> int:
        return self._settings.repl_diskless_sync_delay if self._settings.repl_diskless_sync else 0

    def _receivers(self) -> Iterator[AttachedReplica]:
        return (
            replica
            for replica in self._replicas.values()
            if replica.state is ReplicaState.SEND_BULK
        )

    def _start_transfer(self) -> None:
        """Take one snapshot for all who wait, tell them, and begin to send.

        While the server has another child, they go on waiting.
        """
        if self._forks.purpose is not None:
            return
        self._forks.begin("transfer")
        history = self._history
        keyspace = self._keyspace
        total = keyspace.size + self._machine.other_data_bytes
        snapshot = Snapshot(
            keyspace.snapshot(),
            keyspace.size,
            history.replid,
            history.offset,
            keyspace.expiries(),
        )
        # Without diskless replication the dump is written before it is sent.
        writing_us = 0 if self._settings.repl_diskless_sync else self._machine.save_us(total)
        self._transfer = transfer = Transfer(
            snapshot,
            total,
            self._environment.now_us() + round(writing_us * self._disk.slowdown),
            self._machine.sync_us(total),
        )
        answer = Status(f"FULLRESYNC {snapshot.replid} {snapshot.offset}")
        for replica in self._replicas.values():
            if replica.state is ReplicaState.WAIT_BGSAVE:
                replica.state = ReplicaState.SEND_BULK
                self._disk.syncs += 1
                replica.sync = f"{self._environment.name}/{self._disk.syncs}"
                replica.client.reply(answer)
                self._environment.record(
                    FullSyncStarted(
                        sync=replica.sync,
                        replica=f"{replica.host}:{replica.port}",
                        offset=snapshot.offset,
                    )
                )
        self._schedule_part(transfer)

    def _schedule_part(self, transfer: Transfer) -> None:
        elapsed_us = self._environment.now_us() - transfer.started_us
        delay_us = min(PART_INTERVAL_US, max(0, transfer.duration_us - elapsed_us))
        transfer.timer = self._environment.after(delay_us, self._send_part, transfer)

    def _send_part(self, transfer: Transfer) -> None:
        elapsed_us = self._environment.now_us() - transfer.started_us
        total = transfer.total_bytes
        finished = elapsed_us >= transfer.duration_us
        sent = total if finished else total * max(0, elapsed_us) // transfer.duration_us
        for replica in tuple(self._receivers()):
            connection = replica.client.connection
            if connection is not None and connection.is_open:
                snapshot = transfer.snapshot if finished else None
                # The bytes take their time here, so they weigh nothing on the network.
                connection.send(SnapshotPart(replica.sync, sent, total, snapshot), 0)
        if not finished:
            self._schedule_part(transfer)
            return
        self._transfer = None
        self._forks.end()
        for replica in tuple(self._receivers()):
            replica.state = ReplicaState.ONLINE
            replica.acked_seconds = self._environment.unix_seconds()
        self.count_good()

    def _cancel_transfer(self) -> None:
        if self._transfer is not None and self._transfer.timer is not None:
            self._transfer.timer.cancel()
        self._transfer = None
        self._forks.end()
