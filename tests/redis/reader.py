"""The data sets of all servers, computed from a trace by the rules in `sim.trace.records`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minisentinel.trace import Entry
from sim.redis.keyspace import cell
from sim.redis.values import Value
from sim.trace import (
    DataLoaded,
    DataLost,
    DataSaved,
    FullSyncLoaded,
    FullSyncStarted,
    KeyRemoved,
    WriteAccepted,
    WriteApplied,
)

__all__ = ["DataSets", "flat"]


def flat(data: Mapping[str, Value]) -> dict[str, str]:
    """Keys and values as the trace tells them: an element of a container is a key of its own."""
    found: dict[str, str] = {}
    for key, value in data.items():
        if isinstance(value, str):
            found[key] = value
        else:
            found.update((cell(key, name), text) for name, text in value.cells())
    return found


def forget(data: dict[str, str], key: str) -> None:
    """Delete a key, and the elements of the container at it."""
    data.pop(key, None)
    for name in [name for name in data if name.startswith(f"{key}[")]:
        del data[name]


class DataSets:
    """`data` is each node's dictionary, `writes` the ids of the writes that are in it."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.data: dict[str, dict[str, str]] = {}
        self.writes: dict[str, set[str]] = {}
        kept: dict[str, tuple[dict[str, str], set[str]]] = {}
        for entry in entries:
            node = entry.node
            data = self.data.setdefault(node, {})
            writes = self.writes.setdefault(node, set())
            match entry.data:
                case (
                    WriteAccepted(write=write, key=key, value=value)
                    | WriteApplied(write=write, key=key, value=value)
                ):
                    writes.add(write)
                    if value is None:
                        forget(data, key)
                    else:
                        data[key] = value
                case KeyRemoved(key=key):
                    forget(data, key)
                case FullSyncStarted(sync=name):
                    kept[name] = (dict(data), set(writes))
                case DataSaved(save=name, sync=""):
                    kept[name] = (dict(data), set(writes))
                case DataSaved(save=name, sync=sync):
                    kept[name] = kept[sync]
                case FullSyncLoaded(sync=name) | DataLoaded(save=name):
                    self.data[node] = dict(kept[name][0])
                    self.writes[node] = set(kept[name][1])
                case DataLost():
                    self.data[node], self.writes[node] = {}, set()
