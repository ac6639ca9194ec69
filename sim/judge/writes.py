"""Write accounting: what was promised to clients, and what of it survived.

The data set of a server is followed through the trace as the set of writes that made it, by the
rules that `sim.trace.records` gives for the data itself: ``write-accepted`` and ``write-applied``
add a write; ``full-sync-started`` and ``data-saved`` remember the set; ``full-sync-loaded`` and
``data-loaded`` replace it by one that was remembered, so that what only this server had is gone;
``data-lost`` empties it.

A write that a later one overwrote is still in that set: it was not lost, it was outdated. What
survived is the set of the final master (`find_final_master`) at the end of the trace. A write is
identified by its text (``key=value``), so writers that repeat a value cannot be judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.opinions import find_final_master
from sim.trace import (
    DataLoaded,
    DataLost,
    DataSaved,
    FullSyncLoaded,
    FullSyncStarted,
    Operation,
    WriteAccepted,
    WriteApplied,
)

__all__ = ["LostWrite", "Writes", "account_for_writes"]


@dataclass(frozen=True, slots=True)
class LostWrite:
    """A write that was acknowledged to `client` and is not in the data of the final master.

    `accepted_by` is the server that executed it first (empty if the trace does not say).
    """

    write: str
    client: str
    acknowledged_us: int
    accepted_by: str
    accepted_us: int


@dataclass(frozen=True, slots=True)
class Writes:
    """The writes of all clients by their best outcome, each as a tuple in order of time.

    `acknowledged`: some attempt was ok. `unknown`: none was, and for some nobody can tell.
    `refused`: all attempts definitely failed. Then in hindsight: `lost` of the acknowledged;
    `found` of the unknown, which were done after all; `resurrected` of the refused, which must be
    empty. The last three are None if it cannot be known, and `why_unknown` says why.
    """

    acknowledged: tuple[str, ...]
    unknown: tuple[str, ...]
    refused: tuple[str, ...]
    lost: tuple[LostWrite, ...] | None
    found: tuple[str, ...] | None
    resurrected: tuple[str, ...] | None
    final_master: str | None
    why_unknown: str = ""


def account_for_writes(trace: Trace) -> Writes:
    """Judge every write of the trace that a client attempted."""
    outcomes: dict[str, str] = {}
    acknowledgement: dict[str, tuple[str, int]] = {}
    for entry in trace.entries:
        data = entry.data
        if not isinstance(data, Operation) or not data.write:
            continue
        if data.outcome == "ok":
            acknowledgement.setdefault(data.write, (entry.node, entry.time_us))
        outcomes[data.write] = _best(outcomes.get(data.write), data.outcome)
    acknowledged = _with_outcome(outcomes, "ok")
    unknown = _with_outcome(outcomes, "unknown")
    refused = _with_outcome(outcomes, "failed")

    accepted, survivors, master, why_unknown = _survivors(trace)
    if survivors is None:
        return Writes(acknowledged, unknown, refused, None, None, None, master, why_unknown)
    lost = tuple(
        LostWrite(write, *acknowledgement[write], *accepted.get(write, ("", 0)))
        for write in acknowledged
        if write not in survivors
    )
    return Writes(
        acknowledged,
        unknown,
        refused,
        lost,
        tuple(write for write in unknown if write in survivors),
        tuple(write for write in refused if write in survivors),
        master,
    )


_RANK = {"ok": 2, "unknown": 1, "failed": 0}


def _best(before: str | None, outcome: str) -> str:
    return outcome if before is None or _RANK[outcome] > _RANK[before] else before


def _with_outcome(outcomes: dict[str, str], outcome: str) -> tuple[str, ...]:
    return tuple(write for write, found in outcomes.items() if found == outcome)


def _survivors(
    trace: Trace,
) -> tuple[dict[str, tuple[str, int]], frozenset[str] | None, str | None, str]:
    """Who accepted each write first and when; the writes that survived, where; or why unknown."""
    held: dict[str, set[str]] = {}
    snapshots: dict[str, frozenset[str]] = {}
    dumps: dict[str, frozenset[str]] = {}
    missing: dict[str, str] = {}
    accepted: dict[str, tuple[str, int]] = {}

    def replace(node: str, source: dict[str, frozenset[str]], number: str) -> None:
        missing.pop(node, None)
        if number not in source:
            missing[node] = number
        held[node] = set(source.get(number, ()))

    for entry in trace.entries:
        data = entry.data
        match data:
            case WriteAccepted():
                held.setdefault(entry.node, set()).add(data.write)
                accepted.setdefault(data.write, (entry.node, entry.time_us))
            case WriteApplied():
                held.setdefault(entry.node, set()).add(data.write)
            case FullSyncStarted():
                snapshots[data.sync] = frozenset(held.get(entry.node, ()))
            case FullSyncLoaded():
                replace(entry.node, snapshots, data.sync)
            case DataSaved() if not data.sync:
                dumps[data.save] = frozenset(held.get(entry.node, ()))
            case DataSaved() if data.sync in snapshots:
                dumps[data.save] = snapshots[data.sync]
            case DataLoaded():
                replace(entry.node, dumps, data.save)
            case DataLost():
                held[entry.node] = set()
                missing.pop(entry.node, None)
            case _:
                pass
    master = find_final_master(trace)
    if master is None:
        return accepted, None, None, "the Sentinels do not name one master at the end"
    if master in missing:
        why = f"{master} loaded {missing[master]!r}, of which the trace does not tell"
        return accepted, None, master, why
    return accepted, frozenset(held.get(master, ())), master, ""
