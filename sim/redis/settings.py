"""What can be configured about a simulated Redis server, and the computer that it runs on.

`Settings` are directives of ``redis.conf`` under their own names (``-`` becomes ``_``) and in
Redis' own units. `Machine` is what the simulator assumes about the computer below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sim.redis.directives import (
    DEFAULT_BUFFER_LIMITS,
    DEFAULT_SAVE,
    DIRECTIVES,
    BufferLimit,
    BufferLimits,
    Directive,
    SavePoint,
)

__all__ = [
    "DIRECTIVES",
    "BufferLimit",
    "BufferLimits",
    "Directive",
    "Fsync",
    "Machine",
    "SavePoint",
    "Settings",
]

Fsync: TypeAlias = Literal["everysec", "always", "no"]
MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE


@dataclass(slots=True, kw_only=True)
class Settings:
    """The directives that this server knows, with Redis' defaults.

    Sizes are in bytes, times in seconds, as in Redis, except `busy_reply_threshold`: milliseconds.
    `sim.redis.conf.read_conf` makes one from the text of a ``redis.conf``.
    """

    port: int = 6379
    replicaof: tuple[str, int] | None = None
    replica_priority: int = 100
    replica_announced: bool = True
    replica_announce_ip: str = ""
    replica_announce_port: int = 0
    replica_read_only: bool = True
    replica_serve_stale_data: bool = True
    replica_ignore_maxmemory: bool = True
    repl_backlog_size: int = MEGABYTE
    repl_backlog_ttl: int = 3600
    repl_timeout: int = 60
    repl_ping_replica_period: int = 10
    repl_diskless_sync: bool = True
    repl_diskless_sync_delay: int = 5
    repl_diskless_sync_max_replicas: int = 0
    repl_ignore_disk_write_error: bool = False
    min_replicas_to_write: int = 0
    min_replicas_max_lag: int = 10
    client_output_buffer_limit: BufferLimits = DEFAULT_BUFFER_LIMITS
    maxclients: int = 10_000
    requirepass: str = ""
    masterauth: str = ""
    masteruser: str = ""
    save: tuple[SavePoint, ...] = DEFAULT_SAVE
    stop_writes_on_bgsave_error: bool = True
    rdb_del_sync_files: bool = False
    appendonly: bool = False
    appendfsync: Fsync = "everysec"
    no_appendfsync_on_rewrite: bool = False
    auto_aof_rewrite_percentage: int = 100
    auto_aof_rewrite_min_size: int = 64 * MEGABYTE
    maxmemory: int = 0
    maxmemory_policy: str = "noeviction"
    maxmemory_samples: int = 5
    busy_reply_threshold: int = 5000
    shutdown_timeout: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Speeds and costs of the computer that a server runs on.

    A full transfer takes size / `sync_bytes_per_second`, or more where the path is narrow or the
    replica does not read; loading a dump takes size / `load_bytes_per_second`, replaying an
    append-only file size / `replay_bytes_per_second`, and writing a dump size /
    `save_bytes_per_second`. The size is that of the keys and values plus `other_data_bytes`: data
    which the simulation does not hold but which takes its time; `other_keys` is how many keys that
    is, for commands that look at all of them.

    A fork stops the server for `fork_us_per_gigabyte`, for each GiB in use; what is written while
    the child lives is copied, in pages of `page_bytes`. If all that exceeds `memory_bytes` (0: it
    never does), the operating system kills the server. An fsync takes `fsync_us`.

    A command takes what a step of the process takes; `command_us_per_element` more for each key or
    element that it has to look at, where that may be many. A step of a script's loop takes
    `script_loop_ns`.

    A replica applies what it receives `apply_delay_us` later. `offset_sample_us` is the shortest
    interval between two samples of the replication offset on the trace. Without `has_config_file`
    CONFIG REWRITE is an error and a restart forgets what was changed.
    """

    sync_bytes_per_second: int = 100_000_000
    load_bytes_per_second: int = 200_000_000
    replay_bytes_per_second: int = 50_000_000
    save_bytes_per_second: int = 100_000_000
    other_data_bytes: int = 0
    other_keys: int = 0
    fork_us_per_gigabyte: int = 10_000
    page_bytes: int = 4096
    memory_bytes: int = 0
    fsync_us: int = 2_000
    command_us_per_element: float = 0.1
    script_loop_ns: int = 10
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

    def replay_us(self, size: int) -> int:
        """Microseconds that executing `size` bytes of an append-only file takes."""
        return size * 1_000_000 // self.replay_bytes_per_second

    def save_us(self, size: int) -> int:
        """Microseconds that a child needs to write a dump of `size` bytes."""
        return size * 1_000_000 // self.save_bytes_per_second

    def fork_us(self, size: int) -> int:
        """Microseconds that a server which uses `size` bytes stands still to fork."""
        return size * self.fork_us_per_gigabyte // GIGABYTE

    def look_us(self, elements: int) -> int:
        """Microseconds that a command needs to look at so many keys or elements."""
        return int(elements * self.command_us_per_element)
