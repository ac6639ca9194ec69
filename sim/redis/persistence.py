"""Saving and loading: what is on the disk when, and so what a restart finds (redis-node §10).

Two things may be there. The *dump* (RDB) is the data set as of one moment: a child of the server
writes it at save points, a replica keeps the snapshot that it received, SHUTDOWN writes one. The
*append-only file* (AOF, `sim.redis.appending`) holds every write.

A crash loses what the dump does not have. With ``save ""`` and no append-only file nothing is kept:
the server comes back empty. *Differs on purpose:* a real server loads whatever dump it finds, with
``save ""`` too, for instance the one that SAVE wrote or that a replica received. Here such a dump
is deleted at the end of the process (as ``rdb-del-sync-files`` does with the received one), because
redis-node §10 says that a server without persistence comes back empty.
"""

from __future__ import annotations

from minisentinel.replies import Command
from sim.redis.appending import Appending
from sim.redis.disk import Disk, Dump
from sim.redis.environment import Environment, Timer
from sim.redis.forks import Forks
from sim.redis.keyspace import Keyspace
from sim.redis.replication.history import History
from sim.redis.replication.messages import Snapshot
from sim.redis.settings import Machine, Settings
from sim.trace import DataSaved, SaveEnded

__all__ = ["Persistence"]

RETRY_SECONDS = 5
"""After a save that failed the next one is not tried earlier."""

RDB_ERROR = (
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
    "disk. Commands that may modify the data set are disabled, because this instance is configured "
    "to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error "
    "option). Please check the Redis logs for details about the RDB error."
)
AOF_ERROR = "MISCONF Errors writing to the AOF file: No space left on device"


class Persistence:
    """What one server does to keep its data.

    `unsaved` counts the changes since the data set of the last dump.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        machine: Machine,
        disk: Disk,
        keyspace: Keyspace,
        history: History,
        forks: Forks,
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._machine = machine
        self._disk = disk
        self._keyspace = keyspace
        self._history = history
        self._forks = forks
        now = environment.unix_seconds()
        self.appending = Appending(
            environment, settings, machine, disk, forks, self.capture, self._mark
        )
        self.unsaved = 0
        self.saves = 0
        self.last_save_seconds = now
        self.last_save_failed = False
        self.last_duration_seconds = -1
        self._last_try_seconds = now
        self._unsaved_at_fork = 0
        self._save_timer: Timer | None = None
        self.save_asked = False

    # -- what others ask

    @property
    def is_on(self) -> bool:
        """Whether anything is to survive the process."""
        return bool(self._settings.save) or self.appending.is_on

    @property
    def is_saving(self) -> bool:
        """Whether a child writes a dump."""
        return self._forks.purpose == "save"

    @property
    def current_duration_seconds(self) -> int:
        """For how long the child has been writing the dump; -1 without one."""
        now = self._environment.unix_seconds()
        return now - self._last_try_seconds if self.is_saving else -1

    @property
    def trouble(self) -> str:
        """The error that writes and PING get while the disk does not do its part. [RED-1-17]"""
        settings = self._settings
        if self.last_save_failed and settings.stop_writes_on_bgsave_error and settings.save:
            return RDB_ERROR
        if self.appending.is_on and self.appending.last_write_failed:
            return AOF_ERROR
        return ""

    # -- what happens

    def wrote(self, commands: tuple[Command, ...], modified: int) -> None:
        """The server has executed these commands, which changed the data in `modified` places."""
        self.unsaved += modified
        if self._forks.purpose is not None:
            self._forks.wrote(modified)
        if self.appending.is_on:
            self.appending.append(commands)

    def cron(self) -> None:
        """Once per second: save if it is time, flush, rewrite."""
        if self._forks.purpose is None:
            if self.save_asked or self._is_time_to_save():
                self.begin_save()
            elif self.appending.is_time_to_rewrite():
                self.appending.begin_rewrite()
        self.appending.cron()

    def _is_time_to_save(self) -> bool:
        if not self.unsaved:
            return False
        now = self._environment.unix_seconds()
        if self.last_save_failed and now - self._last_try_seconds <= RETRY_SECONDS:
            return False
        passed = now - self.last_save_seconds
        return any(
            self.unsaved >= point.changes and passed > point.seconds
            for point in self._settings.save
        )

    # -- dumps

    def capture(self) -> Dump:
        """The data set of now, under a name of its own on the trace.

        Without a backlog nobody shares the history, and the dump does not tell it.
        """
        keyspace = self._keyspace
        history = self._history
        return Dump(
            save=self._mark(),
            data=keyspace.snapshot(),
            size=keyspace.size,
            replid=history.replid if history.backlog is not None else "",
            offset=history.offset,
            expires=keyspace.expiries(),
        )

    def _mark(self) -> str:
        """Give the data set of now a name on the trace."""
        save = self._disk.next_save(self._environment.name)
        self._environment.record(DataSaved(save=save, keys=len(self._keyspace)))
        return save

    def begin_save(self) -> None:
        """Fork a child that writes the dump; there must be no other child."""
        self.save_asked = False
        self._last_try_seconds = self._environment.unix_seconds()
        self._unsaved_at_fork = self.unsaved
        self._forks.begin("save")
        dump = self.capture()
        self._save_timer = self._environment.after(self._save_us(dump.size), self._end_save, dump)

    def _save_us(self, size: int) -> int:
        machine = self._machine
        return round(machine.save_us(size + machine.other_data_bytes) * self._disk.slowdown)

    def _end_save(self, dump: Dump) -> None:
        self._forks.end()
        self.last_save_failed = not self._finish(dump, self._unsaved_at_fork)

    def _finish(self, dump: Dump, saved_changes: int) -> bool:
        now = self._environment.unix_seconds()
        ok = not self._disk.is_failing
        self.last_duration_seconds = now - self._last_try_seconds
        self._environment.record(SaveEnded(save=dump.save, ok=ok))
        if ok:
            self._disk.dump = dump
            self.saves += 1
            self.last_save_seconds = now
            self.unsaved -= saved_changes
            self.last_save_failed = False
        return ok

    def save_now(self) -> bool:
        """Write the dump here and now, the server standing still; False if it failed.

        Whoever asked for it is told, and so nobody else: a failure is no reason for ``-MISCONF``.
        """
        self._last_try_seconds = self._environment.unix_seconds()
        dump = self.capture()
        self._environment.charge(self._save_us(dump.size))
        return self._finish(dump, self.unsaved)

    def keep(self, sync: str, snapshot: Snapshot) -> None:
        """A replica has received a snapshot, which replaces whatever it had on its disk.

        *Simplified:* nothing is unsaved then, unless a save has failed, which is tried again; a
        real server counts on from the last dump of its own.
        """
        disk = self._disk
        if self.is_saving and self._save_timer is not None:
            self._save_timer.cancel()
            self._forks.end()
        dump = Dump(
            save=disk.next_save(self._environment.name),
            data=snapshot.data,
            size=snapshot.size,
            replid=snapshot.replid,
            offset=snapshot.offset,
            expires=snapshot.expires,
        )
        if self.appending.is_on:
            self.appending.start_from(dump)
        disk.dump = dump if self.is_on else None
        if self.is_on:
            self._environment.record(DataSaved(save=dump.save, keys=len(dump.data), sync=sync))
        if not self.last_save_failed:
            self.unsaved = 0

    # -- the end of the process

    def leave(self, *, power_lost: bool, loading: bool) -> None:
        """The process has ended: what it had not written is gone."""
        self.appending.leave(power_lost=power_lost, loading=loading)
        if not self.is_on:
            self._disk.dump = None
