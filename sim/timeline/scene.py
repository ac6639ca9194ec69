"""Everything that a timeline shows, computed once from the trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minisentinel.trace import Header, SentinelEvent, Trace
from sim.judge import (
    Attempt,
    Ballot,
    ClientHistory,
    Correction,
    DownSpan,
    Failover,
    Fault,
    LagSeries,
    Node,
    NodeHistory,
    Nodes,
    Switch,
    TiltSpan,
    Writes,
    account_for_writes,
    down_spans,
    find_attempts,
    find_ballots,
    find_clients,
    find_corrections,
    find_failovers,
    find_faults,
    find_nodes,
    find_tilts,
    node_histories,
    replication_lag,
    trace_end_us,
)
from sim.timeline.busy import Busy, find_busy
from sim.timeline.selection import Selection

__all__ = ["Scene", "read_scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """The views of one trace that the picture is made of, without what is not shown.

    `nodes` are all, shown or not, because others speak of them; `lanes` are those that are shown.
    `switches` are all, in a failover or not. `zero_us` is where the time axis has its zero: the
    first fault, else the beginning of the run.
    """

    header: Header
    selection: Selection
    zero_us: int
    end_us: int
    nodes: Nodes
    lanes: tuple[Node, ...]
    histories: Mapping[str, NodeHistory]
    busy: tuple[Busy, ...]
    faults: tuple[Fault, ...]
    flags: tuple[DownSpan, ...]
    tilts: tuple[TiltSpan, ...]
    attempts: tuple[Attempt, ...]
    failovers: tuple[Failover, ...]
    switches: tuple[Switch, ...]
    corrections: tuple[Correction, ...]
    ballots: tuple[Ballot, ...]
    clients: tuple[ClientHistory, ...]
    writes: Writes
    lag: tuple[LagSeries, ...]


def read_scene(trace: Trace, only: Iterable[str] = (), hide: Iterable[str] = ()) -> Scene:
    """Compute all views of `trace`, and leave out what is not to be shown (see `Selection`).

    Raises ValueError for a word that names nothing in it.
    """
    nodes = find_nodes(trace)
    selection = Selection.of(only, hide, nodes.all)
    lanes = tuple(node for node in nodes.all if selection.lane(node))
    shown = {node.name for node in lanes}
    faults = find_faults(trace)
    attempts = find_attempts(trace)
    ballots = find_ballots(trace) if selection.part("votes") else ()
    corrections = find_corrections(trace) if selection.part("commands") else ()
    return Scene(
        header=trace.header,
        selection=selection,
        zero_us=faults[0].time_us if faults else 0,
        end_us=trace_end_us(trace),
        nodes=nodes,
        lanes=lanes,
        histories={name: each for name, each in node_histories(trace).items() if name in shown},
        busy=tuple(each for each in find_busy(trace, nodes) if each.server in shown),
        faults=faults if selection.part("faults") else (),
        flags=tuple(each for each in down_spans(trace) if each.sentinel in shown),
        tilts=tuple(each for each in find_tilts(trace) if each.sentinel in shown),
        attempts=tuple(each for each in attempts if each.sentinel in shown),
        failovers=find_failovers(trace),
        switches=tuple(
            Switch(entry.node, entry.time_us)
            for entry, data in trace.of(SentinelEvent)
            if data.name == "+switch-master" and entry.node in shown
        ),
        corrections=tuple(each for each in corrections if each.sentinel in shown),
        ballots=tuple(each for each in ballots if {each.candidate, each.voter} <= shown),
        clients=tuple(each for each in find_clients(trace) if each.name in shown),
        writes=account_for_writes(trace),
        lag=tuple(each for each in replication_lag(trace) if each.replica in shown)
        if selection.part("lag")
        else (),
    )
