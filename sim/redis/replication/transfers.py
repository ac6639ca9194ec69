"""Full resynchronisations, as the master has them: a snapshot is made and sent.

*Diskless* (``repl-diskless-sync yes``, the default): a child writes the snapshot into the sockets
of all replicas that wait, as fast as the slowest of them takes it, and lives until they have it.
Otherwise the child writes a file and is gone, and each replica gets the file at its own pace.
(spec: redis-node §4.2)

The machine gives the highest pace. A narrow path, or a replica that does not read, slows a transfer
down: what neither the path has carried nor the replica has read fills the buffers between them, and
there is no *room* for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from minisentinel.replies import Status
from sim.redis.clients import Client
from sim.redis.disk import Disk
from sim.redis.environment import Environment, Timer
from sim.redis.forks import Forks
from sim.redis.keyspace import Keyspace
from sim.redis.replication.attached import AttachedReplica, ReplicaState
from sim.redis.replication.history import History
from sim.redis.replication.messages import NEWLINE, Snapshot, SnapshotPart
from sim.redis.settings import Machine, Settings
from sim.trace import FullSyncStarted

__all__ = ["Transfers"]

PART_INTERVAL_US = 100_000


@dataclass(slots=True, eq=False)
class Delivery:
    """A snapshot on its way to `receivers`, which all get the same bytes at the same time.

    `began_us` moves on while nothing can be sent. `moved_seconds` is when some bytes went last.
    """

    snapshot: Snapshot
    receivers: list[AttachedReplica]
    total_bytes: int
    duration_us: int
    began_us: int
    moved_seconds: int
    is_diskless: bool
    sent_bytes: int = 0
    timer: Timer | None = None

    def ready_bytes(self, now_us: int) -> int:
        """How much of the snapshot the machine could have sent by now."""
        elapsed_us = max(0, now_us - self.began_us)
        if elapsed_us >= self.duration_us:
            return self.total_bytes
        return self.total_bytes * elapsed_us // self.duration_us

    def next_us(self, now_us: int) -> int:
        """How long to wait for the next part."""
        return min(PART_INTERVAL_US, max(0, self.began_us + self.duration_us - now_us))

    def fall_behind(self, now_us: int) -> int:
        """The machine could have sent more, and does not make up for it; how long to wait now."""
        self.began_us = now_us - self.duration_us * self.sent_bytes // self.total_bytes
        return PART_INTERVAL_US


class Transfers:
    """The snapshots that one server makes and sends.

    `delivered` is called when replicas have been sent all of theirs.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        machine: Machine,
        disk: Disk,
        history: History,
        keyspace: Keyspace,
        forks: Forks,
        delivered: Callable[[], None],
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._machine = machine
        self._disk = disk
        self._history = history
        self._keyspace = keyspace
        self._forks = forks
        self._delivered = delivered
        self._deliveries: list[Delivery] = []
        self._writing: Delivery | None = None
        self._unserved: list[AttachedReplica] = []

    @property
    def delay_seconds(self) -> int:
        """How long a replica waits for others to come: one snapshot does for all of them."""
        return self._settings.repl_diskless_sync_delay if self._settings.repl_diskless_sync else 0

    def begin(self, waiting: Iterable[AttachedReplica]) -> None:
        """Take one snapshot for all who wait, and tell them.

        While the server has another child, they go on waiting.
        """
        if self._forks.purpose is not None:
            return
        self._forks.begin("transfer")
        total = self._keyspace.size + self._machine.other_data_bytes
        delivery = Delivery(
            self._take_snapshot(),
            list(waiting),
            total,
            self._machine.sync_us(total),
            self._environment.now_us(),
            self._environment.unix_seconds(),
            self._settings.repl_diskless_sync,
        )
        for replica in delivery.receivers:
            self._announce(delivery, replica)
        if delivery.is_diskless:
            self._send(delivery)
        else:
            self._write(delivery)

    def join(self, replica: AttachedReplica) -> bool:
        """Let a late one have the file that is being written for others, if there is one."""
        delivery = self._writing
        if delivery is None:
            return False
        replica.queue = list(delivery.receivers[0].queue)
        delivery.receivers.append(replica)
        self._announce(delivery, replica)
        return True

    def _announce(self, delivery: Delivery, replica: AttachedReplica) -> None:
        self._disk.syncs += 1
        replica.sync = f"{self._environment.name}/{self._disk.syncs}"
        snapshot = delivery.snapshot
        replica.client.reply(Status(f"FULLRESYNC {snapshot.replid} {snapshot.offset}"))
        self._environment.record(
            FullSyncStarted(
                sync=replica.sync,
                replica=f"{replica.host}:{replica.port}",
                offset=snapshot.offset,
            )
        )

    def forget(self, replica: AttachedReplica) -> None:
        """A replica is gone. A child that works for nobody any more is stopped."""
        if replica in self._unserved:
            self._unserved.remove(replica)
        writing = [self._writing] if self._writing is not None else []
        for delivery in self._deliveries + writing:
            if replica in delivery.receivers:
                delivery.receivers.remove(replica)
                if not delivery.receivers:
                    self._cancel(delivery)

    def keep_waiting(self) -> None:
        """Once per second: an empty line for those whose snapshot is being written to a file."""
        if self._writing is not None:
            for replica in self._writing.receivers:
                replica.send(NEWLINE, 1)

    def overdue(self) -> list[Client]:
        """Whose socket has taken nothing for longer than ``repl-timeout``, others waiting for it.

        As in a real server nobody looks at a replica that is sent a file. [RED-4.3-4] With them
        come those whose file could not be written.
        """
        latest = self._environment.unix_seconds() - self._settings.repl_timeout
        return [replica.client for replica in self._unserved] + [
            replica.client
            for delivery in self._deliveries
            if delivery.is_diskless and delivery.moved_seconds < latest
            for replica in delivery.receivers
            if self._environment.room(replica.client) == 0
        ]

    # -- making

    def _take_snapshot(self) -> Snapshot:
        keyspace, history = self._keyspace, self._history
        return Snapshot(
            keyspace.snapshot(), keyspace.size, history.replid, history.offset, keyspace.expiries()
        )

    def _write(self, delivery: Delivery) -> None:
        """Let the child write a file; sending begins when it is gone."""
        self._writing = delivery
        writing_us = round(self._machine.save_us(delivery.total_bytes) * self._disk.slowdown)
        delivery.timer = self._environment.after(writing_us, self._written, delivery)

    def _written(self, delivery: Delivery) -> None:
        self._writing = None
        self._forks.end()
        if self._disk.is_failing:
            self._unserved += delivery.receivers
            return
        for replica in delivery.receivers:
            replica.state = ReplicaState.SEND_BULK
            self._send(
                Delivery(
                    delivery.snapshot,
                    [replica],
                    delivery.total_bytes,
                    delivery.duration_us,
                    self._environment.now_us(),
                    self._environment.unix_seconds(),
                    is_diskless=False,
                )
            )

    # -- sending

    def _send(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)
        wait_us = delivery.next_us(self._environment.now_us())
        delivery.timer = self._environment.after(wait_us, self._send_part, delivery)

    def _send_part(self, delivery: Delivery) -> None:
        now_us = self._environment.now_us()
        ready = sent = delivery.ready_bytes(now_us)
        for replica in delivery.receivers:
            room = self._environment.room(replica.client)
            if room is not None:
                sent = min(sent, delivery.sent_bytes + room)
        size = sent - delivery.sent_bytes
        delivery.sent_bytes = sent
        if size:
            delivery.moved_seconds = self._environment.unix_seconds()
        is_finished = sent == delivery.total_bytes
        if size or is_finished:
            announced = 0 if delivery.is_diskless else delivery.total_bytes
            snapshot = delivery.snapshot if is_finished else None
            for replica in delivery.receivers:
                replica.send(SnapshotPart(replica.sync, sent, announced, snapshot), size)
        if is_finished:
            self._finish(delivery)
            return
        wait_us = delivery.next_us(now_us) if sent == ready else delivery.fall_behind(now_us)
        delivery.timer = self._environment.after(wait_us, self._send_part, delivery)

    def _finish(self, delivery: Delivery) -> None:
        self._deliveries.remove(delivery)
        if delivery.is_diskless:
            self._forks.end()
        for replica in delivery.receivers:
            replica.state = ReplicaState.ONLINE
            replica.acked_seconds = self._environment.unix_seconds()
        self._delivered()

    def _cancel(self, delivery: Delivery) -> None:
        if delivery.timer is not None:
            delivery.timer.cancel()
        if delivery is self._writing:
            self._writing = None
            self._forks.end()
        else:
            self._deliveries.remove(delivery)
            if delivery.is_diskless:
                self._forks.end()
