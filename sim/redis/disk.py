"""What outlives a server process: its configuration file, its dump, its append-only file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minisentinel.replies import Command
from sim.redis.settings import Settings
from sim.redis.values import Value

__all__ = ["AppendLog", "Disk", "Dump"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A saved data set (the RDB file) with the history and offset it belongs to.

    `save` names it on the trace. `replid` is empty if there was no history to share.
    """

    save: str
    data: Mapping[str, Value]
    size: int
    replid: str
    offset: int
    expires: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class AppendLog:
    """The append-only file: a base, then commands, a transaction staying together.

    `durable` counts the entries that a loss of power leaves; `durable_save` names the data set
    that these are on the trace. `bytes` are those of the entries.
    """

    base: Dump
    entries: list[tuple[Command, ...]] = field(default_factory=list)
    bytes: int = 0
    durable: int = 0
    durable_save: str = ""


@dataclass(slots=True)
class Disk:
    """What a restart finds, and how the disk does: set by whoever plays with the world.

    While `is_failing` nothing can be written (it is full). Writing takes `slowdown` times as long
    as the machine says. The serial numbers make the names of dumps and full resynchronisations
    unique on a trace; they belong to the simulation, not to Redis.
    """

    config: Settings
    dump: Dump | None = None
    log: AppendLog | None = None
    is_failing: bool = False
    slowdown: float = 1.0
    saves: int = 0
    syncs: int = 0
    keys_at_death: int | None = field(default=None)

    def wipe(self) -> None:
        """Lose the data, and keep the configuration."""
        self.dump = self.log = None

    def next_save(self, name: str) -> str:
        """A new name for a data set that the server called `name` saves."""
        self.saves += 1
        return f"{name}/{self.saves}"
