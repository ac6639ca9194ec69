"""What the virtual world writes on the trace beside the Sentinels: servers, clients, faults.

Hosts and ports are those a node is reached at, or what its masters and clients were told: then a
host may be a name, which `HostNamed` explains. Offsets are replication offsets in bytes.

**The data set of every server can be computed from the trace.** Read the entries in order, keep a
dictionary for each node (empty at first), and for each record of that node:

====================  ==========================================================================
`WriteAccepted`,      set `key` to `value`; a `value` of None deletes the key, and with it all
`WriteApplied`        elements of a container: the keys ``key[...]``
`KeyRemoved`          delete `key`, and all keys ``key[...]``
`FullSyncStarted`     remember a copy of this node's dictionary under `sync`
`FullSyncLoaded`      replace the dictionary by the copy remembered (by the master) under `sync`
`DataSaved`           remember a copy under `save`: of this node's dictionary, or, if `sync` is
                      not empty, of what was remembered under `sync`
`DataLoaded`          replace the dictionary by the copy remembered under `save`
`DataLost`            empty the dictionary
====================  ==========================================================================

An element of a list, set, sorted set or hash is a key of its own here: ``key[position]``,
``key[member]`` or ``key[field]`` (see `sim.redis.values`).

The records of one transaction stand together and have the same `offset`. Between the end of a
transfer and `FullSyncLoaded` a replica has no data, but answers ``-LOADING`` to whoever asks.

**Lost writes**: take the `WriteAccepted` of all nodes in order and, at the end, the dictionary of
the server that is master then. The values that a key had there are those of the writes which this
server accepted, applied, or received in a snapshot: keep a set of write ids beside each dictionary
(added, copied, replaced and emptied together with it) and an acknowledged write is lost exactly
when its id is not in the final master's set. An `Operation` whose outcome is ok says that a client
got the acknowledgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minisentinel.trace import Data, NodeStarted, ProcessChanged, record

__all__ = [
    "ClientStarted",
    "DataLoaded",
    "DataLost",
    "DataSaved",
    "FaultInjected",
    "FullSyncLoaded",
    "FullSyncStarted",
    "HostNamed",
    "KeyRemoved",
    "NodeStarted",
    "Operation",
    "PartialSync",
    "ProcessChanged",
    "ReplicaLinkChanged",
    "ReplicationOffset",
    "RoleChanged",
    "RunEnded",
    "SaveEnded",
    "ValueRead",
    "WriteAccepted",
    "WriteApplied",
    "WriteGuard",
    "WriteRefused",
]


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class FaultInjected(Data):
    """Somebody did something to the world: `verb` (kill, pause, partition, heal, ...) to this node.

    `detail` is for people; the node of a fault that concerns the network is ``network``.
    """

    kind: ClassVar[str] = "fault"
    verb: str
    detail: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class HostNamed(Data):
    """From now on the host `name` means the numeric `address`; empty: nobody has that name."""

    kind: ClassVar[str] = "host-named"
    name: str
    address: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged(Data):
    """A Redis server's configured role is `role` (master or replica), following host and port."""

    kind: ClassVar[str] = "role"
    role: str
    master_host: str
    master_port: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaLinkChanged(Data):
    """This replica's link to its master is `up` (the stream is established) or not."""

    kind: ClassVar[str] = "replica-link"
    up: bool
    master_host: str
    master_port: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class PartialSync(Data):
    """This replica continued the stream of its master from `offset` without a full transfer."""

    kind: ClassVar[str] = "partial-sync"
    master: str
    offset: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class FullSyncStarted(Data):
    """This server took a snapshot of its data at `offset` for `replica`; `sync` numbers it."""

    kind: ClassVar[str] = "full-sync-started"
    sync: str
    replica: str
    offset: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class FullSyncLoaded(Data):
    """This replica replaced its data by the snapshot numbered `sync`."""

    kind: ClassVar[str] = "full-sync-loaded"
    sync: str
    offset: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class DataLost(Data):
    """This server started with nothing, its data of before gone (no persistence)."""

    kind: ClassVar[str] = "data-lost"
    keys: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class DataSaved(Data):
    """This server began to save its data set of now; `save` numbers it, `keys` counts its keys.

    `sync` is empty, or numbers the full resynchronisation whose snapshot was saved instead of the
    data in memory. Where saving takes time, `SaveEnded` says how it ended; what has not been saved
    is never loaded.
    """

    kind: ClassVar[str] = "data-saved"
    save: str
    keys: int
    sync: str = ""


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class SaveEnded(Data):
    """The data set numbered `save` is on this server's disk (`ok`), or could not be written."""

    kind: ClassVar[str] = "save-ended"
    save: str
    ok: bool


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class DataLoaded(Data):
    """This server started with the saved data set numbered `save`, from a dump or a log."""

    kind: ClassVar[str] = "data-loaded"
    save: str
    keys: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationOffset(Data):
    """A sample of this server's replication offset, taken when it differs from the last one."""

    kind: ClassVar[str] = "offset"
    offset: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAccepted(Data):
    """This master executed a client's write and owes an acknowledgement.

    `write` identifies the write (``key=value``, ``key+1=result``, ``del key``; for the elements of
    a container the command, ``sadd key member``); `offset` is the offset after it; `key` has the
    value `value` from now on (None: the key is gone).
    """

    kind: ClassVar[str] = "write-accepted"
    write: str
    offset: int
    key: str = ""
    value: str | None = None


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRemoved(Data):
    """This master removed `key` by itself; `reason` is expired or evicted.

    `offset` is the offset after it: replicas are told to delete the key.
    """

    kind: ClassVar[str] = "key-removed"
    key: str
    reason: str
    offset: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRefused(Data):
    """This server refused a client's write; `reason` is the first word of the error.

    `write` is as in `WriteAccepted`, without a result for a counter: ``key+1``.
    """

    kind: ClassVar[str] = "write-refused"
    write: str
    reason: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteApplied(Data):
    """This replica applied a write that came down the replication stream, up to `offset`.

    `write`, `key` and `value` are those of `WriteAccepted`.
    """

    kind: ClassVar[str] = "write-applied"
    write: str
    offset: int
    key: str = ""
    value: str | None = None


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Data):
    """A client's operation ended: `outcome` is ok, failed (definitely not done) or unknown.

    `started_us` is the time it began; the entry's own time is its end. `target` is the server's
    host:port (empty when none was found); `error` says what went wrong; `write` identifies a write
    as in `WriteAccepted` and is empty for anything else.
    """

    kind: ClassVar[str] = "operation"
    name: str
    write: str
    target: str
    started_us: int
    outcome: str
    error: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStarted(Data):
    """What kind of client this is: `rate` operations a second, one batch every `period_us`.

    A client that is as the defaults say does not say so. With `wait_replicas` its writes count as
    acknowledged when so many replicas have them.
    """

    kind: ClassVar[str] = "client-started"
    client: str = "textbook"
    rate: float = 10.0
    period_us: int = 100_000
    wait_replicas: int = 0


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRead(Data):
    """A client read `value` at `key` (None: nothing was there) from `target`, host:port.

    The `Operation` of that read follows, with the same `started_us`.
    """

    kind: ClassVar[str] = "value-read"
    key: str
    value: str | None
    target: str
    started_us: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteGuard(Data):
    """From now on this server as a master writes only with `min_replicas` replicas that it hears.

    A replica is heard of whose last acknowledgement is at most `max_lag_seconds` old. Both are 0
    for a server that has given that up; one that never had it does not say so.
    """

    kind: ClassVar[str] = "write-guard"
    min_replicas: int
    max_lag_seconds: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Data):
    """The run is over; `reason` is calm, duration or limit."""

    kind: ClassVar[str] = "run-ended"
    reason: str
