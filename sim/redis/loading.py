"""Reading a data set into memory: at the start from the disk, on a replica from its master.

It takes size / rate (`Machine`), and meanwhile the server answers ``-LOADING`` (redis-node §10).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.redis.keyspace import Expiry
from sim.redis.replication.messages import Snapshot
from sim.redis.replication.upstream import CachedMaster
from sim.trace import DataLoaded, DataLost

if TYPE_CHECKING:
    from sim.redis.server import Server

__all__ = ["Loading"]


class Loading:
    """What one server loads; `began_seconds` is when it began to, by the host's clock."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._bytes = 0
        self._begin_us = 0
        self._end_us = 0
        self.began_seconds = 0

    @property
    def progress(self) -> tuple[int, int, int]:
        """Bytes loaded, bytes in all, and how many seconds are left, while it loads."""
        now_us = self._server.environment.now_us()
        duration_us = max(1, self._end_us - self._begin_us)
        left_seconds = -(-(self._end_us - now_us) // 1_000_000)
        return self._bytes * (now_us - self._begin_us) // duration_us, self._bytes, left_seconds

    def from_disk(self) -> None:
        """Load what the last run has left: the append-only file if that is on, else the dump."""
        server = self._server
        disk, log, uses_log = server.disk, server.disk.log, server.settings.appendonly
        if uses_log and log is not None and log.durable_save:
            self._load(log.base.size, self._replay, server.machine.replay_us(log.bytes))
        elif not uses_log and disk.dump is not None:
            self._load(disk.dump.size, self._take_dump)
        else:
            if disk.keys_at_death is not None:
                server.environment.record(DataLost(keys=disk.keys_at_death))
            if uses_log:
                disk.log = None
            server.sampler.changed()

    def from_master(self, sync: str, snapshot: Snapshot, done: Callable[[], None]) -> None:
        """Replace the data by a received snapshot, then call `done`."""
        server = self._server
        server.keyspace.clear()
        server.persistence.keep(sync, snapshot)

        def finish(_: object) -> None:
            server.keyspace.restore(snapshot.data, snapshot.size, snapshot.expires)
            server.loading = False
            done()
            server.sampler.changed()

        self._load(snapshot.size, finish)

    def _load(self, size: int, callback: Callable[[object], None], extra_us: int = 0) -> None:
        """Be loading for as long as `size` bytes take, and `extra_us`; then call back."""
        server = self._server
        environment, machine = server.environment, server.machine
        server.loading = True
        self.began_seconds = environment.unix_seconds()
        self._bytes = size + machine.other_data_bytes
        duration_us = machine.load_us(self._bytes) + extra_us
        self._begin_us = environment.now_us()
        self._end_us = self._begin_us + duration_us
        if duration_us:
            environment.after(duration_us, callback)
        else:
            callback(None)

    def _take_dump(self, _: object) -> None:
        server = self._server
        dump = server.disk.dump
        assert dump is not None
        server.keyspace.restore(dump.data, dump.size, dump.expires)
        server.loading = False
        if dump.replid:
            self._resume_history(dump.replid, dump.offset)
        self._finish(dump.save)

    def _replay(self, _: object) -> None:
        """Execute the append-only file; it does not tell the history. [RED-10-3]"""
        server = self._server
        keyspace, log = server.keyspace, server.disk.log
        assert log is not None
        keyspace.expiry = Expiry.IGNORED
        keyspace.restore(log.base.data, log.base.size, log.base.expires)
        server.loading = False
        for commands in log.entries:
            server.obey(commands)
        keyspace.take(())
        server.set_expiry()
        log.durable = len(log.entries)
        self._finish(log.durable_save)

    def _resume_history(self, replid: str, offset: int) -> None:
        """Stand where the dump stood: a replica on its master's history, a master beyond its own.

        [RED-10-2]
        """
        server = self._server
        history = server.history
        history.offset = offset
        if server.is_replica:
            history.replid = replid
            server.upstream.cached = CachedMaster(replid, offset)
        else:
            history.replid2 = replid
            history.second_offset = offset + 1
            history.create_backlog(server.settings.repl_backlog_size)

    def _finish(self, save: str) -> None:
        server = self._server
        server.upstream.cron()
        server.environment.record(DataLoaded(save=save, keys=len(server.keyspace)))
        server.sampler.changed()
