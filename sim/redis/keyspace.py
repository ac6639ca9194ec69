"""The data of one server: keys, values, times to live, and a log of what a command changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from minisentinel.replies import Command
from sim.redis.refused import WRONG_TYPE, Refused
from sim.redis.values import Container, Named, Value, copied, size_of

__all__ = ["Change", "Expiry", "Keyspace", "Removal", "cell"]

C = TypeVar("C", bound=Container)


@dataclass(frozen=True, slots=True)
class Change:
    """One key's new state: `value` is None when it was deleted; `write` names the write.

    An element of a container has a `cell` instead of a key.
    """

    write: str
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Removal:
    """A key that the server has removed by itself: `reason` is expired or evicted."""

    key: str
    reason: str


def cell(key: str, element: str) -> str:
    """How the trace names one element of the container at `key`."""
    return f"{key}[{element}]"


class Expiry(Enum):
    """What happens to a key whose time is over when somebody looks at it.

    ACTIVE: it is removed (on a master). HIDDEN: it seems to be missing (on a replica, which waits
    for its master's DEL). IGNORED: it is there (for what comes from the master, and while loading).
    """

    ACTIVE = "active"
    HIDDEN = "hidden"
    IGNORED = "ignored"


class Keyspace:
    """Database 0. `size` counts the bytes of keys and values, for transfers and loading.

    What a command did is collected until `take` is called: `changes`, and the commands that a
    replica needs to do the same. `modified` counts the changes, those of times to live included.
    Times are milliseconds of the host's clock, which `clock_ms` tells.
    """

    __slots__ = (
        "_clock_ms",
        "_data",
        "_expires",
        "_instead",
        "_removals",
        "_versions",
        "awaited",
        "changes",
        "expired_keys",
        "expiry",
        "modified",
        "on_expire_set",
        "ready",
        "size",
        "used_at",
    )

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._data: dict[str, Value] = {}
        self._expires: dict[str, int] = {}
        self._removals: list[Command] = []
        self._instead: list[Command] | None = None
        self._versions: dict[str, int] = {}
        self.changes: list[Change | Removal] = []
        self.modified = 0
        self.size = 0
        self.expiry = Expiry.ACTIVE
        self.expired_keys = 0
        self.on_expire_set: Callable[[str, int], None] | None = None
        # Lists that blocked clients wait for, and those among them that have got elements.
        self.awaited: Mapping[str, object] = {}
        self.ready: list[str] = []
        # When each key was last used, while eviction wants to know.
        self.used_at: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._data)

    # -- looking

    def get(self, key: str) -> Value | None:
        """What stands at `key`, None if there is nothing."""
        if self._expires and key in self._expires and self._is_over(key):
            return None
        value = self._data.get(key)
        if self.used_at is not None and value is not None:
            self.used_at[key] = self._clock_ms()
        return value

    def string(self, key: str) -> str | None:
        """The string at `key`, None if there is nothing; raises `Refused` for a container."""
        value = self.get(key)
        if value is None or isinstance(value, str):
            return value
        raise Refused(WRONG_TYPE)

    def container(self, key: str, kind: type[C]) -> C | None:
        """The container at `key`, None if there is nothing; raises `Refused` for another type.

        For looking only: see `editing`.
        """
        value = self.get(key)
        if value is None or isinstance(value, kind):
            return value
        raise Refused(WRONG_TYPE)

    def living_keys(self) -> list[str]:
        """All keys that are not over, oldest first."""
        if not self._expires:
            return list(self._data)
        return [key for key in tuple(self._data) if not self._is_over(key)]

    def all_keys(self) -> tuple[str, ...]:
        """All keys, those that are over included, oldest first."""
        return tuple(self._data)

    @property
    def with_expiry(self) -> int:
        """How many keys have a time to live."""
        return len(self._expires)

    def expires_at(self, key: str) -> int | None:
        """When `key` ends, None if it does not."""
        return self._expires.get(key)

    def _is_over(self, key: str) -> bool:
        """Whether the time of `key` is over; a master removes it on this occasion."""
        when = self._expires.get(key)
        if when is None or self.expiry is Expiry.IGNORED or self._clock_ms() <= when:
            return False
        if self.expiry is Expiry.ACTIVE:
            self.remove_by_itself(key, "expired")
        return True

    # -- changing

    def put(self, key: str, value: str, write: str, *, keep_ttl: bool = False) -> None:
        """Store `value`; `write` is how the trace will call this write."""
        old = self._data.get(key)
        if old is None:
            self.size += len(key) + len(value)
        elif isinstance(old, str):
            self.size += len(value) - len(old)
        else:
            self.size += len(value) - old.size
            self.changes.append(Change(write, key, None))
        self._data[key] = value
        self.changes.append(Change(write, key, value))
        self.modified += 1
        if self._expires and not keep_ttl:
            self._expires.pop(key, None)
        if self._versions or self.used_at is not None:
            self._touch(key)

    def put_container(self, key: str, value: Container, write: str) -> None:
        """Store a whole container in place of what there was."""
        self._drop(key)
        self._attach(key, value)
        self.changes.append(Change(write, key, None))
        self.changes += [Change(write, cell(key, name), text) for name, text in value.cells()]
        self.modified += 1

    def remove(self, key: str, write: str) -> bool:
        """Delete `key`; False if it did not exist."""
        if (self._expires and self._is_over(key)) or key not in self._data:
            return False
        self._drop(key)
        self.changes.append(Change(write, key, None))
        self.modified += 1
        return True

    def remove_by_itself(self, key: str, reason: str) -> None:
        """Remove a key without a client's asking, and have the replicas do so."""
        self._drop(key)
        self.changes.append(Removal(key, reason))
        self._removals.append(("DEL", key))
        if reason == "expired":
            self.expired_keys += 1

    @contextmanager
    def editing(self, key: str, kind: type[C]) -> Iterator[C]:
        """The container at `key`, or a new one, to be changed.

        An empty one is removed afterwards. The editor calls `note` for every change. Raises
        `Refused` when something else stands there.
        """
        found = self.container(key, kind)
        value = found if found is not None else kind()
        before = value.size
        yield value
        if found is None:
            if value:
                self._attach(key, value)
        else:
            self.size += value.size - before
            if not value:
                self._drop(key)

    def remove_elements(
        self, key: str, kind: type[Named], elements: Iterable[str], verb: str
    ) -> int:
        """Remove elements by their names; returns how many there were. `verb` names the writes."""
        removed = 0
        with self.editing(key, kind) as found:
            for element in elements:
                if found.remove(element):
                    removed += 1
                    self.note(f"{verb} {key} {element}", key, element, None)
        return removed

    def note(self, write: str, key: str, element: str, value: str | None) -> None:
        """An element of a container that is being edited has a new value, None if it is gone."""
        self.changes.append(Change(write, cell(key, element), value))
        self.modified += 1
        if self._versions or self.used_at is not None:
            self._touch(key)

    def note_all(self, write: str, key: str, value: Container) -> None:
        """So much of a container has changed that the trace tells all of it."""
        self.changes.append(Change(write, key, None))
        self.changes += [Change(write, cell(key, name), text) for name, text in value.cells()]
        self.modified += 1
        self._touch(key)

    def pushed(self, key: str) -> None:
        """The list at `key` has got elements."""
        if key in self.awaited:
            self.ready.append(key)

    def set_expiry(self, key: str, when_ms: int | None) -> None:
        """Let an existing key end at that time, or never."""
        if when_ms is None:
            self._expires.pop(key, None)
        else:
            self._expires[key] = when_ms
            if self.on_expire_set is not None:
                self.on_expire_set(key, when_ms)
        self.modified += 1
        self._touch(key)

    def replicate_as(self, *commands: Command) -> None:
        """What replicas are to execute, in place of the command as it was given."""
        if self._instead is None:
            self._instead = []
        self._instead += commands

    def _attach(self, key: str, value: Container) -> None:
        self._data[key] = value
        self.size += len(key) + value.size
        self._touch(key)

    def _drop(self, key: str) -> None:
        old = self._data.pop(key, None)
        if old is not None:
            self.size -= len(key) + size_of(old)
        self._expires.pop(key, None)
        if self.used_at is not None:
            self.used_at.pop(key, None)
        self._touch(key)

    # -- what a command did

    @property
    def has_news(self) -> bool:
        """Whether there is anything to `take`."""
        return bool(self.changes or self.modified)

    def take(self, command: Command) -> tuple[list[Change | Removal], list[Command]]:
        """What has happened since the last call, and what is to be replicated for it.

        That is `command` itself if it has changed something, unless `replicate_as` was called;
        before it comes a DEL for each key found to be over.
        """
        changes, self.changes = self.changes, []
        commands, self._removals = self._removals, []
        if self._instead is not None:
            commands += self._instead
            self._instead = None
        elif self.modified:
            commands.append(command)
        self.modified = 0
        return changes, commands

    def follow_use(self, wanted: bool) -> None:
        """Remember from now on when each key is used, or no more."""
        if not wanted:
            self.used_at = None
        elif self.used_at is None:
            self.used_at = dict.fromkeys(self._data, self._clock_ms())

    # -- WATCH

    def watch(self, key: str) -> int:
        """The version of `key` from now on: it grows with every change."""
        self.get(key)
        return self._versions.setdefault(key, 0)

    def version(self, key: str) -> int:
        """The version of a watched key; one whose time is over has changed."""
        self.get(key)
        return self._versions.get(key, 0)

    def _touch(self, key: str) -> None:
        if key in self._versions:
            self._versions[key] += 1
        if self.used_at is not None and key in self._data:
            self.used_at[key] = self._clock_ms()

    # -- everything at once

    def clear(self) -> None:
        """Drop everything, unlogged: this is not a write but the loss of a data set."""
        self._data = {}
        self._expires = {}
        self.size = 0
        self._everything_changed()

    def snapshot(self) -> Mapping[str, Value]:
        """A copy of the data as it is now."""
        return {key: copied(value) for key, value in self._data.items()}

    def expiries(self) -> Mapping[str, int]:
        """A copy of the times at which keys end."""
        return dict(self._expires)

    def restore(
        self, data: Mapping[str, Value], size: int, expires: Mapping[str, int] | None = None
    ) -> None:
        """Replace everything by a snapshot of `size` bytes, unlogged."""
        self._data = {key: copied(value) for key, value in data.items()}
        self._expires = dict(expires or {})
        self.size = size
        if self.on_expire_set is not None:
            for key, when_ms in self._expires.items():
                self.on_expire_set(key, when_ms)
        self._everything_changed()

    def _everything_changed(self) -> None:
        for key in self._versions:
            self._versions[key] += 1
        if self.used_at is not None:
            self.used_at = dict.fromkeys(self._data, self._clock_ms())
