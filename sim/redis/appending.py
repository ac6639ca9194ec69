"""The append-only file: every write, in the order of execution (redis-node §10).

The server writes to the file before it answers, so the end of the *process* loses nothing. What is
written is safe from a loss of *power* only after an fsync: ``always`` does one before each answer,
``everysec`` has a thread do one each second, ``no`` leaves it to the operating system, which takes
about half a minute.

A slow disk stops the server: with ``always`` each write waits; with ``everysec`` a write that finds
the last fsync still going on is put off, for two seconds at most, and then waits for its end.

*Simplified:* what is put off is in the file all the same when the process is killed; a rewrite
after a full resynchronisation is instantaneous.
"""

from __future__ import annotations

from collections.abc import Callable

from minisentinel.replies import Command
from minisentinel.wire import command_size
from sim.redis.disk import AppendLog, Disk, Dump
from sim.redis.environment import Environment
from sim.redis.forks import Forks
from sim.redis.settings import Machine, Settings
from sim.trace import SaveEnded

__all__ = ["Appending"]

PATIENCE_US = 2_000_000
"""How long a write is put off because of an fsync that goes on."""

SYSTEM_FLUSH_SECONDS = 30
"""When an operating system writes what nobody has asked it to."""

ALWAYS_FAILED_STATUS = 1


class Appending:
    """The append-only file of one server; `is_on` while there is one.

    `capture()` returns the data set of now; `mark()` only names it on the trace.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        machine: Machine,
        disk: Disk,
        forks: Forks,
        capture: Callable[[], Dump],
        mark: Callable[[], str],
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._machine = machine
        self._disk = disk
        self._forks = forks
        self._capture = capture
        self._mark = mark
        self._fsync_ends_us: int | None = None
        self._put_off_since_us: int | None = None
        self._last_fsync_seconds = environment.unix_seconds()
        self._rewrite_began_seconds = 0
        self.rewrite_asked = False
        self.last_rewrite_seconds = -1
        self.rewrites = 0
        self.delayed_fsyncs = 0
        self.last_write_failed = False
        self.is_on = settings.appendonly

    @property
    def bytes(self) -> int:
        """The size of the file."""
        log = self._disk.log
        return log.base.size + log.bytes if log is not None else 0

    @property
    def is_rewriting(self) -> bool:
        """Whether a child writes the file anew."""
        return self._forks.purpose == "rewrite"

    # -- turning it on and off

    def begin(self) -> None:
        """A server that has it on starts: without a file it begins with an empty one."""
        if self.is_on and self._disk.log is None:
            empty = Dump(save="", data={}, size=0, replid="", offset=0)
            self._disk.log = AppendLog(empty)

    def start_from(self, dump: Dump) -> None:
        """Begin a new file with this data set."""
        self._disk.log = AppendLog(dump, durable_save=dump.save)

    def turn(self, on: bool) -> None:
        """CONFIG SET appendonly: on begins with the data of now."""
        if on and not self.is_on:
            self.start_from(self._capture())
        self.is_on = on

    # -- writing

    def append(self, commands: tuple[Command, ...]) -> None:
        """Write what was executed as one; with ``always`` it is durable when this returns."""
        log = self._disk.log
        assert log is not None
        # A PUBLISH goes to the replicas, and leaves no trace in the data.
        entry = tuple(command for command in commands if command[0].lower() != "publish")
        log.entries.append(entry)
        log.bytes += sum(map(command_size, entry))
        if self._disk.is_failing:
            self._fail()
        elif self._settings.appendfsync == "always":
            self._environment.charge(self._fsync_us)
            log.durable = len(log.entries)
        elif self._fsync_ends_us is not None:
            self._put_off()

    @property
    def _fsync_us(self) -> int:
        return round(self._machine.fsync_us * self._disk.slowdown)

    def _fail(self) -> None:
        self.last_write_failed = True
        if self._settings.appendfsync == "always":
            # It has promised what it cannot keep: the real server ends as well.
            self._environment.exit(ALWAYS_FAILED_STATUS)

    def _put_off(self) -> None:
        """A write finds an fsync going on: wait for it once patience is over."""
        assert self._fsync_ends_us is not None
        now_us = self._environment.now_us()
        if self._put_off_since_us is None:
            self._put_off_since_us = now_us
        elif now_us - self._put_off_since_us >= PATIENCE_US and now_us < self._fsync_ends_us:
            self.delayed_fsyncs += 1
            self._environment.charge(self._fsync_ends_us - now_us)

    # -- once per second

    def cron(self) -> None:
        """Try again what has failed, and begin an fsync if it is time."""
        log = self._disk.log
        if not self.is_on or log is None:
            return
        if self.last_write_failed:
            self.last_write_failed = self._disk.is_failing
        if self._settings.appendfsync == "always" or self._fsync_ends_us is not None:
            return
        if self.is_rewriting and self._settings.no_appendfsync_on_rewrite:
            return
        period = 1 if self._settings.appendfsync == "everysec" else SYSTEM_FLUSH_SECONDS
        now = self._environment.unix_seconds()
        if log.durable < len(log.entries) and now - self._last_fsync_seconds >= period:
            self._last_fsync_seconds = now
            self._begin_fsync(log)

    def _begin_fsync(self, log: AppendLog) -> None:
        save = self._mark()
        self._fsync_ends_us = self._environment.now_us() + self._fsync_us
        self._environment.after(self._fsync_us, self._end_fsync, (log, len(log.entries), save))

    def _end_fsync(self, what: tuple[AppendLog, int, str]) -> None:
        log, entries, save = what
        self._fsync_ends_us = self._put_off_since_us = None
        ok = not self._disk.is_failing
        self._environment.record(SaveEnded(save=save, ok=ok))
        if ok:
            log.durable, log.durable_save = entries, save

    # -- rewriting

    def is_time_to_rewrite(self) -> bool:
        """Whether the file has grown so much that it is to be written anew."""
        log = self._disk.log
        if not self.is_on or log is None:
            return False
        if self.rewrite_asked:
            return True
        settings = self._settings
        base = log.base.size or 1
        return (
            settings.auto_aof_rewrite_percentage > 0
            and self.bytes > settings.auto_aof_rewrite_min_size
            and log.bytes * 100 // base >= settings.auto_aof_rewrite_percentage
        )

    def begin_rewrite(self) -> None:
        """Fork a child that writes the data of now; what comes meanwhile is kept beside it."""
        log = self._disk.log
        assert log is not None
        self.rewrite_asked = False
        self._rewrite_began_seconds = self._environment.unix_seconds()
        self._forks.begin("rewrite")
        dump = self._capture()
        size = dump.size + self._machine.other_data_bytes
        duration_us = round(self._machine.save_us(size) * self._disk.slowdown)
        self._environment.after(duration_us, self._end_rewrite, (log, dump, len(log.entries)))

    def _end_rewrite(self, what: tuple[AppendLog, Dump, int]) -> None:
        log, dump, entries = what
        self._forks.end()
        now = self._environment.unix_seconds()
        self.last_rewrite_seconds = now - self._rewrite_began_seconds
        ok = not self._disk.is_failing and self._disk.log is log
        self._environment.record(SaveEnded(save=dump.save, ok=ok))
        if ok:
            self.rewrites += 1
            rest = log.entries[entries:]
            self._disk.log = AppendLog(
                dump,
                rest,
                sum(command_size(command) for entry in rest for command in entry),
                max(0, log.durable - entries),
                log.durable_save if log.durable > entries else dump.save,
            )

    # -- the end of the process

    def leave(self, *, power_lost: bool, loading: bool) -> None:
        """The process has ended; with the power goes what no fsync has covered.

        A server that was still loading has added nothing.
        """
        log = self._disk.log
        if not self.is_on or log is None or loading:
            return
        if power_lost and log.durable < len(log.entries):
            del log.entries[log.durable :]
        else:
            log.durable_save = self._mark()
