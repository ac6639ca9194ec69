"""The data sets of all servers, computed from a trace by the rules in `sim.trace.records`."""

from __future__ import annotations

from collections.abc import Iterable

from minisentinel.trace import Entry
from sim.trace import (
    DataLoaded,
    DataLost,
    DataSaved,
    FullSyncLoaded,
    FullSyncStarted,
    WriteAccepted,
    WriteApplied,
)

__all__ = ["DataSets"]


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
                        data.pop(key, None)
                    else:
                        data[key] = value
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
