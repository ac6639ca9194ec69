"""Saving and loading: what a restart of a server finds (spec: redis-node §10).

With persistence ``none`` a restart is empty. With ``rdb`` it loads the dump on the disk.
*Simplified:* the dump is as of the moment at which the process ended, as if its last save point
had come exactly then; so a crash loses nothing, and the saved id and offset are those at the end.
A process that ends while it loads keeps the dump it was loading.
"""

from __future__ import annotations

from sim.redis.keyspace import Keyspace
from sim.redis.replication.history import History
from sim.redis.replication.messages import Snapshot
from sim.redis.settings import Disk, Dump

__all__ = ["keep", "save"]


def save(name: str, disk: Disk, keyspace: Keyspace, history: History) -> Dump:
    """Write the data set to the disk, and return the dump.

    Without a backlog nobody shares the history, and the dump does not tell it.
    """
    replid = history.replid if history.backlog is not None else ""
    snapshot = Snapshot(keyspace.snapshot(), keyspace.size, replid, history.offset)
    return keep(name, disk, snapshot)


def keep(name: str, disk: Disk, snapshot: Snapshot) -> Dump:
    """Make a snapshot the dump on the disk: a replica does so before it loads it."""
    disk.saves += 1
    disk.dump = Dump(
        save=f"{name}/{disk.saves}",
        data=snapshot.data,
        size=snapshot.size,
        replid=snapshot.replid,
        offset=snapshot.offset,
    )
    return disk.dump
