"""What travels on a replication link beside commands and replies.

The stream is made of `Unit` values: a command, or a transaction, which a replica applies as a
whole. Replicas pass on the very units they received, so one unit object serves a whole tree of
servers and its bytes have the same offsets everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minisentinel.replies import Command
from minisentinel.wire import command_size
from sim.redis.values import Value

__all__ = ["NEWLINE", "Newline", "Snapshot", "SnapshotPart", "StreamPart", "Unit", "unit_size"]

MULTI: Command = ("MULTI",)
EXEC: Command = ("EXEC",)


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest piece of the stream: `size` bytes that end at offset `end`."""

    commands: tuple[Command, ...]
    size: int
    end: int


def unit_size(commands: tuple[Command, ...]) -> int:
    """Bytes in the stream: several commands are wrapped in MULTI and EXEC."""
    size = sum(map(command_size, commands))
    if len(commands) > 1:
        size += command_size(MULTI) + command_size(EXEC)
    return size


@dataclass(frozen=True, slots=True)
class StreamPart:
    """Consecutive units of the stream, as sent at one time."""

    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A data set of `size` bytes at `offset` of the history `replid`."""

    data: Mapping[str, Value]
    size: int
    replid: str
    offset: int
    expires: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """Some bytes of the snapshot that the full resynchronisation `sync` transfers.

    `sent_bytes` is how many there have been with these; `total_bytes` how many there will be, 0
    where the master does not know it because it sends what it has not written yet. The last part
    carries the snapshot itself.
    """

    sync: str
    sent_bytes: int
    total_bytes: int
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Newline:
    """The empty line by which a master keeps a waiting replica from timing out."""


NEWLINE = Newline()
