"""The data of one server: keys and their values, and a log of what a command changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Change", "Keyspace"]


@dataclass(frozen=True, slots=True)
class Change:
    """One key's new state: `value` is None when it was deleted; `write` names the write."""

    write: str
    key: str
    value: str | None


class Keyspace:
    """Database 0. `size` counts the bytes of keys and values, for transfers and loading."""

    __slots__ = ("_changes", "_data", "size")

    def __init__(self) -> None:
        self._data: dict[str, str] = {}
        self._changes: list[Change] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._data)

    def get(self, key: str) -> str | None:
        """The string at `key`, None if there is none."""
        return self._data.get(key)

    def put(self, key: str, value: str, write: str) -> None:
        """Store `value`; `write` is how the trace will call this write."""
        old = self._data.get(key)
        self.size += len(value) - len(old) if old is not None else len(key) + len(value)
        self._data[key] = value
        self._changes.append(Change(write, key, value))

    def remove(self, key: str, write: str) -> bool:
        """Delete `key`; False if it did not exist."""
        old = self._data.pop(key, None)
        if old is None:
            return False
        self.size -= len(key) + len(old)
        self._changes.append(Change(write, key, None))
        return True

    def take_changes(self) -> list[Change]:
        """What changed since the last call, oldest first."""
        changes = self._changes
        if changes:
            self._changes = []
        return changes

    def clear(self) -> None:
        """Drop everything, unlogged: this is not a write but the loss of a data set."""
        self._data = {}
        self.size = 0

    def snapshot(self) -> Mapping[str, str]:
        """A copy of the data as it is now."""
        return dict(self._data)

    def restore(self, data: Mapping[str, str], size: int) -> None:
        """Replace everything by a snapshot of `size` bytes, unlogged."""
        self._data = dict(data)
        self.size = size
