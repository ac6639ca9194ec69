"""What can be configured about a simulated Redis server, and the disk it finds again.

`Settings` are directives of ``redis.conf`` under their own names (``-`` becomes ``_``) and in
Redis' own units. `Machine` is what the simulator assumes about the computer below. `Disk` is what
outlives the process: the rewritten configuration and the saved data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

__all__ = ["DIRECTIVES", "Directive", "Disk", "Dump", "Machine", "Persistence", "Settings"]

Persistence: TypeAlias = Literal["none", "rdb"]
MEGABYTE = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Settings:
    """The directives that this server knows; sizes in bytes, times in seconds, as in Redis.

    `persistence` stands for the ``save`` directive: ``none`` is ``save ""``; ``rdb`` is described
    in `sim.redis.persistence`.
    """

    port: int = 6379
    replicaof: tuple[str, int] | None = None
    replica_priority: int = 100
    replica_announced: bool = True
    replica_announce_ip: str = ""
    replica_announce_port: int = 0
    replica_read_only: bool = True
    replica_serve_stale_data: bool = True
    repl_backlog_size: int = MEGABYTE
    repl_backlog_ttl: int = 3600
    repl_timeout: int = 60
    repl_ping_replica_period: int = 10
    repl_diskless_sync: bool = True
    repl_diskless_sync_delay: int = 5
    min_replicas_to_write: int = 0
    min_replicas_max_lag: int = 10
    persistence: Persistence = "rdb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Speeds and costs of the computer that a server runs on.

    A full transfer takes size / `sync_bytes_per_second` and loading takes size /
    `load_bytes_per_second`, where size is that of the keys and values plus `other_data_bytes`:
    data which the simulation does not hold but which takes its time. A replica applies what it
    receives `apply_delay_us` later. `offset_sample_us` is the shortest interval between two
    samples of the replication offset on the trace. Without `has_config_file` CONFIG REWRITE is
    an error and a restart forgets what was changed.
    """

    sync_bytes_per_second: int = 100_000_000
    load_bytes_per_second: int = 200_000_000
    other_data_bytes: int = 0
    apply_delay_us: int = 0
    config_rewrite_us: int = 1_000
    offset_sample_us: int = 100_000
    has_config_file: bool = True
    redis_version: str = "7.4.1"

    def sync_us(self, size: int) -> int:
        """Microseconds that the transfer of a snapshot of `size` bytes takes."""
        return size * 1_000_000 // self.sync_bytes_per_second

    def load_us(self, size: int) -> int:
        """Microseconds that loading a snapshot of `size` bytes takes."""
        return size * 1_000_000 // self.load_bytes_per_second


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A saved data set (the RDB file) with the history and offset it belongs to.

    `replid` is empty if there was no history to share.
    """

    save: str
    data: Mapping[str, str]
    size: int
    replid: str
    offset: int


@dataclass(slots=True)
class Disk:
    """What a restart finds: the configuration file and the last dump.

    The serial numbers make the names of dumps and full resynchronisations unique on a trace;
    they belong to the simulation, not to Redis.
    """

    config: Settings
    dump: Dump | None = None
    saves: int = 0
    syncs: int = 0
    keys_at_death: int | None = field(default=None)


Kind: TypeAlias = Literal["integer", "memory", "boolean", "text"]


@dataclass(frozen=True, slots=True)
class Directive:
    """How CONFIG GET and CONFIG SET show and read one attribute of `Settings`."""

    attribute: str
    kind: Kind
    mutable: bool = True
    minimum: int = 0
    maximum: int = 2**31 - 1

    def show(self, settings: Settings) -> str:
        """The value as CONFIG GET prints it."""
        value = getattr(settings, self.attribute)
        return ("yes" if value else "no") if self.kind == "boolean" else str(value)

    def parse(self, text: str) -> int | bool | str:
        """The value that `text` means; ValueError carries Redis' own complaint."""
        if self.kind == "text":
            return text
        if self.kind == "boolean":
            if text.lower() not in ("yes", "no"):
                raise ValueError("argument must be 'yes' or 'no'")
            return text.lower() == "yes"
        number = _parse_memory(text) if self.kind == "memory" else _parse_integer(text)
        if not self.minimum <= number <= self.maximum:
            raise ValueError(
                f"argument must be between {self.minimum} and {self.maximum} inclusive"
            )
        return number


def _parse_integer(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("argument couldn't be parsed into an integer")
    return int(text)


MEMORY_UNITS = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1024,
    "m": 1000**2,
    "mb": 1024**2,
    "g": 1000**3,
    "gb": 1024**3,
}


def _parse_memory(text: str) -> int:
    digits = text.rstrip("bBkKmMgG")
    unit = MEMORY_UNITS.get(text[len(digits) :].lower())
    if unit is None or not (digits.isascii() and digits.isdigit()):
        raise ValueError("argument must be a memory value")
    return int(digits) * unit


DIRECTIVES: Mapping[str, Directive] = MappingProxyType(
    {
        "port": Directive("port", "integer", mutable=False),
        "replica-priority": Directive("replica_priority", "integer"),
        "slave-priority": Directive("replica_priority", "integer"),
        "replica-announced": Directive("replica_announced", "boolean"),
        "replica-announce-ip": Directive("replica_announce_ip", "text"),
        "slave-announce-ip": Directive("replica_announce_ip", "text"),
        "replica-announce-port": Directive("replica_announce_port", "integer", maximum=65535),
        "slave-announce-port": Directive("replica_announce_port", "integer", maximum=65535),
        "replica-read-only": Directive("replica_read_only", "boolean"),
        "slave-read-only": Directive("replica_read_only", "boolean"),
        "replica-serve-stale-data": Directive("replica_serve_stale_data", "boolean"),
        "slave-serve-stale-data": Directive("replica_serve_stale_data", "boolean"),
        "repl-backlog-size": Directive("repl_backlog_size", "memory", minimum=1, maximum=2**63 - 1),
        "repl-backlog-ttl": Directive("repl_backlog_ttl", "integer"),
        "repl-timeout": Directive("repl_timeout", "integer", minimum=1),
        "repl-ping-replica-period": Directive("repl_ping_replica_period", "integer", minimum=1),
        "repl-ping-slave-period": Directive("repl_ping_replica_period", "integer", minimum=1),
        "repl-diskless-sync": Directive("repl_diskless_sync", "boolean"),
        "repl-diskless-sync-delay": Directive("repl_diskless_sync_delay", "integer"),
        "min-replicas-to-write": Directive("min_replicas_to_write", "integer"),
        "min-slaves-to-write": Directive("min_replicas_to_write", "integer"),
        "min-replicas-max-lag": Directive("min_replicas_max_lag", "integer"),
        "min-slaves-max-lag": Directive("min_replicas_max_lag", "integer"),
    }
)
