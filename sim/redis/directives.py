"""How the directives of ``redis.conf`` that this server knows are written, read and shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias

__all__ = [
    "DEFAULT_BUFFER_LIMITS",
    "DEFAULT_SAVE",
    "DIRECTIVES",
    "BufferLimit",
    "BufferLimits",
    "Directive",
    "SavePoint",
]

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SavePoint:
    """Save when `seconds` have passed since the last save and `changes` were made."""

    seconds: int
    changes: int


DEFAULT_SAVE: Final = (SavePoint(3600, 1), SavePoint(300, 100), SavePoint(60, 10_000))


@dataclass(frozen=True, slots=True)
class BufferLimit:
    """How much a client may leave unread: `hard` bytes at once, `soft` for `seconds`; 0 is any."""

    hard: int = 0
    soft: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class BufferLimits:
    """The limit of each class of clients."""

    normal: BufferLimit = BufferLimit()
    replica: BufferLimit = BufferLimit(256 * MEGABYTE, 64 * MEGABYTE, 60)
    pubsub: BufferLimit = BufferLimit(32 * MEGABYTE, 8 * MEGABYTE, 60)


DEFAULT_BUFFER_LIMITS: Final = BufferLimits()

Parser: TypeAlias = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of value: `parse(text, value of now)` raises ValueError with Redis' own complaint."""

    parse: Parser
    show: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Directive:
    """How CONFIG GET and CONFIG SET show and read one attribute of `Settings`."""

    attribute: str
    kind: Kind
    mutable: bool = True

    def show(self, settings: object) -> str:
        """The value as CONFIG GET prints it."""
        return self.kind.show(getattr(settings, self.attribute))

    def parse(self, text: str, now: Any = None) -> Any:
        """The value that `text` means; ValueError carries Redis' own complaint.

        `now` is the present value, where a directive may change a part of it.
        """
        return self.kind.parse(text, now)


# -- kinds

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_SIZE = re.compile(r"([0-9]{1,19})(b|kb?|mb?|gb?)?", re.IGNORECASE)
_UNITS = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1024,
    "m": 1000**2,
    "mb": 1024**2,
    "g": 1000**3,
    "gb": 1024**3,
}


def _within(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(f"argument must be between {low} and {high} inclusive")
    return number


def _integer(low: int = 0, high: int = INT_MAX) -> Kind:
    def parse(text: str, now: object) -> int:
        if not _NUMBER.fullmatch(text):
            raise ValueError("argument couldn't be parsed into an integer")
        return _within(int(text), low, high)

    return Kind(parse)


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError("argument must be a memory value")
    return int(match[1]) * _UNITS[(match[2] or "").lower()]


def _memory(low: int = 0, high: int = LONG_MAX) -> Kind:
    return Kind(lambda text, now: _within(_size(text), low, high))


def _choice(*choices: str) -> Kind:
    def parse(text: str, now: object) -> str:
        if text.lower() not in choices:
            listed = ", ".join(choices)
            raise ValueError(f"argument(s) must be one of the following: {listed}")
        return text.lower()

    return Kind(parse)


def _parse_boolean(text: str, now: object) -> bool:
    if text.lower() not in ("yes", "no"):
        raise ValueError("argument must be 'yes' or 'no'")
    return text.lower() == "yes"


def _parse_save(text: str, now: object) -> tuple[SavePoint, ...]:
    words = text.split()
    if len(words) % 2 or not all(word.isascii() and word.isdigit() for word in words):
        raise ValueError("Invalid save parameters")
    points = tuple(
        SavePoint(int(seconds), int(changes))
        for seconds, changes in zip(words[::2], words[1::2], strict=True)
    )
    if any(point.seconds < 1 for point in points):
        raise ValueError("Invalid save parameters")
    return points


def _show_save(points: tuple[SavePoint, ...]) -> str:
    return " ".join(f"{point.seconds} {point.changes}" for point in points)


def _parse_limits(text: str, now: BufferLimits | None) -> BufferLimits:
    """Groups of class, hard limit, soft limit and seconds; classes not named keep theirs."""
    limits = now if now is not None else BufferLimits()
    words = text.split()
    if not words or len(words) % 4:
        raise ValueError("Wrong number of arguments in buffer limit configuration.")
    for at in range(0, len(words), 4):
        name = "replica" if words[at].lower() == "slave" else words[at].lower()
        if name not in ("normal", "replica", "pubsub"):
            raise ValueError("Invalid client class specified in buffer limit configuration.")
        try:
            hard, soft = _size(words[at + 1]), _size(words[at + 2])
            seconds = _within(int(words[at + 3]), 0, INT_MAX)
        except ValueError:
            raise ValueError(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration."
            ) from None
        limits = replace(limits, **{name: BufferLimit(hard, soft, seconds)})
    return limits


def _show_limits(limits: BufferLimits) -> str:
    shown = (
        ("normal", limits.normal),
        ("slave", limits.replica),
        ("pubsub", limits.pubsub),
    )
    return " ".join(f"{name} {limit.hard} {limit.soft} {limit.seconds}" for name, limit in shown)


BOOLEAN = Kind(_parse_boolean, lambda value: "yes" if value else "no")
TEXT = Kind(lambda text, now: text)
SAVE = Kind(_parse_save, _show_save)
LIMITS = Kind(_parse_limits, _show_limits)
PORT = _integer(0, 65535)
COUNT = _integer()
POSITIVE = _integer(1)
POLICIES = (
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
)

# -- the table: names, the older ones among them, of one attribute.

_ROWS: tuple[tuple[str, Kind], ...] = (
    ("replica-priority slave-priority", COUNT),
    ("replica-announced", BOOLEAN),
    ("replica-announce-ip slave-announce-ip", TEXT),
    ("replica-announce-port slave-announce-port", PORT),
    ("replica-read-only slave-read-only", BOOLEAN),
    ("replica-serve-stale-data slave-serve-stale-data", BOOLEAN),
    ("replica-ignore-maxmemory slave-ignore-maxmemory", BOOLEAN),
    ("repl-backlog-size", _memory(1)),
    ("repl-backlog-ttl", _integer(0, LONG_MAX)),
    ("repl-timeout", POSITIVE),
    ("repl-ping-replica-period repl-ping-slave-period", POSITIVE),
    ("repl-diskless-sync", BOOLEAN),
    ("repl-diskless-sync-delay", COUNT),
    ("repl-diskless-sync-max-replicas", COUNT),
    ("repl-ignore-disk-write-error", BOOLEAN),
    ("min-replicas-to-write min-slaves-to-write", COUNT),
    ("min-replicas-max-lag min-slaves-max-lag", COUNT),
    ("client-output-buffer-limit", LIMITS),
    ("maxclients", _integer(1, 2**32 - 1)),
    ("requirepass", TEXT),
    ("masterauth", TEXT),
    ("masteruser", TEXT),
    ("save", SAVE),
    ("stop-writes-on-bgsave-error", BOOLEAN),
    ("rdb-del-sync-files", BOOLEAN),
    ("appendonly", BOOLEAN),
    ("appendfsync", _choice("everysec", "always", "no")),
    ("no-appendfsync-on-rewrite", BOOLEAN),
    ("auto-aof-rewrite-percentage", COUNT),
    ("auto-aof-rewrite-min-size", _memory()),
    ("maxmemory", _memory()),
    ("maxmemory-policy", _choice(*POLICIES)),
    ("maxmemory-samples", _integer(1, 64)),
    ("busy-reply-threshold lua-time-limit", _integer(0, LONG_MAX)),
    ("shutdown-timeout", COUNT),
)


def _table() -> dict[str, Directive]:
    table = {"port": Directive("port", PORT, mutable=False)}
    for names, kind in _ROWS:
        first, *_ = names.split()
        for name in names.split():
            table[name] = Directive(first.replace("-", "_"), kind)
    return table


DIRECTIVES: Mapping[str, Directive] = MappingProxyType(_table())
"""Every directive that this server knows, by its lower-case name."""
